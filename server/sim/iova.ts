/**
 * The IOVA space of one domain: which page frame numbers are taken, and where the next block goes.
 * Follows alloc_iova() and alloc_iova_fast() in drivers/iommu/iova.c, Linux 4.4 to 6.18. All numbers are pfns of the
 * IOVA granule; limits are inclusive.
 */

import { powerOfTwoAtLeast, since } from './layout';
import type { Kernel } from './types';

export interface IovaOptions {
  readonly kernel: Kernel;
  /** Lowest pfn that may be handed out; never 0. */
  readonly startPfn: number;
  /** First pfn above 32-bit addresses. */
  readonly pfn32: number;
  /** Freed blocks are reusable at once; otherwise they wait in a flush queue. */
  readonly strict: boolean;
}

/** A taken range; neighbours are linked in address order. */
interface Node {
  readonly lo: number;
  readonly hi: number;
  lower: Node | undefined;
  upper: Node | undefined;
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
  private readonly anchor: Node;
  private readonly byStart = new Map<number, Node>();
  private cached: Node;
  private cached32: Node | undefined;
  private max32AllocSize: number;
  private readonly caches = new Map<number, CpuCache[]>();
  private readonly depots: Magazine[][] = Array.from({ length: CACHE_CLASSES }, () => []);
  private readonly magazineSize: number;
  private readonly queue: { readonly pfn: number; readonly size: number; readonly cpu: number }[] = [];

  constructor(options: IovaOptions) {
    this.options = options;
    this.anchor = { lo: Number.MAX_SAFE_INTEGER, hi: Number.MAX_SAFE_INTEGER, lower: undefined, upper: undefined };
    this.cached = this.anchor;
    this.cached32 = this.isOld ? undefined : this.anchor;
    this.max32AllocSize = options.pfn32;
    this.magazineSize = since(options.kernel, 6, 1) ? 127 : 128;
  }

  /** The tree of 4.4 to 4.14 remembers only where the last 32-bit block went. */
  private get isOld(): boolean {
    return !since(this.options.kernel, 4, 15);
  }

  /** Takes `lo`..`hi` (inclusive) out of the space; what is taken already stays so. */
  reserve(lo: number, hi: number): void {
    let above = this.anchor;
    while (above.lower && lo < above.lower.lo) above = above.lower;
    // Merged with what overlaps.
    let from = lo;
    let to = hi;
    for (let below = above.lower; below && from <= below.hi; below = above.lower) {
      from = Math.min(from, below.lo);
      to = Math.max(to, below.hi);
      this.unlink(below);
    }
    while (above !== this.anchor && above.lo <= to) {
      to = Math.max(to, above.hi);
      const next = above.upper ?? this.anchor;
      this.unlink(above);
      above = next;
    }
    this.link(from, to, above);
  }

  /**
   * Takes `size` granules at or below `limit`. Blocks of up to 32 come from the caches of `cpu` first; when `flush` is
   * set, a failure empties all caches and tries once more. Returns the first pfn, or 0 when nothing fits.
   */
  allocateFast(size: number, limit: number, flush: boolean, cpu: number): number {
    const hasCache = since(this.options.kernel, 4, 9);
    if (!hasCache) return this.allocate(size, limit);
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
    if (since(this.options.kernel, 4, 9) && this.putInCache(pfn, size, cpu)) return;
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
    let found = this.walkDown(from, high, size, align, startPfn);
    if (!found && since(kernel, 5, 10) && retryFrom <= high) {
      found = this.walkDown(this.anchor, high, size, align, retryFrom);
    }
    if (!found) {
      if (is32) this.max32AllocSize = size;
      return 0;
    }
    const node = this.link(found.pfn, found.pfn + size - 1, found.above);
    if (node.hi < pfn32) this.cached32 = node;
    else this.cached = node;
    return node.lo;
  }

  private walkDown(
    from: Node,
    limit: number,
    size: number,
    align: number,
    low: number,
  ): { pfn: number; above: Node } | undefined {
    let high = limit;
    let above = from;
    for (;;) {
      high = Math.min(high, above.lo);
      const pfn = Math.floor((high - size) / align) * align;
      const below = above.lower;
      if (high < size || pfn < low) return undefined;
      if (!below || below.hi < pfn) return { pfn, above };
      above = below;
    }
  }

  /** 4.4 to 4.14: walks down from the limit, or from the last 32-bit block. */
  private allocateOld(size: number, limit: number): number {
    const { pfn32, startPfn, kernel } = this.options;
    const align = powerOfTwoAtLeast(size);
    const fromCache = limit === pfn32 - 1 && this.cached32 !== undefined;
    let top = fromCache && this.cached32 ? this.cached32.lo - 1 : limit;
    let above = fromCache && this.cached32 ? this.cached32 : this.anchor;
    for (;;) {
      const below = above.lower;
      const pad = (top + 1 - size) % align;
      const need = size + (pad < 0 ? pad + align : pad);
      if (!below) {
        const lowest = since(kernel, 4, 14) ? startPfn + need <= top + 1 : startPfn + need <= top;
        if (!lowest) return 0;
      } else if (top < below.lo) {
        above = below;
        continue;
      } else if (below.hi >= top || below.hi + need > top) {
        top = below.lo - 1;
        above = below;
        continue;
      }
      const lo = top - need + 1;
      const node = this.link(lo, lo + size - 1, above);
      if (limit === pfn32 - 1) this.cached32 = node;
      return lo;
    }
  }

  private free(pfn: number): void {
    const node = this.byStart.get(pfn);
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
    this.unlink(node);
  }

  private link(lo: number, hi: number, above: Node): Node {
    const node: Node = { lo, hi, lower: above.lower, upper: above };
    if (above.lower) above.lower.upper = node;
    above.lower = node;
    this.byStart.set(lo, node);
    return node;
  }

  private unlink(node: Node): void {
    if (node.lower) node.lower.upper = node.upper;
    if (node.upper) node.upper.lower = node.lower;
    this.byStart.delete(node.lo);
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
