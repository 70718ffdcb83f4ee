/** The scatterlists that the search tries and the rate model draws. */

import type { Scatterlist } from '../sim/types';
import type { ListShape } from './types';

const KIB = 1024;
const PAGE = 4 * KIB;
/** Physical memory that no other entry touches: entries are never neighbours, since a table builder would join them. */
const APART = 0x1000000n;
const BASE = 0x80000000n;
const MAX_ENTRIES = 3;

/** Sizes at which some backend changes its mind, bytes. */
const SIZES = [PAGE, 2 * PAGE, 4 * PAGE, 64 * KIB, 68 * KIB, 256 * KIB];

/** Lists of the shape, fewest entries first, then fewest bytes. Deterministic. */
export function searchLists(
  shape: ListShape,
  device: { readonly maxSegmentSize: number; readonly segmentBoundary: bigint },
): readonly Scatterlist[] {
  const most = shape.kind === 'one-entry' ? 1 : Math.min(shape.maxEntries ?? MAX_ENTRIES, MAX_ENTRIES);
  const sizes = [
    ...SIZES,
    ...around(device.maxSegmentSize),
    ...around(Number(device.segmentBoundary & 0xffffffffn) + 1),
  ];
  const unique = [...new Set(sizes)]
    .filter((size) => size <= (shape.maxEntryBytes ?? Number.MAX_SAFE_INTEGER))
    .sort((a, b) => a - b);
  const lists: Scatterlist[] = [];
  for (let entries = 1; entries <= most; entries++) {
    const round = combinations(unique, entries).sort((a, b) => sum(a) - sum(b));
    for (const lengths of round) lists.push(...variants(lengths, shape));
  }
  return lists;
}

/** A limit of up to 1 MiB, and a page more: larger ones are beyond what a smallest list would show. */
function around(limit: number): readonly number[] {
  return PAGE <= limit && limit <= 1024 * KIB && limit % PAGE === 0 ? [limit, limit + PAGE] : [];
}

function combinations(sizes: readonly number[], entries: number): number[][] {
  let round: number[][] = [[]];
  for (let i = 0; i < entries; i++) round = round.flatMap((head) => sizes.map((size) => [...head, size]));
  return round;
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

/** One list of these lengths, one whose first entry starts inside its page, and, for free lists, ragged ones. */
function variants(lengths: readonly number[], shape: ListShape): readonly Scatterlist[] {
  const plain = lengths.map((length, i) => ({ page: BASE + BigInt(i) * APART, offset: 0, length }));
  const found: Scatterlist[] = [plain];
  if (shape.firstOffset === 'any' || shape.kind === 'any') {
    found.push(plain.map((entry, i) => (i === 0 ? { ...entry, offset: 0x200, length: entry.length - 0x200 } : entry)));
  }
  if (shape.kind === 'any' && 1 < plain.length) {
    const last = plain.length - 1;
    found.push(
      plain.map((entry, i) => (i === last ? { ...entry, offset: 0x200, length: entry.length - 0x200 } : entry)),
    );
  }
  return found;
}

/** xorshift32: small, fast, the same everywhere. */
export function randomSource(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * A buffer of `bytes` whose pages come in physically contiguous runs. `fragmentation` from 0 (long runs, as after boot)
 * to 1 (single pages): the chance that a run ends at each doubling.
 */
export function drawPages(bytes: number, fragmentation: number, random: () => number): Scatterlist {
  const list: { page: bigint; offset: number; length: number }[] = [];
  let at = BASE;
  for (let left = Math.ceil(bytes / PAGE); 0 < left; ) {
    let run = 1;
    while (run < left && run < 1024 && fragmentation < random()) run *= 2;
    run = Math.min(run, left);
    list.push({ page: at, offset: 0, length: run * PAGE });
    at += BigInt((run + 1 + Math.floor(random() * 64)) * PAGE);
    left -= run;
  }
  return list;
}
