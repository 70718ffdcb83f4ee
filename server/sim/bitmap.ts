/** A window of IOMMU pages with one bit each, searched upwards. All numbers are bits (pages) unless said otherwise. */

/** One search: where it may lie and what it must respect. */
export interface AreaRequest {
  readonly from: number;
  /** First bit that is out of reach. */
  readonly limit: number;
  readonly count: number;
  /** Power of two; starts are multiples of it. */
  readonly align: number;
  /** Pages per segment boundary, a power of two; Infinity for none. */
  readonly boundary: number;
  /** Page number of bit 0, from which boundaries count. */
  readonly shift: number;
}

/** Nothing of this size and alignment fits below `low`. Freeing moves it back down. */
interface Hint {
  readonly count: number;
  readonly align: number;
  low: number;
}

/** A caller rarely uses more sizes than this at a time. */
const HINTS = 16;

export class Bitmap {
  readonly bits: number;
  private readonly words: Int32Array;
  private readonly hints: Hint[] = [];
  private nextHint = 0;

  constructor(bits: number) {
    this.bits = bits;
    this.words = new Int32Array((bits + 31) >>> 5);
  }

  isSet(bit: number): boolean {
    return (((this.words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
  }

  /** Takes `count` bits; what lies outside the window is ignored. */
  take(start: number, count: number): void {
    this.write(start, count, true);
  }

  /** Gives back `count` bits; what lies outside the window is ignored. */
  free(start: number, count: number): void {
    this.write(start, count, false);
    for (const hint of this.hints) hint.low = Math.min(hint.low, Math.max(0, start - hint.count + 1));
  }

  /**
   * First run of `count` clear bits at or above `from` that starts on a multiple of `align` and ends at or below
   * `limit`; -1 when there is none.
   */
  findClear(from: number, count: number, align: number, limit = this.bits): number {
    const hint = this.hintFor(count, align);
    const isWhole = from <= hint.low;
    const found = this.search(Math.max(from, hint.low), count, align, limit);
    if (isWhole) hint.low = Math.max(hint.low, found === -1 ? limit - count + 1 : found);
    return found;
  }

  /**
   * Finds and takes a run; -1 when there is none. The last bit below the limit is never used. A run longer than the
   * boundary is a failure here; Linux searches for it without end.
   * Follows iommu_area_alloc() in lib/iommu-helper.c, Linux 4.4 to 6.12.
   */
  takeArea(request: AreaRequest): number {
    const { count, align, boundary, shift } = request;
    if (boundary < count) return -1;
    const limit = Math.min(request.limit, this.bits) - 1;
    let start = this.findClear(request.from, count, align, limit);
    while (start !== -1 && boundary < ((shift + start) % boundary) + count) {
      start = this.findClear(Math.ceil((shift + start) / boundary) * boundary - shift, count, align, limit);
    }
    if (start !== -1) this.take(start, count);
    return start;
  }

  private search(from: number, count: number, align: number, limit: number): number {
    let clear = this.nextClear(from, limit);
    while (clear !== -1) {
      const start = Math.ceil(clear / align) * align;
      if (limit < start + count) return -1;
      const taken = this.nextSet(start, start + count);
      if (taken === -1) return start;
      clear = this.nextClear(taken + 1, limit);
    }
    return -1;
  }

  private hintFor(count: number, align: number): Hint {
    for (const hint of this.hints) if (hint.count === count && hint.align === align) return hint;
    const hint: Hint = { count, align, low: 0 };
    this.hints[this.nextHint] = hint;
    this.nextHint = (this.nextHint + 1) % HINTS;
    return hint;
  }

  private nextSet(from: number, to: number): number {
    return this.nextBit(from, to, 0);
  }

  private nextClear(from: number, to: number): number {
    return this.nextBit(from, to, -1);
  }

  /** First bit of [from, to) that is set, or clear with `flip` of -1; whole words at a time. -1: none. */
  private nextBit(from: number, to: number, flip: number): number {
    for (let bit = from; bit < to; bit = (bit | 31) + 1) {
      const word = ((this.words[bit >>> 5] ?? 0) ^ flip) & (-1 << (bit & 31));
      if (word === 0) continue;
      const found = (bit & ~31) + 31 - Math.clz32(word & -word);
      return found < to ? found : -1;
    }
    return -1;
  }

  private write(start: number, count: number, value: boolean): void {
    const end = Math.min(this.bits, start + count);
    for (let bit = Math.max(0, start); bit < end; bit = (bit | 31) + 1) {
      const last = Math.min(31, end - 1 - (bit & ~31));
      const mask = (-1 << (bit & 31)) & (-1 >>> (31 - last));
      const word = this.words[bit >>> 5] ?? 0;
      this.words[bit >>> 5] = value ? word | mask : word & ~mask;
    }
  }
}

/** Pages of `bytes` per segment boundary mask; Infinity when no window is that large. */
export function boundaryPages(segmentBoundary: bigint, pageBytes: number): number {
  if (2n ** 53n - 1n < segmentBoundary) return Number.POSITIVE_INFINITY;
  return Math.floor(Number(segmentBoundary) / pageBytes) + 1;
}
