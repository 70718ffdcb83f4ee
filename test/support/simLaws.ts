/** What holds for every backend under any history of mappings, and the histories to try it with. */

import fc from 'fast-check';
import { expect } from 'vitest';
import type { Device, DmaSpace, MappedLayout, MapResult, Scatterlist, Segment, SgEntry } from '../../server/sim/types';
import { device } from './simLists';

/** A backend on a machine, and what its Linux promises. */
export interface Subject {
  readonly name: string;
  open(): DmaSpace;
  /** Bytes of an IOMMU page; undefined where nothing is translated, or the memory is not the list's. */
  readonly page: number | undefined;
  /** No address above the device's mask. */
  readonly keepsMask: boolean;
  /** What does not cross the segment boundary unless it is longer: every entry, every segment, or nothing for sure. */
  readonly boundary: 'entry' | 'segment' | 'none';
  /** Segment lengths are those of the entries, and the segment limit is consulted. */
  readonly isMapping: boolean;
}

type Command =
  | { readonly kind: 'map'; readonly shapes: readonly Shape[]; readonly cpu: number }
  | { readonly kind: 'unmap'; readonly which: number };

/** An entry before it gets an address. */
interface Shape {
  readonly offset: number;
  readonly length: number;
  /** Right behind the entry before, elsewhere, or above 4 GiB. */
  readonly place: 'behind' | 'elsewhere' | 'high';
}

export interface History {
  readonly limits: Device;
  readonly commands: readonly Command[];
}

const PAGE = 4096;
const HIGH = 0x200000000n;

const pages = fc
  .oneof(fc.integer({ min: 1, max: 8 }), fc.constantFrom(11, 12, 15, 16, 17, 20, 31, 32, 33, 64))
  .map((count) => count * PAGE);
const place = fc.constantFrom<Shape['place']>('behind', 'elsewhere', 'elsewhere', 'high');
const whole = fc.record({ offset: fc.constant(0), length: pages, place });
const ragged = fc.record({
  offset: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: PAGE - 1 })),
  length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 70_000 })),
  place,
});

/** Whole pages that can merge, a user's buffer (odd first start and last end), and anything. */
const shapes: fc.Arbitrary<readonly Shape[]> = fc.oneof(
  { weight: 4, arbitrary: fc.array(whole, { minLength: 1, maxLength: 10 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.array(whole, { minLength: 1, maxLength: 8 }), fc.nat(PAGE - 1), fc.nat(PAGE - 1))
      .map(userBuffer),
  },
  { weight: 2, arbitrary: fc.array(fc.oneof(whole, ragged), { minLength: 1, maxLength: 8 }) },
);

function userBuffer([entries, start, end]: readonly [readonly Shape[], number, number]): readonly Shape[] {
  return entries.map((entry, i) => {
    const cut = (i === 0 ? start : 0) + (i === entries.length - 1 && start + end < entry.length ? end : 0);
    return cut < entry.length ? { ...entry, offset: i === 0 ? start : 0, length: entry.length - cut } : entry;
  });
}

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('map' as const), shapes, cpu: fc.constantFrom(0, 0, 0, 1, 5) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unmap' as const), which: fc.nat(20) }) },
);

const limits: fc.Arbitrary<Device> = fc
  .record({
    maxSegmentSize: fc.constantFrom(65536, 65536, 131072, 2 ** 20, 2 ** 32 - 1),
    segmentBoundary: fc.constantFrom(0xffffn, 0x3ffffn, 0xffffffffn, 2n ** 64n - 1n),
    dmaMask: fc.constantFrom(0xffffffffn, 0xffffffffn, 2n ** 64n - 1n),
  })
  .map(device);

export const histories: fc.Arbitrary<History> = fc.record({
  limits,
  commands: fc.array(command, { minLength: 1, maxLength: 24 }),
});

export interface Live {
  readonly list: Scatterlist;
  readonly mapping: MappedLayout;
}

export interface Outcome {
  readonly space: DmaSpace;
  readonly results: readonly MapResult[];
  readonly live: readonly Live[];
}

/** Runs a history on a fresh space; `after` sees each successful mapping and all live ones, itself included. */
export function run(
  subject: Subject,
  history: History,
  after?: (mapped: Live, live: readonly Live[]) => void,
): Outcome {
  const space = subject.open();
  const results: MapResult[] = [];
  const live: Live[] = [];
  const memory = { next: 0x1000000n };
  for (const one of history.commands) {
    if (one.kind === 'unmap') {
      const [gone] = live.splice(one.which % Math.max(1, live.length), 1);
      if (gone) space.unmap(gone.mapping);
      continue;
    }
    const list = placeEntries(one.shapes, memory);
    const mapping = space.mapSg(list, history.limits, 1, one.cpu);
    results.push(mapping);
    if (!mapping.ok) continue;
    const mapped = { list, mapping };
    live.push(mapped);
    after?.(mapped, live);
  }
  return { space, results, live };
}

