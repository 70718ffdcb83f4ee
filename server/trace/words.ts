/** Entries and ranges in the notation of `dma-lens simulate`. */

import type { SgEntry } from '../sim/types';
import type { TraceRange } from './types';

const UNITS: readonly (readonly [number, string])[] = [
  [2 ** 20, 'M'],
  [2 ** 10, 'K'],
];

/** `64K`, `0x800+4K`. */
export function entryText({ offset, length }: SgEntry): string {
  return `${offset === 0 ? '' : `0x${offset.toString(16)}+`}${bytesText(length)}`;
}

/** `[0xfffc0000, 64K]`. */
export function rangeText({ dma, length }: TraceRange): string {
  return `[0x${dma.toString(16)}, ${bytesText(length)}]`;
}

function bytesText(bytes: number): string {
  for (const [unit, name] of UNITS) if (unit <= bytes && bytes % unit === 0) return `${bytes / unit}${name}`;
  return String(bytes);
}
