/** Where mappings lie in the device's address space, with the unused parts left out: coordinates for the pictures. */

import type { TraceRange, TraceSample } from './types';

/** A part of the address space that was used, from the top (0) to the bottom (1) of a picture. */
export interface UsedPart {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
  readonly top: number;
  readonly bottom: number;
}

/** Parts closer than this share one. */
const NEAR = 0x100000n;
/** Share of the height that goes to all parts alike, whatever their size. */
const EVEN = 0.35;

/** The used parts, the highest addresses first. */
export function usedParts(samples: readonly TraceSample[]): readonly UsedPart[] {
  const ranges = samples.flatMap((one) => one.ranges);
  const sorted = [...ranges].sort((one, other) => (one.dma < other.dma ? -1 : one.dma === other.dma ? 0 : 1));
  const spans: { start: bigint; end: bigint }[] = [];
  for (const { dma, length } of sorted) {
    const end = dma + BigInt(length);
    const last = spans.at(-1);
    if (!last || last.end + NEAR < dma) spans.push({ start: dma, end });
    else if (last.end < end) last.end = end;
  }
  const bytes = spans.reduce((sum, one) => sum + Number(one.end - one.start), 0);
  let top = 0;
  return spans.reverse().map(({ start, end }) => {
    const height = EVEN / spans.length + ((1 - EVEN) * Number(end - start)) / bytes;
    const part = { start, end, top, bottom: top + height };
    top += height;
    return part;
  });
}

/** Top and bottom of a range within the picture; undefined where no part holds it. */
export function placeOf(parts: readonly UsedPart[], range: TraceRange): readonly [number, number] | undefined {
  const part = parts.find((one) => one.start <= range.dma && range.dma < one.end);
  if (!part) return undefined;
  const scale = (part.bottom - part.top) / Number(part.end - part.start);
  const bottom = part.bottom - Number(range.dma - part.start) * scale;
  return [bottom - range.length * scale, bottom];
}