/** Gives every entry memory of its own, on 64 KiB unless it lies behind its neighbour. */
function placeEntries(entries: readonly Shape[], memory: { next: bigint }): Scatterlist {
  const list: SgEntry[] = [];
  let isHigh = false;
  for (const { offset, length, place: where } of entries) {
    if (where !== 'behind') memory.next = (memory.next / 0x10000n + 2n) * 0x10000n;
    if (where !== 'behind') isHigh = where === 'high';
    list.push({ page: memory.next + (isHigh ? HIGH : 0n), offset, length });
    memory.next = ((memory.next + BigInt(offset + length + PAGE - 1)) / BigInt(PAGE)) * BigInt(PAGE);
  }
  return list;
}

/** Every byte of the list is in exactly one segment, in the order of the list. */
export function keepsBytesInOrder(_subject: Subject, { list, mapping }: Live): void {
  const covered = mapping.segments.flatMap((one) => one.pieces);
  expect(covered).toEqual(list.map((entry, i) => ({ entry: i, offset: 0, length: entry.length })));
}

/** A segment is as long as what it covers; an allocation may be longer. */
export function keepsLengths(subject: Subject, { mapping }: Live): void {
  for (const segment of mapping.segments) {
    const bytes = segment.pieces.reduce((sum, one) => sum + one.length, 0);
    if (subject.isMapping) expect(segment.length).toBe(bytes);
    else expect(segment.length).toBeGreaterThanOrEqual(bytes);
  }
}

export function neverGrows(_subject: Subject, { list, mapping }: Live): void {
  expect(mapping.segments.length).toBeGreaterThan(0);
  expect(mapping.segments.length).toBeLessThanOrEqual(list.length);
}

/** One page table serves all live mappings: no device page leads to two physical ones, and offsets in a page agree. */
export function translates(subject: Subject, _mapped: Live, live: readonly Live[]): void {
  if (!subject.isMapping && subject.page === undefined) return;
  const page = BigInt(subject.page ?? 1);
  const table = new Map<bigint, bigint>();
  for (const { list, mapping } of live) {
    for (const segment of mapping.segments) {
      if (segment.bounced) continue;
      eachPiece(segment, list, (dma, physical, length) => {
        if (subject.page === undefined) {
          if (dma !== physical) throw new Error(`${dma} leads to itself, not to ${physical}`);
          return;
        }
        if (dma % page !== physical % page) throw new Error(`${dma} and ${physical} differ within a page`);
        for (let at = dma - (dma % page); at < dma + BigInt(length); at += page) {
          const behind = physical - dma + at;
          const other = table.get(at) ?? behind;
          if (other !== behind) throw new Error(`${at} leads to ${other} and to ${behind}`);
          table.set(at, behind);
        }
      });
    }
  }
}

function eachPiece(
  segment: Segment,
  list: Scatterlist,
  visit: (dma: bigint, physical: bigint, length: number) => void,
): void {
  let dma = segment.dma;
  for (const { entry, offset, length } of segment.pieces) {
    const source = list[entry];
    if (source) visit(dma, source.page + BigInt(source.offset + offset), length);
    dma += BigInt(length);
  }
}

/** No two segments of live mappings share a byte, and no two blocks share one. */
export function neverOverlaps(_subject: Subject, _mapped: Live, live: readonly Live[]): void {
  const segments = live.flatMap(({ mapping }) =>
    mapping.segments.map((one) => ({ start: one.dma, bytes: one.length })),
  );
  const blocks = live.flatMap(({ mapping }) => mapping.blocks);
  for (const ranges of [segments, blocks]) {
    const sorted = [...ranges].sort((one, other) => (one.start < other.start ? -1 : 1));
    sorted.forEach((one, i) => {
      const next = sorted[i + 1];
      const end = one.start + BigInt(one.bytes);
      if (next && next.start < end) throw new Error(`${one.start} to ${end} overlaps ${next.start}`);
    });
  }
}

/** What is translated lies inside the blocks that the mapping took. */
export function staysInBlocks(subject: Subject, { mapping }: Live): void {
  if (subject.page === undefined) return;
  for (const { dma, length } of mapping.segments) {
    const inside = mapping.blocks.some(
      ({ start, bytes }) => start <= dma && dma + BigInt(length) <= start + BigInt(bytes),
    );
    if (0 < mapping.blocks.length && !isIdentity(mapping)) expect(inside).toBe(true);
  }
}

/** Where only some entries are remapped the others have no block. */
function isIdentity(mapping: MappedLayout): boolean {
  return mapping.backend === 'gart' && mapping.blocks.length < mapping.segments.length;
}

