/**
 * Physical memory as Linux hands it out: a buddy allocator with lists of free pages per CPU in front of it, aged by
 * processes that come and go. Follows __rmqueue_smallest(), expand(), __free_one_page() and rmqueue_bulk() in
 * mm/page_alloc.c in outline: one zone, one migration type, blocks of at most 4 MiB.
 */

const MAX_ORDER = 10;
const NONE = -1;
/** Pages that a CPU takes at a time, and the most it keeps. */
const BATCH = 63;
const HIGH = 6 * BATCH;
/** 128 MiB: large enough for many buffers at a time, small enough to age in a blink. */
const PAGES = 1 << 15;
const BOOT_USED = 0.12;
const CPUS = 2;
/** Processes that start or end before a machine is as old as it gets. */
const ROUNDS = 750;
const LEAVES_PAGE = 0.5;

/** xorshift32: small, fast, the same everywhere. */
export function randomSource(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Free blocks by order, each order a doubly linked list. Page numbers are the block's first page. */
class Buddy {
  private readonly next = new Int32Array(PAGES).fill(NONE);
  private readonly previous = new Int32Array(PAGES).fill(NONE);
  /** Order of the free block that starts here. */
  private readonly order = new Int8Array(PAGES).fill(NONE);
  private readonly heads = new Int32Array(MAX_ORDER + 1).fill(NONE);
  private readonly tails = new Int32Array(MAX_ORDER + 1).fill(NONE);
  free = 0;

  constructor() {
    // Boot hands memory over from the bottom up, to the tail of the list.
    for (let page = 0; page < PAGES; page += 1 << MAX_ORDER) this.insert(page, MAX_ORDER, false);
    this.free = PAGES;
  }

  /** First page of a block, or -1 when there is none of that order. */
  take(order: number): number {
    for (let found = order; found <= MAX_ORDER; found++) {
      const page = this.heads[found] ?? NONE;
      if (page === NONE) continue;
      this.remove(page, found);
      // The lower half is handed out, the upper halves stay free.
      for (let half = found - 1; order <= half; half--) this.insert(page + (1 << half), half, true);
      this.free -= 1 << order;
      return page;
    }
    return NONE;
  }

  give(first: number, order: number): void {
    this.free += 1 << order;
    let page = first;
    let at = order;
    while (at < MAX_ORDER) {
      const buddy = page ^ (1 << at);
      if (this.order[buddy] !== at) break;
      this.remove(buddy, at);
      page &= ~(1 << at);
      at += 1;
    }
    this.insert(page, at, true);
  }

  private insert(page: number, order: number, atHead: boolean): void {
    const neighbour = (atHead ? this.heads[order] : this.tails[order]) ?? NONE;
    this.order[page] = order;
    this.next[page] = atHead ? neighbour : NONE;
    this.previous[page] = atHead ? NONE : neighbour;
    if (neighbour !== NONE) (atHead ? this.previous : this.next)[neighbour] = page;
    if (atHead || neighbour === NONE) this.heads[order] = page;
    if (!atHead || neighbour === NONE) this.tails[order] = page;
  }

  private remove(page: number, order: number): void {
    const next = this.next[page] ?? NONE;
    const previous = this.previous[page] ?? NONE;
    if (previous === NONE) this.heads[order] = next;
    else this.next[previous] = next;
    if (next === NONE) this.tails[order] = previous;
    else this.previous[next] = previous;
    this.order[page] = NONE;
  }
}

/** What a process holds: single pages, and huge ones. */
interface Holding {
  readonly pages: Int32Array;
  readonly huge: readonly number[];
}

const HUGE_ORDER = 9;
const HUGE_PAGES = 1 << HUGE_ORDER;

/** Memory with processes in it. The same seed gives the same history. */
export class AgedMemory {
  private buddy = new Buddy();
  private kept: number[][] = [];
  private holdings: Holding[] = [];
  private readonly random: () => number;
  private readonly fragmentation: number;
  private leavesPages = false;

  /** `fragmentation` from 0 (just booted) to 1 (as bad as it gets). */
  constructor(fragmentation: number, seed: number) {
    this.fragmentation = fragmentation;
    this.random = randomSource(seed);
    this.boot();
  }

  /** Page numbers of a buffer that a process touches page by page, in order. */
  buffer(pages: number, hugePages: boolean): Int32Array {
    const activity = Math.ceil(this.fragmentation * 3);
    for (let i = 0; i < activity; i++) this.live();
    if (this.buddy.free < pages + PAGES / 8) this.makeRoom(pages);
    const { buffer, ...holding } = this.touch(pages, hugePages);
    this.holdings.push(holding);
    return buffer;
  }

  private boot(): void {
    this.buddy = new Buddy();
    this.kept = Array.from({ length: CPUS }, () => []);
    this.holdings = [];
    this.hold(Math.floor(PAGES * BOOT_USED));
    const rounds = Math.round(this.fragmentation * ROUNDS);
    this.leavesPages = true;
    for (let round = 0; round < rounds; round++) this.live();
    // From here on the machine is as old as it was asked to be.
    this.leavesPages = false;
  }

  /** A process starts or ends; about as much memory stays in use. */
  private live(): void {
    const used = PAGES - this.buddy.free;
    const target = PAGES * (0.35 + 0.4 * this.fragmentation);
    if (used < target && this.random() < 0.7) this.hold(this.size());
    else this.end();
  }

  /** Without a history there is nothing to end: such a machine boots anew. */
  private makeRoom(pages: number): void {
    if (this.fragmentation === 0) {
      this.boot();
      return;
    }
    while (this.buddy.free < pages + PAGES / 8 && 0 < this.holdings.length) this.end();
  }

  /** Many small requests, few large ones. */
  private size(): number {
    return 1 + Math.floor(2 ** (this.random() * 9));
  }

  private hold(pages: number): void {
    const cpu = this.random() < 0.5 ? 0 : 1;
    const taken = new Int32Array(pages);
    let count = 0;
    for (; count < pages; count++) {
      const page = this.takePage(cpu);
      if (page === NONE) break;
      taken[count] = page;
    }
    this.holdings.push({ pages: taken.subarray(0, count), huge: [] });
  }

  /** A random process ends. The kernel keeps some page of many of them: a cache, an inode, a network buffer. */
  private end(): void {
    const index = Math.floor(this.random() * this.holdings.length);
    const holding = this.holdings[index];
    const last = this.holdings.pop();
    if (!holding || !last) return;
    if (index < this.holdings.length) this.holdings[index] = last;
    const cpu = this.random() < 0.5 ? 0 : 1;
    const left =
      this.leavesPages && this.random() < LEAVES_PAGE ? Math.floor(this.random() * holding.pages.length) : NONE;
    holding.pages.forEach((page, i) => {
      if (i !== left) this.givePage(page, cpu);
    });
    for (const page of holding.huge) this.buddy.give(page, HUGE_ORDER);
  }

  private takePage(cpu: number): number {
    const kept = this.kept[cpu] ?? [];
    if (kept.length === 0) {
      for (let i = 0; i < BATCH; i++) {
        const page = this.buddy.take(0);
        if (page === NONE) break;
        kept.push(page);
      }
      // The last one is handed out first.
      kept.reverse();
    }
    return kept.pop() ?? NONE;
  }

  private givePage(page: number, cpu: number): void {
    const kept = this.kept[cpu] ?? [];
    kept.push(page);
    if (kept.length <= HIGH) return;
    for (const cold of kept.splice(0, BATCH)) this.buddy.give(cold, 0);
  }

  private touch(pages: number, hugePages: boolean): Holding & { readonly buffer: Int32Array } {
    const buffer = new Int32Array(pages);
    const single: number[] = [];
    const huge: number[] = [];
    // Where in its first huge page the buffer begins.
    const begin = hugePages ? Math.floor(this.random() * HUGE_PAGES) : 0;
    let block = NONE;
    for (let i = 0; i < pages; i++) {
      const within = (begin + i) % HUGE_PAGES;
      if (hugePages && (i === 0 || within === 0)) {
        block = this.buddy.take(HUGE_ORDER);
        if (block !== NONE) huge.push(block);
      }
      if (block !== NONE) {
        buffer[i] = block + within;
        continue;
      }
      // Now and then somebody else on this CPU needs a page in between.
      if (this.random() < 0.004 + 0.02 * this.fragmentation) this.hold(1);
      const page = this.takePage(0);
      if (page === NONE) break;
      buffer[i] = page;
      single.push(page);
    }
    return { buffer, pages: Int32Array.from(single), huge };
  }
}
