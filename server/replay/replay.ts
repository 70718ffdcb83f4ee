/** From what the code needs to what it meets: the smallest list that breaks it on each platform, or why none does. */

import { kernelOf, platform } from '../sim/platforms';
import type { Device } from '../sim/types';
import type { KernelVersion } from '../types';
import { type Precision, QUICK, rateOf, ratesBySize } from './rates';
import { search } from './search';
import type { ListShape, PlatformVerdict, Rate, RatesByPlatform, ReplayQuestion, ReplayResult } from './types';

/** Answers to questions already asked; a pure cache. */
const answers = new Map<string, PlatformVerdict>();
const rateAnswers = new Map<string, readonly Rate[]>();
const MAX_ANSWERS = 2000;

/** Replays a question on platforms; unknown ids are left out. */
export function replay(question: ReplayQuestion, kernel: KernelVersion, platformIds: readonly string[]): ReplayResult {
  const platforms: PlatformVerdict[] = [];
  const asked = { predicate: question.predicate, shape: limited(question) };
  const device = deviceOf(question);
  const key = keyOf(asked, device);
  for (const id of platformIds) {
    const found = platform(id);
    if (!found) continue;
    const target = kernelOf(found, kernel);
    const known = `${id} ${target.major}.${target.minor} ${key}`;
    const verdict = answers.get(known) ?? judge(asked, device, target, id, QUICK);
    if (!verdict) continue;
    if (MAX_ANSWERS < answers.size) answers.clear();
    answers.set(known, verdict);
    platforms.push(verdict);
  }
  return { question, platforms };
}

/** How often buffers of several sizes fail on the platforms of an answer that has rates at all. */
export function ratesOf({ question, platforms }: ReplayResult, kernel: KernelVersion): RatesByPlatform {
  const { predicate } = question;
  const shape = limited(question);
  const device = deviceOf(question);
  const found = new Map<string, readonly Rate[]>();
  for (const { platform: id, estimate } of platforms) {
    const known = platform(id);
    if (!known || !estimate) continue;
    const target = kernelOf(known, kernel);
    const key = `rates ${id} ${target.major}.${target.minor} ${keyOf({ predicate, shape }, device)}`;
    const rates =
      rateAnswers.get(key) ?? ratesBySize({ predicate, shape, device, kernel: target, platform: id }, QUICK, estimate);
    if (MAX_ANSWERS < rateAnswers.size) rateAnswers.clear();
    rateAnswers.set(key, rates);
    found.set(id, rates);
  }
  return found;
}

type Asked = Pick<ReplayQuestion, 'predicate' | 'shape'>;

/** What the answer depends on: where a list came from, or what the driver does then, is not part of it. */
function keyOf({ predicate, shape }: Asked, device: Partial<Device>): string {
  const { origin: _origin, ...rest } = shape;
  return JSON.stringify([predicate, rest, device], (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

/** Verdict, smallest list and rate on one platform; undefined when there is no such platform. */
export function judge(
  { predicate, shape }: Asked,
  device: Partial<Device>,
  kernel: KernelVersion,
  id: string,
  precision: Precision,
): PlatformVerdict | undefined {
  const found = search(predicate, shape, device, kernel, id);
  if (!found) return undefined;
  const estimate =
    shape.kind === 'one-entry' || found.verdict === 'unreachable'
      ? undefined
      : rateOf({ predicate, shape, device, kernel, platform: id }, precision);
  return {
    platform: id,
    verdict: found.verdict,
    why: found.why,
    ...(found.verdict === 'breaks' && { example: found.example }),
    ...(estimate && { rate: estimate.rate, estimate }),
  };
}

/** The shape within the limits that the driver told its framework. */
function limited({ shape, device }: ReplayQuestion): ListShape {
  const { isLimitedByHost, ...rest } = shape;
  if (!isLimitedByHost) return rest;
  const { maxEntries, maxEntryBytes, maxBytes } = { ...rest, ...device.host };
  const one = maxEntries === 1 ? ({ kind: 'one-entry' } as const) : {};
  return {
    ...rest,
    ...one,
    ...(maxEntries !== undefined && { maxEntries }),
    ...(maxEntryBytes !== undefined && { maxEntryBytes }),
    ...(maxBytes !== undefined && { maxBytes }),
  };
}

/** Device parameters from what the driver declares. A framework passes a host's segment limit on to the DMA layer. */
export function deviceOf({ device, shape }: Pick<ReplayQuestion, 'device' | 'shape'>): Partial<Device> {
  const { segmentBoundary, dmaMask, host } = device;
  const maxSegmentSize = device.maxSegmentSize ?? (shape.isLimitedByHost ? host?.maxEntryBytes : undefined);
  return {
    ...(maxSegmentSize !== undefined && { maxSegmentSize }),
    ...(segmentBoundary !== undefined && { segmentBoundary }),
    ...(dmaMask !== undefined && { dmaMask }),
  };
}
