/**
 * The scatterlists that the search tries: every combination of the sizes at which a backend changes its mind, with and
 * without an offset in each place, fewest entries first, then fewest pages; whole pages
 * come before parts of them.
 */

import type { Device, Scatterlist, SgEntry } from '../sim/types';
import { totalBytes } from './predicates';
import type { ListShape } from './types';

const KIB = 1024;
const PAGE = 4 * KIB;
/** Physical memory that no other entry touches: entries are never neighbours, since a table builder would join them. */
const APART = 0x1000000n;
const BASE = 0x80000000n;
/** Where an entry starts or ends when it does so inside its page. */
const INSIDE = 0x200;
const BUS_OFFSET = 0x1000000000n;
/** Longest lists tried, and the longest with all sizes. */
export const MAX_ENTRIES = 4;
const ALL_SIZES_UP_TO = 3;
const FEW_SIZES = [PAGE, 2 * PAGE, 4 * PAGE, 64 * KIB];
/** Limits above this are beyond what a smallest list would show. */
const LARGEST_LIMIT = 4096 * KIB;

/** Sizes at which some backend changes its mind, bytes: pages, pools of 15 pages, and limits of 64 KiB. */
const SIZES = [...FEW_SIZES, 60 * KIB, 68 * KIB];

export interface SearchSpace {
  readonly shape: ListShape;
  readonly device: Pick<Device, 'maxSegmentSize' | 'segmentBoundary'>;
  /** Further sizes that matter, such as a limit that the predicate names. */
  readonly limits: readonly number[];
  /** Device addresses follow physical ones: order and place of the entries in memory matter. */
  readonly followsMemory: boolean;
}

/** Lists of the shape, fewest entries first, then fewest pages. Deterministic. */
export function* searchLists(space: SearchSpace): Iterable<Scatterlist> {
  const { shape } = space;
  const most = shape.kind === 'one-entry' ? 1 : Math.min(shape.maxEntries ?? MAX_ENTRIES, MAX_ENTRIES);
  for (let entries = 1; entries <= most; entries++) yield* roundOf(space, entries);
}

const rounds = new Map<string, readonly Scatterlist[]>();
const MAX_ROUNDS = 200;

function roundOf(space: SearchSpace, entries: number): readonly Scatterlist[] {
  const { shape, followsMemory } = space;
  const sizes = sizesFor(space, entries);
  const { kind, firstOffset, maxBytes, hasPeerMemory, entryBytes } = shape;
  const traits = [kind, firstOffset, maxBytes, hasPeerMemory, entryBytes !== undefined, followsMemory];
  const key = `${entries} ${sizes.join()} ${traits.join()}`;
  let round = rounds.get(key);
  if (!round) {
    round = buildRound(sizes, entries, shape, followsMemory);
    if (MAX_ROUNDS < rounds.size) rounds.clear();
    rounds.set(key, round);
  }
  return round;
}

function sizesFor({ shape, device, limits }: SearchSpace, entries: number): readonly number[] {
  if (shape.entryBytes !== undefined) return [shape.entryBytes];
  const boundary = Number(device.segmentBoundary & 0xffffffffn) + 1;
  const all = [device.maxSegmentSize, boundary, ...limits].flatMap(around);
  const sizes = entries <= ALL_SIZES_UP_TO ? [...SIZES, ...all] : FEW_SIZES;
  const most = Math.min(shape.maxEntryBytes ?? LARGEST_LIMIT * 2, shape.maxBytes ?? LARGEST_LIMIT * 2);
  const possible = [...new Set(sizes)].filter((size) => size <= most).sort((a, b) => b - a);
  return possible.length === 0 ? [Math.min(most, PAGE)] : possible;
}

/** A limit, and a page less and more. */
function around(limit: number): readonly number[] {
  if (limit < PAGE || LARGEST_LIMIT < limit || limit % PAGE !== 0) return [];
  return [limit - PAGE, limit, limit + PAGE].filter((size) => 0 < size);
}

interface Candidate {
  readonly list: Scatterlist;
  readonly pages: number;
  readonly rank: number;
}

function buildRound(
  sizes: readonly number[],
  entries: number,
  shape: ListShape,
  followsMemory: boolean,
): readonly Scatterlist[] {
  const candidates: Candidate[] = [];
  const most = shape.maxBytes ?? Number.POSITIVE_INFINITY;
  for (const lengths of combinations(sizes, entries)) {
    variants(lengths, shape, followsMemory).forEach((list, rank) => {
      if (totalBytes(list) <= most) candidates.push({ list, pages: pagesOf(list), rank });
    });
  }
  // The sort is stable: among equals, larger entries come first.
  candidates.sort((a, b) => a.pages - b.pages || a.rank - b.rank);
  return candidates.map((one) => one.list);
}

/** Fewer entries, or as many that touch fewer pages. */
export function isSmaller(list: Scatterlist, than: Scatterlist): boolean {
  if (list.length !== than.length) return list.length < than.length;
  return pagesOf(list) < pagesOf(than);
}

/** Pages that the entries touch. */
function pagesOf(list: Scatterlist): number {
  return list.reduce((sum, entry) => sum + Math.ceil((entry.offset + entry.length) / PAGE), 0);
}

function combinations(sizes: readonly number[], entries: number): number[][] {
  let round: number[][] = [[]];
  for (let i = 0; i < entries; i++) round = round.flatMap((head) => sizes.map((size) => [...head, size]));
  return round;
}

/** The list of these lengths, and those in which one entry starts or ends inside its page or is somebody else's. */
function variants(lengths: readonly number[], shape: ListShape, followsMemory: boolean): readonly Scatterlist[] {
  const plain = lengths.map((length, i): SgEntry => ({ page: BASE + BigInt(i) * APART, offset: 0, length }));
  const found: Scatterlist[] = [plain];
  const change = (index: number, to: (entry: SgEntry) => SgEntry) =>
    found.push(plain.map((entry, i) => (i === index ? to(entry) : entry)));
  const startInside = (entry: SgEntry) => ({ ...entry, offset: INSIDE, length: entry.length - INSIDE });
  const endInside = (entry: SgEntry) => ({ ...entry, length: entry.length - INSIDE });
  const isRagged = shape.kind === 'any' && INSIDE < Math.min(...lengths);
  if (shape.firstOffset === 'any' && INSIDE < (lengths[0] ?? 0)) change(0, startInside);
  // What a list has in its last place, no smaller list has elsewhere.
  if (isRagged) for (let i = plain.length - 1; 0 < i; i--) change(i, startInside);
  if (isRagged) for (let i = 0; i < plain.length - 1; i++) change(i, endInside);
  if (shape.hasPeerMemory) {
    const bus = { via: 'bus', busOffset: BUS_OFFSET } as const;
    for (let i = plain.length - 1; 0 <= i; i--) change(i, (entry) => ({ ...entry, p2p: bus }));
  }
  if (followsMemory && 1 < plain.length) {
    const last = BigInt(plain.length - 1);
    found.push(plain.map((entry, i) => ({ ...entry, page: BASE + (last - BigInt(i)) * APART })));
  }
  if (followsMemory) {
    // Memory that begins at address 0.
    found.push(plain.map((entry) => ({ ...entry, page: entry.page - BASE })));
  }
  return found;
}
