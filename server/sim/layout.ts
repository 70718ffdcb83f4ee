/** What all backends need to describe a mapping: sizes in words, pieces, and why neighbouring segments part. */

import type {
  Break,
  BreakCause,
  Kernel,
  MapFailure,
  MappedLayout,
  Piece,
  Scatterlist,
  Segment,
  SgEntry,
} from './types';

export const PAGE_SIZE = 4096;

/** Physical start of an entry. */
export function physicalStart(entry: SgEntry): bigint {
  return entry.page + BigInt(entry.offset);
}

/** `x` rounded up to a multiple of `unit` (a power of two); both below 2^53. */
export function alignUp(x: number, unit: number): number {
  return Math.ceil(x / unit) * unit;
}

/** Smallest power of two that is at least `x`; 1 for 0 and 1. Exact below 2^53. */
export function powerOfTwoAtLeast(x: number): number {
  if (x <= 2 ** 30) return x <= 1 ? 1 : 2 ** (32 - Math.clz32(x - 1));
  let power = 2 ** 30;
  while (power < x) power *= 2;
  return power;
}

/** `65536` as `64 KiB`, `80.5 KiB` as such, small sizes in bytes. */
export function sizeText(bytes: number | bigint): string {
  const value = Number(bytes);
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  for (const [unit, name] of UNITS) {
    if (unit <= size) return `${sign}${Number((size / unit).toFixed(2))} ${name}`;
  }
  return `${sign}${size} B`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
];

/** A whole entry as one piece. */
export function wholeEntry(list: Scatterlist, entry: number): Piece {
  return { entry, offset: 0, length: list[entry]?.length ?? 0 };
}

export function failure(backend: string, errno: number, reason: string): MapFailure {
  return { ok: false, backend, errno, reason };
}

/** dma_map_sgtable() makes -EIO of a backend's 0 since Linux 5.15, and had -EINVAL for everything before. */
export function emptyList(backend: string, kernel: Kernel): MapFailure {
  return failure(backend, since(kernel, 5, 15) ? -5 : -22, 'the list is empty');
}

/** Explains the gap after segment `after`; called only when somebody asks. */
export type ExplainBreak = (after: number, gap: bigint) => { readonly cause: BreakCause; readonly why: string };

/**
 * A layout whose `breaks` and `steps` are worked out when first read, since mapping must be fast and explaining need
 * not be.
 */
export function layout(
  backend: string,
  segments: readonly Segment[],
  blocks: MappedLayout['blocks'],
  explain: ExplainBreak,
  describe: () => readonly string[],
): MappedLayout {
  let breaks: readonly Break[] | undefined;
  let steps: readonly string[] | undefined;
  return {
    ok: true,
    backend,
    segments,
    blocks,
    get breaks() {
      breaks ??= explainBreaks(segments, explain);
      return breaks;
    },
    get steps() {
      steps ??= describe();
      return steps;
    },
  };
}

function explainBreaks(segments: readonly Segment[], explain: ExplainBreak): readonly Break[] {
  const breaks: Break[] = [];
  for (let after = 0; after + 1 < segments.length; after++) {
    const one = segments[after];
    const next = segments[after + 1];
    if (!one || !next) continue;
    const gap = next.dma - (one.dma + BigInt(one.length));
    breaks.push({ after, gap, ...explain(after, gap) });
  }
  return breaks;
}

/** Bytes of the leading run of segments that follow each other without a hole; 0 for none. */
export function contiguousBytes(segments: readonly Segment[]): number {
  let expected: bigint | undefined;
  let bytes = 0;
  for (const segment of segments) {
    if (expected !== undefined && segment.dma !== expected) break;
    expected = segment.dma + BigInt(segment.length);
    bytes += segment.length;
  }
  return bytes;
}

/** Address as `0x8000_0000` is written in the kernel: `0x80000000`. */
export function hex(address: bigint | number): string {
  return `0x${address.toString(16)}`;
}

/** True when `kernel` is at least `major.minor`. */
export function since(
  kernel: { readonly major: number; readonly minor: number },
  major: number,
  minor: number,
): boolean {
  return kernel.major !== major ? major < kernel.major : minor <= kernel.minor;
}

/** Highest address that a device reaches: the smaller of mask and bus limit, a limit of 0 being none. */
export function deviceLimit(device: { readonly dmaMask: bigint; readonly busDmaLimit: bigint }): bigint {
  const { dmaMask, busDmaLimit } = device;
  return busDmaLimit !== 0n && busDmaLimit < dmaMask ? busDmaLimit : dmaMask;
}
