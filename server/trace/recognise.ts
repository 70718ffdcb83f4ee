/**
 * Which backend, with which limits, explains the layouts of a trace: every platform is tried with every plausible limit,
 * and what it makes of each list is compared with what the kernel recorded.
 */

import { sizeText } from '../sim/layout';
import { DEFAULT_DEVICE, kernelOf, PLATFORMS, type Platform } from '../sim/platforms';
import type { Device, DmaSpace, Kernel, Machine, MapResult } from '../sim/types';
import type { PageStatistics } from './summary';
import type { Recognition, TraceRange, TraceShape } from './types';

/** The first kernel with these events. */
const KERNEL: Kernel = { major: 6, minor: 12 };
const ALL_ONES = 2n ** 64n - 1n;
/** Lists that are simulated; the most frequent ones. */
const MOST_TRIED = 150;
const GRANULES = [4096, 16384, 65536];
const LIMITS = [
  65536,
  2 ** 32 - 1,
  4096,
  8192,
  16384,
  20480,
  32768,
  131072,
  262144,
  524288,
  2 ** 20,
  4 * 2 ** 20,
  2 ** 31,
];
const BOUNDARIES = [0xffffffffn, ALL_ONES, 0xfffn, 0x3fffn, 0xffffn, 0x1ffffn, 0xfffffn, 0xffffffn];
/** SWIOTLB slots. */
const SLOT = 2048n;
const LARGEST_POOL = 2n ** 32n;
const LARGEST_BOUNCE = 262_144;
/** What devices really ask for. */
const SMALLEST_BOUNDARY = 0xffffn;
/** Ways out, which dma_map_sg() never takes, and the path that only one list at a time can tell. */
const NEVER = new Set([
  'iommu-api',
  'dma-iova',
  'noncontiguous-alloc',
  'sva',
  'swiotlb',
  'direct',
  'xen-swiotlb',
  'gart',
]);

interface Attempt {
  readonly platform: Platform;
  readonly granule: number;
  readonly maxSegmentSize: number;
  readonly segmentBoundary: bigint;
  readonly explained: ReadonlySet<TraceShape>;
  readonly count: number;
  /** Of these, the lists whose lengths needed no second guess. */
  readonly plain: number;
}

/** Segment limit and boundary that explain a list. */
export interface ShapeLimits {
  readonly maxSegmentSize: number;
  readonly segmentBoundary: bigint;
}

export interface Recognised {
  readonly recognition: Recognition;
  /** The limits of each list that was explained; drivers may change theirs. */
  readonly limits: ReadonlyMap<TraceShape, ShapeLimits>;
}

/** `leftOut` are lists that could not be looked at. */
export function recognise(shapes: readonly TraceShape[], pages: PageStatistics, leftOut: number): Recognised {
  const lists = shapes.reduce((sum, one) => sum + one.count, 0);
  const untranslated = withoutIommu(pages, lists);
  if (untranslated) return { recognition: untranslated, limits: new Map() };
  const missed = leftOut === 0 ? '' : `; ${leftOut} lists were left out: cut short, or of too many kinds`;
  const tried = shapes.slice(0, MOST_TRIED);
  const attempts = tried.length === 0 ? [] : attemptAll(tried);
  const best = attempts[0];
  if (looksBounced(tried, pages, best)) {
    const text = `SWIOTLB: every mapping is a copy in ${poolText(pages)}; an IOMMU would have merged neighbours`;
    return { recognition: plain('swiotlb', text, lists), limits: new Map() };
  }
  if (!best || best.count === 0) {
    const text = lists === 0 ? pagesText(pages) : 'none of the backends that DMA Lens knows explains these layouts';
    const recognition = { platform: undefined, explained: 0, alternatives: [], limits: undefined };
    return { recognition: { ...recognition, text: `${text}${missed}`, lists }, limits: new Map() };
  }
  const total = tried.reduce((sum, one) => sum + one.count, 0);
  const { sets, limits } = coverAll(attempts, best, tried);
  const explained = [...limits.keys()].reduce((sum, one) => sum + one.count, 0);
  const rest = best.count < total ? restText(best.count, explained, total, sets) : '';
  const alternatives = attempts
    .filter((one) => one.platform !== best.platform && one.count === best.count)
    .map((one) => one.platform.id);
  const recognition: Recognition = {
    platform: best.platform.id,
    text: `${describe(best)}${rest}${missed}`,
    lists: total,
    explained,
    alternatives: best.count === total ? [...new Set(alternatives)] : [],
    limits: { maxSegmentSize: best.maxSegmentSize, segmentBoundary: `0x${best.segmentBoundary.toString(16)}` },
  };
  return { recognition, limits };
}

