/** Whether a mapping is what a driver needs. */

import { contiguousBytes, PAGE_SIZE, physicalStart, sizeText } from '../sim/layout';
import type { MappedLayout, Scatterlist, Segment } from '../sim/types';
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
    case 'cpu-lengths':
      return segments.every((segment, j) => segment.length === list[j]?.length);
    case 'cpu-offsets':
      return segments.every((segment, j) => inPage(segment.dma) === (list[j]?.offset ?? 0) % PAGE_SIZE);
    case 'page-entries':
      return segments.every((segment) => segment.length <= PAGE_SIZE && segment.pieces.length === 1);
    case 'physical':
      return segments.every((segment, j) => isPhysical(segment, list, j));
    case 'ascending':
      return segments.every((segment, j) => (segments[j - 1]?.dma ?? -1n) < segment.dma);
    case 'nonzero':
      return segments.every((segment) => segment.dma !== 0n);
    case 'aligned':
      return segments.every((segment, j) => isAligned(segment, predicate.to, j === segments.length - 1));
    case 'segment-at-most':
      return segments.every((segment) => segment.length <= predicate.bytes);
    case 'at-most-segments':
      return segments.length <= predicate.count;
    case 'within-boundary':
      return segments.every((segment) => ((segment.dma ^ lastByte(segment)) & ~predicate.mask) === 0n);
    case 'address-below':
      return segments.every((segment) => lastByte(segment) < 1n << BigInt(predicate.bits));
  }
}

/** The need as a clause: `needs ...`. */
export function needText(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'contiguous-size':
      return 'one contiguous DMA range';
    case 'single-segment':
      return 'a single DMA segment';
    case 'first-length-covers':
      return 'a first segment that covers the whole list';
    case 'same-count':
      return 'as many segments as entries';
    case 'cpu-lengths':
      return 'segments as long as the entries';
    case 'cpu-offsets':
      return 'segments that start as far into a page as the entries';
    case 'page-entries':
      return 'segments of one page each';
    case 'physical':
      return 'DMA addresses that equal the physical ones';
    case 'ascending':
      return 'segments in ascending order';
    case 'nonzero':
      return 'addresses other than 0';
    case 'aligned':
      return `segments aligned to ${sizeText(predicate.to)}`;
    case 'segment-at-most':
      return `segments of at most ${sizeText(predicate.bytes)}`;
    case 'at-most-segments':
      return `at most ${predicate.count} segments`;
    case 'within-boundary':
      return `segments that do not cross ${sizeText(predicate.mask + 1n)}`;
    case 'address-below':
      return `addresses below 2^${predicate.bits}`;
  }
}

function inPage(address: bigint): number {
  return Number(address % BigInt(PAGE_SIZE));
}

function lastByte(segment: Segment): bigint {
  return segment.dma + BigInt(segment.length) - 1n;
}

function isAligned(segment: Segment, to: number, isLast: boolean): boolean {
  return segment.dma % BigInt(to) === 0n && (isLast || segment.length % to === 0);
}

function isPhysical(segment: Segment, list: Scatterlist, index: number): boolean {
  const entry = list[index];
  return segment.pieces.length === 1 && entry !== undefined && segment.dma === physicalStart(entry);
}
