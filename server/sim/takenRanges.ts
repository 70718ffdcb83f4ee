/**
 * The taken ranges of an IOVA space in address order: linked, and in a balanced tree that knows for every range how much
 * fits below it. Linux walks down range by range; the tree finds the same place without visiting the ones in between.
 */

import { powerOfTwoAtLeast } from './layout';

/** A taken range. */
export interface Taken {
  readonly lo: number;
  readonly hi: number;
  /** Next lower one. */
  readonly lower: Taken | undefined;
  /** Next higher one; the anchor has none. */
  readonly upper: Taken | undefined;
}

/** Where a block goes: its first pfn, below 0 when there is no room, and the range right above it. */
export interface Place {
  readonly pfn: number;
  readonly above: Taken;
}

class Node implements Taken {
  readonly lo: number;
  readonly hi: number;
  /** Parents have higher priorities than their children, which keeps the tree flat. */
  readonly priority: number;
  lower: Node | undefined;
  upper: Node | undefined;
  parent: Node | undefined;
  left: Node | undefined;
  right: Node | undefined;
  /** Largest block that fits between this range and the next lower one. */
  room = 0;
  /** Largest `room` in the subtree. */
  best = 0;

  constructor(lo: number, hi: number, priority: number) {
    this.lo = lo;
    this.hi = hi;
    this.priority = priority;
  }
}

export class TakenRanges {
  /** An imaginary range above all others. */
  readonly anchor: Taken;
  private readonly top: Node;
  private root: Node;
  private readonly byStart = new Map<number, Node>();
  private added = 0;

  constructor() {
    this.top = new Node(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0);
    this.anchor = this.top;
    this.root = this.top;
    this.measure(this.top);
  }

  startingAt(lo: number): Taken | undefined {
    return this.byStart.get(lo);
  }

  /** The lowest range that starts at or above `pfn`. */
  lowestFrom(pfn: number): Taken {
    let found = this.top;
    for (let node: Node | undefined = this.root; node; ) {
      if (node.lo < pfn) {
        node = node.right;
      } else {
        found = node;
        node = node.left;
      }
    }
    return found;
  }

  /**
   * Goes down from `from`, gap by gap, to the first one that holds `size` pfns below `high` (exclusive) with a start that
   * is a multiple of the size's power of two; below the lowest range everything counts as a gap that fits.
   */
  findBelow(from: Taken, high: number, size: number, align: number): Place {
    const first = from.lo <= high ? from : this.lowestFrom(high);
    const pfn = Math.floor((Math.min(high, first.lo) - size) / align) * align;
    if (!first.lower || first.lower.hi < pfn) return { pfn, above: first };
    const above = roomyBelow(first as Node, size);
    return above ? { pfn: Math.floor((above.lo - size) / align) * align, above } : { pfn: -1, above: first };
  }

  /** Takes `lo`..`hi`, which is free and lies right below `above`. */
  insert(lo: number, hi: number, above: Taken): Taken {
    const next = above as Node;
    const node = new Node(lo, hi, scatter(++this.added));
    node.lower = next.lower;
    node.upper = next;
    // In address order a neighbour has no child on the side where the other one lies above it.
    if (next.left && next.lower) {
      next.lower.right = node;
      node.parent = next.lower;
    } else {
      next.left = node;
      node.parent = next;
    }
    if (next.lower) next.lower.upper = node;
    next.lower = node;
    this.byStart.set(lo, node);
    while (node.parent && node.parent.priority < node.priority) this.lift(node);
    this.measure(node);
    this.measure(next);
    return node;
  }

  remove(taken: Taken): void {
    const node = taken as Node;
    const next = node.upper;
    for (;;) {
      const { left, right } = node;
      const child = left && right ? (left.priority < right.priority ? right : left) : (left ?? right);
      if (!child) break;
      this.lift(child);
    }
    const { parent } = node;
    this.replaceChild(parent, node, undefined);
    if (node.lower) node.lower.upper = next;
    if (next) next.lower = node.lower;
    this.byStart.delete(node.lo);
    refresh(parent);
    if (next) this.measure(next);
  }

  /** Works out the room below `node` anew. */
  private measure(node: Node): void {
    node.room = largestBlock(node.lower ? node.lower.hi + 1 : 0, node.lo);
    refresh(node);
  }

  /** Rotates `node` above its parent. */
  private lift(node: Node): void {
    const { parent } = node;
    if (!parent) return;
    this.replaceChild(parent.parent, parent, node);
    if (parent.left === node) {
      parent.left = node.right;
      if (node.right) node.right.parent = parent;
      node.right = parent;
    } else {
      parent.right = node.left;
      if (node.left) node.left.parent = parent;
      node.left = parent;
    }
    parent.parent = node;
    parent.best = bestOf(parent);
    node.best = bestOf(node);
  }

  private replaceChild(parent: Node | undefined, old: Node, child: Node | undefined): void {
    if (child) child.parent = parent;
    if (!parent) this.root = child ?? this.top;
    else if (parent.left === old) parent.left = child;
    else parent.right = child;
  }
}

/** The highest range below `from` in address order with room for `size`. */
function roomyBelow(from: Node, size: number): Node | undefined {
  let node = from;
  for (;;) {
    if (node.left && size <= node.left.best) return highestWithRoom(node.left, size);
    // Up to the next one for which all this lies above.
    while (node.parent?.left === node) node = node.parent;
    if (!node.parent) return undefined;
    node = node.parent;
    if (size <= node.room) return node;
  }
}

function highestWithRoom(subtree: Node, size: number): Node {
  let node = subtree;
  for (;;) {
    if (node.right && size <= node.right.best) node = node.right;
    else if (size <= node.room || !node.left) return node;
    else node = node.left;
  }
}

/** Brings `best` up to date from `node` up to where nothing changes. */
function refresh(node: Node | undefined): void {
  for (let one = node; one; one = one.parent) {
    const best = bestOf(one);
    if (best === one.best) return;
    one.best = best;
  }
}

function bestOf(node: Node): number {
  let best = node.room;
  if (node.left && best < node.left.best) best = node.left.best;
  if (node.right && best < node.right.best) best = node.right.best;
  return best;
}

/**
 * The largest size that fits in `from`..`to` (exclusive) with a start that is a multiple of its power of two. Every
 * smaller size fits as well, since the same start will do.
 */
function largestBlock(from: number, to: number): number {
  for (let power = powerOfTwoAtLeast(to - from); 1 <= power; power /= 2) {
    const room = to - Math.ceil(from / power) * power;
    if (power < 2 * room) return Math.min(room, power);
  }
  return 0;
}

/** Spreads counted numbers over 32 bits. */
function scatter(count: number): number {
  const half = Math.imul(count ^ (count >>> 16), 0x45d9f3b);
  return Math.imul(half ^ (half >>> 16), 0x45d9f3b) >>> 0;
}