/** Addresses that are physical ones, or lie in a bounce pool. */
function withoutIommu(pages: PageStatistics, lists: number): Recognition | undefined {
  const { identical, translated } = pages;
  if (identical === 0) {
    const span = pages.lowest === undefined ? 0n : pages.highest - pages.lowest;
    const losesOffsets = pages.sameOffset < translated;
    const isPool = losesOffsets && span <= LARGEST_POOL && pages.longestTranslated <= LARGEST_BOUNCE;
    return isPool ? plain('swiotlb', `SWIOTLB: every mapping is a copy in ${poolText(pages)}`, lists) : undefined;
  }
  if (translated === 0) {
    return plain('direct', 'no IOMMU, or IOMMU in passthrough: device addresses are physical addresses', lists);
  }
  // A mask leaves the rest where it is; an IOMMU would translate all of it.
  if (LARGEST_BOUNCE < pages.longestTranslated || translated < 0) return undefined;
  const percent = Math.round((100 * translated) / (identical + translated));
  return plain('direct', `no IOMMU; ${percent} % of the mappings are copies in ${poolText(pages)}`, lists);
}

/**
 * Whole pages keep their offsets in a bounce pool, too. But they are never merged, which with an IOMMU takes a limit or a
 * boundary that no driver asks for.
 */
function looksBounced(shapes: readonly TraceShape[], pages: PageStatistics, best: Attempt | undefined): boolean {
  const isSmall = pages.longestTranslated <= LARGEST_BOUNCE && pages.highest - (pages.lowest ?? 0n) <= LARGEST_POOL;
  const isOneToOne = shapes.every(({ list, ranges }) => list.length === ranges.length);
  const isOdd = !best || best.segmentBoundary < SMALLEST_BOUNDARY || best.maxSegmentSize <= 4096;
  return isSmall && isOneToOne && isOdd && shapes.some(({ list }) => 1 < list.length);
}

function plain(platform: string, text: string, lists: number): Recognition {
  return { platform, text, lists, explained: lists, alternatives: [], limits: undefined };
}

function poolText(pages: PageStatistics): string {
  const low = ((pages.lowest ?? 0n) / SLOT) * SLOT;
  return `a bounce pool that holds 0x${low.toString(16)} to 0x${pages.highest.toString(16)}`;
}

function pagesText(pages: PageStatistics): string {
  if (pages.translated === 0) return 'nothing was mapped while the trace ran';
  return 'an IOMMU translates the addresses; single mappings do not tell which one';
}

/** Every platform with its best limits; the one that explains most comes first. */
function attemptAll(shapes: readonly TraceShape[]): readonly Attempt[] {
  const limits = limitsIn(shapes);
  const boundaries = boundariesIn(shapes);
  const attempts: Attempt[] = [];
  for (const platform of PLATFORMS) {
    const { until } = platform.backend;
    if (NEVER.has(platform.id) || (until && kernelOf(platform, KERNEL) === until)) continue;
    for (const granule of granulesOf(shapes)) {
      const machine: Machine = { kernel: KERNEL, ...platform.machine, granule };
      const space = platform.backend.open(machine);
      for (const maxSegmentSize of limits) {
        for (const segmentBoundary of boundaries) {
          const { explained, plain } = explain(
            space,
            { ...DEFAULT_DEVICE, ...platform.device, maxSegmentSize, segmentBoundary },
            shapes,
          );
          const count = [...explained].reduce((sum, one) => sum + one.count, 0);
          attempts.push({ platform, granule, maxSegmentSize, segmentBoundary, explained, count, plain });
        }
      }
    }
  }
  // A stable order: among equals the earlier platform, granule and limit win.
  return attempts.sort((one, other) => other.count - one.count || other.plain - one.plain);
}

