/** From what the code needs to what it meets: the smallest list that breaks it on each platform, or why none does. */

import { kernelOf, platform } from '../sim/platforms';
import type { Device } from '../sim/types';
import type { KernelVersion } from '../types';
import { QUICK, rateOf } from './rates';
import { search } from './search';
import type { DeviceHints, PlatformVerdict, ReplayQuestion, ReplayResult } from './types';

/** Answers to questions already asked; a pure cache. */
const answers = new Map<string, PlatformVerdict>();
const MAX_ANSWERS = 2000;

/** Replays a question on platforms; unknown ids are left out. */
export function replay(question: ReplayQuestion, kernel: KernelVersion, platformIds: readonly string[]): ReplayResult {
  const platforms: PlatformVerdict[] = [];
  const asked = keyOf(question);
  for (const id of platformIds) {
    const found = platform(id);
    if (!found) continue;
    const target = kernelOf(found, kernel);
    const key = `${id} ${target.major}.${target.minor} ${asked}`;
    const verdict = answers.get(key) ?? judge(question, target, id);
    if (!verdict) continue;
    if (MAX_ANSWERS < answers.size) answers.clear();
    answers.set(key, verdict);
    platforms.push(verdict);
  }
  return { question, platforms };
}

/** What the answer depends on: where a list came from, or what the driver does then, is not part of it. */
function keyOf({ predicate, shape, device }: ReplayQuestion): string {
  const { origin: _origin, ...rest } = shape;
  return JSON.stringify([predicate, rest, device], (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

function judge(question: ReplayQuestion, kernel: KernelVersion, id: string): PlatformVerdict | undefined {
  const { predicate, shape } = question;
  const device = deviceOf(question.device);
  const found = search(predicate, shape, device, kernel, id);
  if (!found) return undefined;
  const estimate =
    shape.kind === 'one-entry' || found.verdict === 'unreachable'
      ? undefined
      : rateOf({ predicate, shape, device, kernel, platform: id }, QUICK);
  return {
    platform: id,
    verdict: found.verdict,
    why: found.why,
    ...(found.verdict === 'breaks' && { example: found.example }),
    ...(estimate && { rate: estimate.rate, estimate }),
  };
}

/** Device parameters from what the driver declares. */
export function deviceOf(hints: DeviceHints): Partial<Device> {
  return {
    ...(hints.maxSegmentSize !== undefined && { maxSegmentSize: hints.maxSegmentSize }),
    ...(hints.segmentBoundary !== undefined && { segmentBoundary: hints.segmentBoundary }),
    ...(hints.dmaMask !== undefined && { dmaMask: hints.dmaMask }),
  };
}
