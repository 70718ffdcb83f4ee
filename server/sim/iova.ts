/**
 * The IOVA space of one domain: which page frame numbers are taken, and where the next block goes.
 * Follows alloc_iova() and alloc_iova_fast() in drivers/iommu/iova.c, Linux 4.4 to 6.18. All numbers are pfns of the
 * IOVA granule; limits are inclusive.
 */

import { powerOfTwoAtLeast, since } from './layout';
import { type Taken, TakenRanges } from './takenRanges';
import type { Kernel } from './types';

export interface IovaOptions {
  readonly kernel: Kernel;
  /** Lowest pfn that may be handed out; never 0. */
  readonly startPfn: number;
  /** First pfn above 32-bit addresses. */
  readonly pfn32: number;
  /** Freed blocks are reusable at once; otherwise they wait in a flush queue. */
  readonly strict: boolean;
  /** Small blocks go through caches per CPU. */
  readonly hasCaches: boolean;
}

interface Magazine {
  readonly pfns: number[];
}

interface CpuCache {
  loaded: Magazine;
  previous: Magazine;
}

/** Sizes above 2^5 granules are never cached. */
const CACHE_CLASSES = 6;
const FLUSH_QUEUE = 256;
const DEPOT = 32;

export class IovaDomain {
  private readonly options: IovaOptions;
  /** The tree of 4.4 to 4.14 remembers only where the last 32-bit block went. */
  private readonly isOld: boolean;
  private readonly taken = new TakenRanges();
  private readonly anchor: Taken;
  private cached: Taken;
  private cached32: Taken | undefined;
  private max32AllocSize: number;
  private readonly caches = new Map<number, CpuCache[]>();
  private readonly depots: Magazine[][] = Array.from({ length: CACHE_CLASSES }, () => []);
  private readonly magazineSize: number;
  private readonly queue: { readonly pfn: number; readonly size: number; readonly cpu: number }[] = [];

  constructor(options: IovaOptions) {
    this.options = options;
    this.isOld = !since(options.kernel, 4, 15);
    this.anchor = this.taken.anchor;
    this.cached = this.anchor;
    this.cached32 = this.isOld ? undefined : this.anchor;
    this.max32AllocSize = options.pfn32;
    this.magazineSize = since(options.kernel, 6, 1) ? 127 : 128;
  }

  /** Takes `lo`..`hi` (inclusive) out of the space; what is taken already stays so. */
  reserve(lo: number, hi: number): void {
    let above = this.taken.lowestFrom(lo + 1);
    // Merged with what overlaps.
    let from = lo;
    let to = hi;
    for (let below = above.lower; below && from <= below.hi; below = above.lower) {
      from = Math.min(from, below.lo);
      to = Math.max(to, below.hi);
      this.taken.remove(below);
    }
    while (above !== this.anchor && above.lo <= to) {
      to = Math.max(to, above.hi);
      const next = above.upper ?? this.anchor;
      this.taken.remove(above);
      above = next;
    }
    this.taken.insert(from, to, above);
  }

  /**
   * Takes `size` granules at or below `limit`. Blocks of up to 32 come from the caches of `cpu` first; when `flush` is
   * set, a failure empties all caches and tries once more. Returns the first pfn, or 0 when nothing fits.
   */
  allocateFast(size: number, limit: number, flush: boolean, cpu: number): number {
    if (!this.options.hasCaches) return this.allocate(size, limit);
    const fromCache = this.takeFromCache(size, limit, cpu);
    if (fromCache !== 0) return fromCache;
    const pfn = this.allocate(size, limit);
    if (pfn !== 0 || !flush) return pfn;
    this.flushCaches();
    return this.allocate(size, limit);
  }

  /** Gives back what allocateFast() returned. In lazy mode the block waits until the queue is full. */
  freeFast(pfn: number, size: number, cpu: number): void {
    if (this.options.strict) {
      this.release(pfn, size, cpu);
      return;
    }
    if (FLUSH_QUEUE - 1 <= this.queue.length) {
      for (const one of this.queue.splice(0)) this.release(one.pfn, one.size, one.cpu);
    }
    this.queue.push({ pfn, size, cpu });
  }

  private release(pfn: number, size: number, cpu: number): void {
    if (this.options.hasCaches && this.putInCache(pfn, size, cpu)) return;
    this.free(pfn);
  }

  /** The tree. Returns 0 when nothing fits. */
  allocate(size: number, limit: number): number {
    return this.isOld ? this.allocateOld(size, limit) : this.allocateNew(size, limit);
  }

