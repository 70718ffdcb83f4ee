/** Whether a mapping is what a driver needs. */

import { contiguousBytes } from '../sim/layout';
import type { MappedLayout, Scatterlist } from '../sim/types';
import type { Predicate } from './types';

export function totalBytes(list: Scatterlist): number {
  return list.reduce((sum, entry) => sum + entry.length, 0);
}

/** True when the mapping of `list` satisfies the predicate. */
export function holds(predicate: Predicate, list: Scatterlist, mapped: MappedLayout): boolean {
  const { segments } = mapped;
  switch (predicate.kind) {
    case 'contiguous-size':
      return totalBytes(list) <= contiguousBytes(segments);
    case 'single-segment':
      return segments.length === 1;
    case 'first-length-covers':
      return totalBytes(list) <= (segments[0]?.length ?? 0);
    case 'same-count':
      return segments.length === list.length;
    case 'aligned':
      return segments.every((segment) => segment.dma % BigInt(predicate.to) === 0n);
    case 'segment-at-most':
      return segments.every((segment) => segment.length <= predicate.bytes);
  }
}
