/** A window of pages with one bit each, searched first-fit from the bottom. Numbers are bits (pages). */

export class Bitmap {
  private readonly words: Uint32Array;
  readonly bits: number;

  constructor(bits: number) {
    this.bits = bits;
    this.words = new Uint32Array(Math.ceil(bits / 32));
  }

  isSet(bit: number): boolean {
    return ((this.words[bit >>> 5] ?? 0) >>> (bit & 31)) % 2 === 1;
  }

  fill(start: number, count: number, value: boolean): void {
    for (let bit = start; bit < start + count; bit++) {
      const word = bit >>> 5;
      const mask = 1 << (bit & 31);
      this.words[word] = value ? (this.words[word] ?? 0) | mask : (this.words[word] ?? 0) & ~mask;
    }
  }

  /** First run of `count` clear bits from `from` on whose start is a multiple of `align`; -1 when there is none below `end`. */
  findClear(from: number, count: number, align: number, end = this.bits): number {
    let start = Math.ceil(from / align) * align;
    while (start + count <= end) {
      const taken = this.firstSet(start, start + count);
      if (taken === -1) return start;
      start = Math.ceil((taken + 1) / align) * align;
    }
    return -1;
  }

  /** First set bit in [from, to); -1 when all are clear. Skips whole words. */
  private firstSet(from: number, to: number): number {
    for (let bit = from; bit < to; ) {
      const word = this.words[bit >>> 5] ?? 0;
      if (word === 0) {
        bit = ((bit >>> 5) + 1) << 5;
      } else if ((word >>> (bit & 31)) % 2 === 1) {
        return bit;
      } else {
        bit += 1;
      }
    }
    return -1;
  }
}