/** A segment of several entries exceeds the limit only if one of them does. */
export function keepsLimit(subject: Subject, { mapping }: Live, limits: Device): void {
  if (!subject.isMapping) return;
  for (const { pieces, length } of mapping.segments) {
    const hasLong = pieces.some((one) => limits.maxSegmentSize < one.length);
    if (1 < pieces.length && !hasLong) expect(length).toBeLessThanOrEqual(limits.maxSegmentSize);
  }
}

/** Nothing crosses the boundary that is not longer than it, in IOMMU pages. */
export function keepsBoundary(subject: Subject, { list, mapping }: Live, limits: Device): void {
  if (subject.boundary === 'none' || limits.segmentBoundary === 2n ** 64n - 1n) return;
  const size = limits.segmentBoundary + 1n;
  const page = BigInt(subject.page ?? 1);
  const check = (dma: bigint, length: number) => {
    const first = dma - (dma % page);
    const last = dma + BigInt(length) - 1n;
    const bytes = ((last - first) / page + 1n) * page;
    if (bytes <= size && first / size !== last / size) throw new Error(`${dma}+${length} crosses ${size}`);
  };
  for (const segment of mapping.segments) {
    if (segment.bounced || keepsAddress(segment, list)) continue;
    if (subject.boundary === 'segment') check(segment.dma, segment.length);
    else eachPiece(segment, list, (dma, _physical, length) => check(dma, length));
  }
}

/** Where the device reaches an entry, some backends leave it where it is. */
function keepsAddress(segment: Segment, list: Scatterlist): boolean {
  const entry = list[segment.pieces[0]?.entry ?? 0];
  return entry !== undefined && segment.dma === entry.page + BigInt(entry.offset);
}

export function keepsMask(subject: Subject, { mapping }: Live, limits: Device): void {
  if (!subject.keepsMask) return;
  for (const { dma, length } of mapping.segments) {
    if (limits.dmaMask < dma + BigInt(length) - 1n) throw new Error(`${dma}+${length} is above ${limits.dmaMask}`);
  }
}

/** One break with a reason for every pair of neighbours, with the gap that is really there. */
export function explainsBreaks(_subject: Subject, { mapping }: Live): void {
  const { breaks, segments } = mapping;
  expect(breaks.map((one) => one.after)).toEqual(segments.slice(1).map((_one, i) => i));
  for (const { after, gap, why } of breaks) {
    const [one, next] = [segments[after], segments[after + 1]];
    if (one && next) expect(gap).toBe(next.dma - one.dma - BigInt(one.length));
    expect(why).not.toBe('');
  }
  expect(mapping.steps.length).toBeGreaterThan(0);
}

/** After unmapping everything, what a fresh space maps can be mapped again, and in full. */
export function unmapRestores(subject: Subject, history: History): void {
  const { space, live } = run(subject, history);
  for (const { mapping } of live) space.unmap(mapping);
  const memory = { next: 0x1000000n };
  for (const one of history.commands) {
    if (one.kind === 'unmap') continue;
    const list = placeEntries(one.shapes, memory);
    const fresh = subject.open().mapSg(list, history.limits, 1, one.cpu);
    const again = space.mapSg(list, history.limits, 1, one.cpu);
    expect(again.ok).toBe(fresh.ok);
    if (again.ok) space.unmap(again);
  }
}

export function sameHistorySameResult(subject: Subject, history: History): void {
  const [one, other] = [run(subject, history), run(subject, history)];
  expect(one.results.map(plain)).toEqual(other.results.map(plain));
}

function plain(result: MapResult) {
  return result.ok ? { segments: result.segments, breaks: result.breaks, blocks: result.blocks } : result;
}

/** What must hold after every mapping. */
export type Law = (subject: Subject, mapped: Live, live: readonly Live[]) => void;
export type LimitLaw = (subject: Subject, mapped: Live, limits: History['limits']) => void;

export const LAWS: readonly (readonly [string, Law])[] = [
  ['bytes are neither lost, repeated nor reordered', keepsBytesInOrder],
  ['a segment is as long as its pieces', keepsLengths],
  ['segments never outnumber entries', neverGrows],
  ['every device byte leads to the right physical byte', translates],
  ['live mappings do not overlap', neverOverlaps],
  ['segments lie in the blocks that were taken', staysInBlocks],
  ['every break has a cause', explainsBreaks],
];

/** What must hold of the device's limits. */
export const LIMIT_LAWS: readonly (readonly [string, LimitLaw])[] = [
  ['merging keeps the segment limit', keepsLimit],
  ['the segment boundary is kept', keepsBoundary],
  ['the mask is kept', keepsMask],
];
