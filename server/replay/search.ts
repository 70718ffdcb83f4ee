/** The smallest list that breaks a predicate on a platform, or why there is none. */

import { sizeText } from '../sim/layout';
import { openPlatform } from '../sim/platforms';
import type { Device, Kernel, MapResult } from '../sim/types';
import { isSmaller, MAX_ENTRIES, type SearchSpace, searchLists } from './lists';
import { holds } from './predicates';
import { proofOf } from './proofs';
import { mapFresh, openUsed, othersIn } from './spaces';
import type { Example, ListShape, Predicate } from './types';

export type SearchResult =
  | { readonly verdict: 'breaks'; readonly example: Example; readonly why: string }
  /** `isProven`: follows from how the platform works; otherwise from the lists that were tried. */
  | { readonly verdict: 'holds'; readonly why: string; readonly isProven: boolean }
  | { readonly verdict: 'unreachable'; readonly why: string };

/** Device addresses on these platforms are physical ones, at least for what needs no bouncing. */
const FOLLOWS_MEMORY = new Set(['direct', 'swiotlb', 'gart', 'xen-swiotlb']);
/** No bounce buffer is larger, or crosses a multiple of it. */
const BOUNCE_SEGMENT = 256 * 1024;
/** Lists longer than this are not tried in used spaces: a second entry is enough to be put elsewhere. */
const USED_ENTRIES = 2;

/** Searches in order of size; undefined when there is no such platform. */
export function search(
  predicate: Predicate,
  shape: ListShape,
  hints: Partial<Device>,
  kernel: Kernel,
  id: string,
): SearchResult | undefined {
  const opened = openPlatform(id, kernel, hints);
  if (!opened) return undefined;
  const { device } = opened;
  const proof = proofOf(predicate, shape, device, kernel, id);
  if (proof !== undefined) return { verdict: 'holds', why: proof, isProven: true };
  return tryLists(predicate, shape, hints, kernel, id);
}

/** The search itself: maps one list after the other. */
export function tryLists(
  predicate: Predicate,
  shape: ListShape,
  hints: Partial<Device>,
  kernel: Kernel,
  id: string,
): SearchResult | undefined {
  const device = openPlatform(id, kernel, hints)?.device;
  if (!device) return undefined;
  const followsMemory = FOLLOWS_MEMORY.has(id);
  const space: SearchSpace = { shape, device, limits: limitsOf(predicate, id, kernel), followsMemory };
  const others = othersIn(id, kernel);
  const inUsed = () => searchUsed(predicate, space, hints, kernel, id);
  const usedFirst = others === 'always' ? inUsed() : undefined;
  let mapped = 0;
  let tried = 0;
  let refusal = '';
  for (const list of searchLists(space)) {
    if (usedFirst && isSmaller(usedFirst.example.list, list)) break;
    tried += 1;
    const result = mapFresh(id, kernel, hints, list);
    if (!result.ok) {
      refusal ||= result.reason;
      continue;
    }
    mapped += 1;
    if (holds(predicate, list, result)) continue;
    return { verdict: 'breaks', example: { list, result, space: 'fresh' }, why: breakReason(result) };
  }
  if (usedFirst) return usedFirst;
  if (mapped === 0) return { verdict: 'unreachable', why: refusal };
  const used = others === 'sometimes' ? inUsed() : undefined;
  if (used) return used;
  const most = Math.min(shape.kind === 'one-entry' ? 1 : (shape.maxEntries ?? MAX_ENTRIES), MAX_ENTRIES);
  const entries = most === 1 ? 'one entry' : `up to ${most} entries`;
  return { verdict: 'holds', why: `none of ${tried} lists of ${entries} breaks it`, isProven: false };
}

function searchUsed(
  predicate: Predicate,
  space: SearchSpace,
  hints: Partial<Device>,
  kernel: Kernel,
  id: string,
): (SearchResult & { readonly verdict: 'breaks' }) | undefined {
  for (const list of searchLists(space)) {
    if (USED_ENTRIES < list.length) return undefined;
    // One entry is placed somewhere, in a used space as in a fresh one.
    if (list.length === 1) continue;
    const opened = openUsed(id, kernel, hints);
    const result = opened?.space.mapSg(list, opened.device, 1);
    if (!result?.ok || holds(predicate, list, result)) continue;
    const why = `${breakReason(result)}, wherever other mappings left room`;
    return { verdict: 'breaks', example: { list, result, space: 'used' }, why };
  }
  return undefined;
}

/** Sizes at which the predicate itself changes its mind. */
function limitsOf(predicate: Predicate, id: string, kernel: Kernel): readonly number[] {
  return [...predicateLimits(predicate), ...(othersIn(id, kernel) === 'always' ? [BOUNCE_SEGMENT] : [])];
}

function predicateLimits(predicate: Predicate): readonly number[] {
  switch (predicate.kind) {
    case 'segment-at-most':
      return [predicate.bytes];
    case 'aligned':
      return [predicate.to];
    case 'within-boundary':
      return [Number(predicate.mask & 0xffffffffn) + 1];
    default:
      return [];
  }
}

function breakReason(result: MapResult): string {
  if (!result.ok) return result.reason;
  const first = result.breaks.find((one) => one.gap !== 0n) ?? result.breaks[0];
  if (first) return first.why;
  const [segment] = result.segments;
  if (!segment) return 'nothing is mapped';
  const merged = segment.pieces.length;
  if (1 < merged) return `${merged} entries are merged into one segment of ${sizeText(segment.length)}`;
  return `one segment of ${sizeText(segment.length)}`;
}
