/** How 32-bit ARM and s390 join entries into chunks before they allocate: the same three tests. */

import { sizeText, wholeEntry } from './layout';
import type { BreakCause, Device, Piece, Scatterlist } from './types';

const PAGE_SIZE = 4096;

export interface Chunk {
  readonly first: number;
  readonly count: number;
  /** Bytes before the first byte of data. */
  readonly offset: number;
  /** Bytes, the leading offset included. */
  readonly size: number;
}

/**
 * Cuts a list where an entry has an offset, the chunk so far ends off a page, or the segment limit would be exceeded;
 * the limit counts the chunk's leading offset.
 */
export function cutChunks(list: Scatterlist, maxSegmentSize: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let first = 0;
  let offset = list[0]?.offset ?? 0;
  let size = offset;
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const isNew = entry.offset !== 0 || size % PAGE_SIZE !== 0 || maxSegmentSize < (size + entry.length) % 2 ** 32;
    if (0 < i && isNew) {
      chunks.push({ first, count: i - first, offset, size });
      first = i;
      offset = entry.offset;
      size = offset;
    }
    size += entry.length;
  }
  if (0 < list.length) chunks.push({ first, count: list.length - first, offset, size });
  return chunks;
}

export function chunkPieces(list: Scatterlist, chunk: Chunk): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let i = chunk.first; i < chunk.first + chunk.count; i++) pieces.push(wholeEntry(list, i));
  return pieces;
}

/** Why `next` did not join `chunk`. */
export function explainCut(
  list: Scatterlist,
  chunk: Chunk,
  next: number,
  device: Device,
): { readonly cause: BreakCause; readonly why: string } {
  const entry = list[next];
  if (entry && entry.offset !== 0) return { cause: 'granule', why: `entry ${next} starts off a page` };
  if (chunk.size % PAGE_SIZE !== 0) return { cause: 'granule', why: `entry ${next - 1} ends off a page` };
  const total = sizeText(chunk.size + (entry?.length ?? 0));
  return { cause: 'segment-limit', why: `${total} would exceed the ${sizeText(device.maxSegmentSize)} segment limit` };
}

/** Where a block lies with respect to the one before, as the end of a sentence. */
export function placeText(gap: bigint): string {
  if (gap === 0n) return 'right behind';
  return gap < 0n ? 'at a lower address' : `${sizeText(gap)} further up`;
}