  /** Start aligned to the power of two of the size, from the top down. */
  private allocateNew(size: number, limit: number): number {
    const { pfn32, startPfn, kernel } = this.options;
    const high = limit + 1;
    const is32 = high <= pfn32;
    if (since(kernel, 4, 20) && is32 && this.max32AllocSize <= size) return 0;
    const align = powerOfTwoAtLeast(size);
    const from = is32 ? (this.cached32 ?? this.anchor) : this.cached;
    const retryFrom = from.hi + 1;
    let found = this.taken.findBelow(from, high, size, align);
    if (found.pfn < startPfn && since(kernel, 5, 10) && retryFrom <= high) {
      found = this.taken.findBelow(this.anchor, high, size, align);
      if (found.pfn < retryFrom) found = { pfn: 0, above: this.anchor };
    }
    if (found.pfn < startPfn) {
      if (is32) this.max32AllocSize = size;
      return 0;
    }
    const node = this.taken.insert(found.pfn, found.pfn + size - 1, found.above);
    if (node.hi < pfn32) this.cached32 = node;
    else this.cached = node;
    return node.lo;
  }

  /** 4.4 to 4.14: walks down from the limit, or from the last 32-bit block. */
  private allocateOld(size: number, limit: number): number {
    const { pfn32, startPfn, kernel } = this.options;
    const align = powerOfTwoAtLeast(size);
    const start = limit === pfn32 - 1 ? this.cached32 : undefined;
    const { pfn, above } = this.taken.findBelow(start ?? this.anchor, start?.lo ?? limit + 1, size, align);
    // Only 4.14 hands out the first pfn itself.
    const lowest = since(kernel, 4, 14) ? startPfn : startPfn + 1;
    if (pfn < (above.lower ? 0 : lowest)) return 0;
    const node = this.taken.insert(pfn, pfn + size - 1, above);
    if (limit === pfn32 - 1) this.cached32 = node;
    return pfn;
  }

  private free(pfn: number): void {
    const node = this.taken.startingAt(pfn);
    if (!node) return;
    const { pfn32 } = this.options;
    if (this.isOld) {
      if (this.cached32 && this.cached32.lo <= node.lo) {
        const next = node.upper;
        this.cached32 = next && next !== this.anchor && next.lo < pfn32 ? next : undefined;
      }
    } else {
      if (node === this.cached32 || (node.hi < pfn32 && this.cached32 && this.cached32.lo <= node.lo)) {
        this.cached32 = node.upper ?? this.anchor;
      }
      if (node.lo < pfn32) this.max32AllocSize = pfn32;
      if (this.cached.lo <= node.lo) this.cached = node.upper ?? this.anchor;
    }
    this.taken.remove(node);
  }

  private cpuCache(cpu: number, sizeClass: number): CpuCache {
    let classes = this.caches.get(cpu);
    if (!classes) {
      classes = Array.from({ length: CACHE_CLASSES }, () => ({ loaded: { pfns: [] }, previous: { pfns: [] } }));
      this.caches.set(cpu, classes);
    }
    return classes[sizeClass] ?? { loaded: { pfns: [] }, previous: { pfns: [] } };
  }

  /** Last in, first out, among those that lie low enough. */
  private takeFromCache(size: number, limit: number, cpu: number): number {
    const sizeClass = Math.log2(powerOfTwoAtLeast(size));
    if (CACHE_CLASSES <= sizeClass) return 0;
    const cache = this.cpuCache(cpu, sizeClass);
    if (cache.loaded.pfns.length === 0) {
      if (0 < cache.previous.pfns.length) {
        [cache.loaded, cache.previous] = [cache.previous, cache.loaded];
      } else {
        const spare = this.depots[sizeClass]?.pop();
        if (!spare) return 0;
        cache.loaded = spare;
      }
    }
    const { pfns } = cache.loaded;
    const highest = limit + 1 - size;
    let at = pfns.length - 1;
    while (0 <= at && highest < (pfns[at] ?? 0)) at -= 1;
    if (at < 0) return 0;
    const pfn = pfns[at] ?? 0;
    const top = pfns.pop();
    if (top !== undefined && at < pfns.length) pfns[at] = top;
    return pfn;
  }

  /** False when the caches are full and the block must really be freed. */
  private putInCache(pfn: number, size: number, cpu: number): boolean {
    const sizeClass = Math.log2(powerOfTwoAtLeast(size));
    if (CACHE_CLASSES <= sizeClass) return false;
    const cache = this.cpuCache(cpu, sizeClass);
    const isFull = (magazine: Magazine) => this.magazineSize <= magazine.pfns.length;
    if (isFull(cache.loaded)) {
      if (!isFull(cache.previous)) {
        [cache.loaded, cache.previous] = [cache.previous, cache.loaded];
      } else {
        const depot = this.depots[sizeClass] ?? [];
        if (depot.length < DEPOT || since(this.options.kernel, 6, 6)) depot.push(cache.loaded);
        else for (const one of cache.loaded.pfns) this.free(one);
        cache.loaded = { pfns: [] };
      }
    }
    cache.loaded.pfns.push(pfn);
    return true;
  }

  private flushCaches(): void {
    for (const one of this.queue.splice(0)) this.release(one.pfn, one.size, one.cpu);
    for (const classes of this.caches.values()) {
      for (const cache of classes) {
        for (const pfn of [...cache.loaded.pfns.splice(0), ...cache.previous.pfns.splice(0)]) this.free(pfn);
      }
    }
    for (const depot of this.depots)
      for (const magazine of depot.splice(0)) for (const pfn of magazine.pfns) this.free(pfn);
  }
}