/** The usual limits, and the longest merged segment. Limits beyond the longest list do the same as none. */
function limitsIn(shapes: readonly TraceShape[]): readonly number[] {
  let longest = 0;
  for (const { list, ranges } of shapes) {
    if (ranges.length < list.length) for (const one of ranges) longest = Math.max(longest, one.length);
  }
  const rounded = Math.ceil(longest / 4096) * 4096;
  const most = longestList(shapes);
  const usual = LIMITS.filter((one, i) => i < 2 || one < most);
  return [...new Set([...usual, ...(0 < rounded ? [rounded] : [])])];
}

/** With pads a list takes at most twice its bytes, and what never reaches a boundary knows none. */
function boundariesIn(shapes: readonly TraceShape[]): readonly bigint[] {
  const most = BigInt(longestList(shapes)) * 4n;
  return BOUNDARIES.filter((one) => one === BOUNDARIES[0] || one < most);
}

function longestList(shapes: readonly TraceShape[]): number {
  return Math.max(0, ...shapes.map(({ list }) => list.reduce((sum, one) => sum + one.offset + one.length, 0)));
}

/** The lists that come out as recorded. The space is as empty afterwards as it was before. */
function explain(space: DmaSpace, device: Device, shapes: readonly TraceShape[]) {
  const explained = new Set<TraceShape>();
  let plain = 0;
  for (const shape of shapes) {
    for (const list of shape.other ? [shape.list, shape.other] : [shape.list]) {
      const result = space.mapSg(list, device, 1);
      if (result.ok) space.unmap(result);
      if (!isSameLayout(result, shape.ranges)) continue;
      explained.add(shape);
      if (list === shape.list) plain += shape.count;
      break;
    }
  }
  return { explained, plain };
}

/** A granule keeps all address bits below it. */
function granulesOf(shapes: readonly TraceShape[]): readonly number[] {
  return GRANULES.filter((granule) =>
    shapes.every(({ list, ranges }) => {
      const [entry, range] = [list[0], ranges[0]];
      return !entry || !range || (range.dma - entry.page - BigInt(entry.offset)) % BigInt(granule) === 0n;
    }),
  );
}

/** Lengths, and places relative to the first segment. */
function isSameLayout(result: MapResult, ranges: readonly TraceRange[]): boolean {
  if (!result.ok || result.segments.length !== ranges.length) return false;
  const shift = (ranges[0]?.dma ?? 0n) - (result.segments[0]?.dma ?? 0n);
  // Blocks start on a granule.
  if (shift % 4096n !== 0n) return false;
  return result.segments.every((one, i) => {
    const range = ranges[i];
    return range !== undefined && one.length === range.length && one.dma + shift === range.dma;
  });
}

function describe({ platform, granule, maxSegmentSize, segmentBoundary }: Attempt): string {
  const limit = `limit ${sizeText(maxSegmentSize === 2 ** 32 - 1 ? 2 ** 32 : maxSegmentSize)}`;
  const boundary = segmentBoundary === ALL_ONES ? 'no boundary' : `boundary ${sizeText(segmentBoundary + 1n)}`;
  return `${platform.id} with granule ${sizeText(granule)}, ${limit}, ${boundary}`;
}

/** Drivers may change their limits: the fewest sets of limits, roughly, that explain all lists together. */
function coverAll(attempts: readonly Attempt[], best: Attempt, shapes: readonly TraceShape[]) {
  const same = attempts.filter((one) => one.platform === best.platform && one.granule === best.granule);
  const limits = new Map<TraceShape, ShapeLimits>();
  const left = new Set(shapes);
  const countOf = ({ explained }: Attempt) =>
    [...left].reduce((sum, one) => sum + (explained.has(one) ? one.count : 0), 0);
  let sets = 0;
  for (let next = best; 0 < countOf(next); sets++) {
    const { maxSegmentSize, segmentBoundary } = next;
    for (const one of next.explained) if (left.delete(one)) limits.set(one, { maxSegmentSize, segmentBoundary });
    next = same.reduce((one, other) => (countOf(one) < countOf(other) ? other : one), best);
  }
  return { sets, limits };
}

function restText(best: number, explained: number, total: number, sets: number): string {
  const share = ` explains ${best} of ${total} lists`;
  if (explained === total) return `${share}, and the same backend with other limits the rest (${sets} sets of limits)`;
  if (explained === best) return `${share}`;
  return `${share}, and the same backend with other limits ${explained - best} more (${sets} sets of limits)`;
}
