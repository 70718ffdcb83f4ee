/** What a device touches that is told one range: which bytes are the ones meant, which others, which nobody's. */

import type { Segment } from '../sim/types';

/** `foreign`: not the buffer's; `misplaced`: the buffer's, but others than the device takes them for. */
export type Touched = 'right' | 'misplaced' | 'foreign';

export interface ToldPart {
  /** Bytes from the start of the told range. */
  readonly offset: number;
  readonly bytes: number;
  readonly is: Touched;
}

/** The parts of `bytes` bytes from the first address on, in order. */
export function toldParts(segments: readonly Segment[], bytes: number): readonly ToldPart[] {
  const [first] = segments;
  if (!first) return bytes === 0 ? [] : [{ offset: 0, bytes, is: 'foreign' }];
  const placed = place(segments, first.dma);
  const cuts = new Set([0, bytes]);
  for (const { meant, at, length } of placed) {
    for (const cut of [meant, meant + length, at, at + length]) if (0 < cut && cut < bytes) cuts.add(cut);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const parts: ToldPart[] = [];
  for (let i = 0; i + 1 < sorted.length; i++) {
    const offset = sorted[i] ?? 0;
    const length = (sorted[i + 1] ?? 0) - offset;
    const is = touchedAt(placed, offset);
    const last = parts.at(-1);
    if (last && last.is === is) parts[parts.length - 1] = { ...last, bytes: last.bytes + length };
    else parts.push({ offset, bytes: length, is });
  }
  return parts;
}

/** Bytes of one kind in all. */
export function touchedBytes(parts: readonly ToldPart[], is: Touched): number {
  return parts.reduce((sum, part) => sum + (part.is === is ? part.bytes : 0), 0);
}

interface Placed {
  /** Where in the told range the device takes the segment to be, and where it is. */
  readonly meant: number;
  readonly at: number;
  readonly length: number;
}

function place(segments: readonly Segment[], base: bigint): readonly Placed[] {
  let meant = 0;
  return segments.map((segment) => {
    const placed = { meant, at: Number(segment.dma - base), length: segment.length };
    meant += segment.length;
    return placed;
  });
}

function touchedAt(placed: readonly Placed[], offset: number): Touched {
  const actual = placed.find((one) => one.at <= offset && offset < one.at + one.length);
  if (!actual) return 'foreign';
  return actual.meant === actual.at ? 'right' : 'misplaced';
}
