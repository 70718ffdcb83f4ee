/**
 * Lists as they were mapped. A trace has the physical start of each entry and the length of each segment; where entries
 * were merged, only their sum is known, and what lies in between is guessed as few pages as possible.
 */

import type { Scatterlist, SgEntry } from '../sim/types';
import type { TraceEvent, TraceRange, TraceShape } from './types';

const PAGE = 4096;

/** Whether segments follow each other without a hole. */
export function isContiguous(ranges: readonly TraceRange[]): boolean {
  for (let i = 1; i < ranges.length; i++) {
    const [one, next] = [ranges[i - 1], ranges[i]];
    if (one && next && one.dma + BigInt(one.length) !== next.dma) return false;
  }
  return true;
}

/** The list behind an event that mapped one; undefined where the trace holds only a part of it. */
export function listOf(event: TraceEvent): Guess | undefined {
  const { physical, ranges } = event;
  const isWhole = physical.length === event.entries && ranges.length === event.segments;
  if (event.isTruncated || !isWhole || ranges.length === 0 || physical.length < ranges.length) return undefined;
  if (ranges.length === physical.length) {
    return { list: physical.map((start, i) => entryAt(start, ranges[i]?.length ?? 0)), isExact: true };
  }
  return spread(physical, ranges);
}

interface Guess {
  readonly list: Scatterlist;
  readonly isExact: boolean;
  readonly other?: Scatterlist;
}

/** One key for all lists that look alike: offsets in the page, lengths, and where segments lie from the first one on. */
export function shapeKey(list: Scatterlist, ranges: readonly TraceRange[]): string {
  const base = ranges[0]?.dma ?? 0n;
  const entries = list.map((one) => `${one.offset}+${one.length}`).join(',');
  return `${entries}|${ranges.map((one) => `${one.dma - base}+${one.length}`).join(',')}`;
}

/** Lists that look alike, counted; the `most` kinds seen first are kept. */
export class ShapeTable {
  /** Lists that are left out: cut short by the kernel, or of too many kinds. */
  leftOut = 0;
  private readonly shapes = new Map<string, { readonly shape: Omit<TraceShape, 'count'>; count: number }>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(event: TraceEvent): void {
    const found = listOf(event);
    if (!found) {
      this.leftOut += 1;
      return;
    }
    const key = shapeKey(found.list, event.ranges);
    const known = this.shapes.get(key);
    if (known) {
      known.count += 1;
    } else if (this.shapes.size < this.most) {
      const { ranges, line } = event;
      this.shapes.set(key, { shape: { ...found, ranges, line, isContiguous: isContiguous(ranges) }, count: 1 });
    } else {
      this.leftOut += 1;
    }
  }

  /** The most frequent first. */
  list(): readonly TraceShape[] {
    const all = [...this.shapes.values()].map(({ shape, count }) => ({ ...shape, count }));
    return all.sort((one, other) => other.count - one.count || one.line - other.line);
  }
}

function entryAt(start: bigint, length: number): SgEntry {
  const offset = Number(start % BigInt(PAGE));
  return { page: start - BigInt(offset), offset, length };
}

/**
 * Entries of merged segments. Each entry reaches at least to the end of its page, since otherwise the next one could not
 * have been merged; the last one of a segment takes what is left. The other guess gives it to the first one.
 */
function spread(physical: readonly bigint[], ranges: readonly TraceRange[]): Guess | undefined {
  const list: SgEntry[] = [];
  const other: SgEntry[] = [];
  let isExact = true;
  let next = 0;
  for (let s = 0; s < ranges.length; s++) {
    const range = ranges[s];
    if (!range) return undefined;
    const isLast = s === ranges.length - 1;
    // Later segments need an entry each.
    const most = physical.length - next - (ranges.length - 1 - s);
    let left = range.length;
    let taken = 0;
    while (taken < most) {
      const start = physical[next] ?? 0n;
      const inPage = Number(start % BigInt(PAGE));
      if (0 < taken && inPage !== 0 && !isLast) break;
      const toPageEnd = PAGE - inPage;
      const endsHere = taken + 1 === most || left <= toPageEnd || startsSegment(physical[next + 1], ranges[s + 1]);
      const length = endsHere ? left : toPageEnd;
      if (length <= 0) return undefined;
      list.push(entryAt(start, length));
      other.push(entryAt(start, length));
      if (endsHere && toPageEnd < length && 0 < taken) {
        isExact = false;
        // Whole pages change places, so that all ends stay where they are within a page.
        const moved = Math.floor((length - 1) / PAGE) * PAGE;
        const first = list.length - 1 - taken;
        const head = list[first];
        if (head) other[first] = { ...head, length: head.length + moved };
        other[other.length - 1] = entryAt(start, length - moved);
      }
      left -= length;
      next += 1;
      taken += 1;
      if (left === 0) break;
    }
    if (left !== 0) return undefined;
  }
  if (next !== physical.length) return undefined;
  return isExact ? { list, isExact } : { list, isExact, other };
}

/** An entry with an odd offset starts the segment that has the same offset in its page. */
function startsSegment(start: bigint | undefined, range: TraceRange | undefined): boolean {
  if (start === undefined || range === undefined) return false;
  const offset = start % BigInt(PAGE);
  return offset !== 0n && offset === range.dma % BigInt(PAGE);
}
