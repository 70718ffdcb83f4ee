/** From what the code needs to what it meets: the smallest list that breaks it on each platform, or why none does. */

import { sizeText } from '../sim/layout';
import { openPlatform } from '../sim/platforms';
import type { Device, MapResult, Scatterlist } from '../sim/types';
import type { KernelVersion } from '../types';
import { drawPages, randomSource, searchLists } from './lists';
import { holds } from './predicates';
import type { DeviceHints, PlatformVerdict, ReplayQuestion, ReplayResult } from './types';

/** Buffer size, draws and fragmentation behind `rate`. */
export const RATE_MODEL = { bytes: 1024 * 1024, draws: 200, fragmentation: 0.5, seed: 2015 } as const;

/** Answers to questions already asked; a pure cache. */
const answers = new Map<string, PlatformVerdict>();
const MAX_ANSWERS = 2000;

/** Replays a question on platforms; unknown ids are left out. */
export function replay(question: ReplayQuestion, kernel: KernelVersion, platformIds: readonly string[]): ReplayResult {
  const platforms: PlatformVerdict[] = [];
  for (const id of platformIds) {
    const key = `${id} ${kernel.major}.${kernel.minor} ${keyOf(question)}`;
    const verdict = answers.get(key) ?? judge(question, kernel, id);
    if (!verdict) continue;
    if (MAX_ANSWERS < answers.size) answers.clear();
    answers.set(key, verdict);
    platforms.push(verdict);
  }
  return { question, platforms };
}

function keyOf(question: ReplayQuestion): string {
  return JSON.stringify(question, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function judge(question: ReplayQuestion, kernel: KernelVersion, id: string): PlatformVerdict | undefined {
  const hints = deviceOf(question.device);
  const opened = openPlatform(id, kernel, hints);
  if (!opened) return undefined;
  const { device } = opened;
  let mapped = 0;
  let tried = 0;
  let refusal = '';
  for (const list of searchLists(question.shape, device)) {
    tried += 1;
    const result = mapFresh(id, kernel, hints, list);
    if (!result.ok) {
      refusal = result.reason;
      continue;
    }
    mapped += 1;
    if (holds(question.predicate, list, result)) continue;
    return {
      platform: id,
      verdict: 'breaks',
      example: { list, result },
      why: breakReason(result),
      ...rateOf(question, kernel, id),
    };
  }
  if (mapped === 0) return { platform: id, verdict: 'unreachable', why: refusal };
  return { platform: id, verdict: 'holds', why: `none of ${tried} lists breaks it`, ...rateOf(question, kernel, id) };
}

/** Maps one list in a space that nothing else has used. */
export function mapFresh(id: string, kernel: KernelVersion, hints: Partial<Device>, list: Scatterlist): MapResult {
  const opened = openPlatform(id, kernel, hints);
  if (!opened) return { ok: false, backend: id, errno: -22, reason: `no platform '${id}'` };
  return opened.space.mapSg(list, opened.device, 1);
}

function deviceOf(hints: DeviceHints): Partial<Device> {
  return {
    ...(hints.maxSegmentSize !== undefined && { maxSegmentSize: hints.maxSegmentSize }),
    ...(hints.segmentBoundary !== undefined && { segmentBoundary: hints.segmentBoundary }),
    ...(hints.dmaMask !== undefined && { dmaMask: hints.dmaMask }),
  };
}

function breakReason(result: MapResult): string {
  if (!result.ok) return result.reason;
  const first = result.breaks.find((one) => one.gap !== 0n) ?? result.breaks[0];
  if (!first) return `${result.segments.length} segments of ${sizeText(result.segments[0]?.length ?? 0)}`;
  return first.why;
}

/** How often buffers of the model's size fail; mappings that are refused count as failures. */
function rateOf(question: ReplayQuestion, kernel: KernelVersion, id: string): { readonly rate: number } | undefined {
  if (question.shape.kind === 'one-entry') return undefined;
  const random = randomSource(RATE_MODEL.seed);
  const hints = deviceOf(question.device);
  let failed = 0;
  for (let draw = 0; draw < RATE_MODEL.draws; draw++) {
    const list = drawPages(RATE_MODEL.bytes, RATE_MODEL.fragmentation, random);
    const result = mapFresh(id, kernel, hints, list);
    if (!result.ok || !holds(question.predicate, list, result)) failed += 1;
  }
  return { rate: failed / RATE_MODEL.draws };
}
