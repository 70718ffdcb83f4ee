/** What the lists of a trace become on other platforms: a real load as a portability test of its driver. */

import { DEFAULT_DEVICE, kernelOf, PLATFORMS, type Platform } from '../sim/platforms';
import type { Device, Kernel, MapResult } from '../sim/types';
import type { Recognised, ShapeLimits } from './recognise';
import { isContiguous } from './shapes';
import type { Elsewhere, TraceRange, TraceShape } from './types';

const KERNEL: Kernel = { major: 6, minor: 12 };
const WAYS_OUT = new Set(['iommu-api', 'dma-iova', 'noncontiguous-alloc', 'sva']);
const MOST_TRIED = 400;

/** One row for each platform, in their usual order. */
export function elsewhereOf(shapes: readonly TraceShape[], { recognition, limits }: Recognised): readonly Elsewhere[] {
  const tried = shapes.slice(0, MOST_TRIED);
  if (tried.length === 0) return [];
  const usual = recognition.limits;
  const asked: ShapeLimits = usual
    ? { maxSegmentSize: usual.maxSegmentSize, segmentBoundary: BigInt(usual.segmentBoundary) }
    : DEFAULT_DEVICE;
  // Each list with the limits that it had when it was mapped.
  const limitsOf = (shape: TraceShape) => limits.get(shape) ?? asked;
  return PLATFORMS.filter((one) => !WAYS_OUT.has(one.id)).map((one) => tryOn(one, tried, limitsOf));
}

interface Expectation {
  holds(shape: TraceShape, ranges: readonly TraceRange[]): boolean;
  /** `count` lists that keep it here do not keep it there. */
  broken(count: number): string;
  /** A driver can rely on it list by list; otherwise only if all lists of the trace keep it. */
  readonly isEach: boolean;
}

/** What lists have here, so that the driver may have come to rely on it. */
const PROMISES: readonly Expectation[] = [
  {
    holds: (_shape, ranges) => isContiguous(ranges),
    broken: (count) => `holes in ${listsText(count)} contiguous here`,
    isEach: true,
  },
  {
    holds: (_shape, ranges) => ranges.length === 1,
    broken: (count) => `several segments in ${listsText(count)} of one segment here`,
    isEach: true,
  },
  {
    holds: ({ list }, ranges) => ranges.length === list.length,
    broken: (count) => `fewer segments than entries in ${listsText(count)}`,
    isEach: false,
  },
  {
    holds: (_shape, ranges) => ranges.every((one) => one.dma + BigInt(one.length) <= 2n ** 32n),
    broken: (count) => `addresses above 32 bits, where the mask allows it, in ${listsText(count)}`,
    isEach: false,
  },
  {
    holds: (_shape, ranges) => ranges.every((one) => one.length <= 65536),
    broken: (count) => `segments of more than 64 KiB in ${listsText(count)}`,
    isEach: false,
  },
];

function tryOn(
  platform: Platform,
  shapes: readonly TraceShape[],
  limitsOf: (shape: TraceShape) => ShapeLimits,
): Elsewhere {
  const kernel = kernelOf(platform, KERNEL);
  const totals = { lists: 0, contiguous: 0, single: 0, refused: 0 };
  const held = PROMISES.filter((one) => one.isEach || shapes.every((shape) => one.holds(shape, shape.ranges)));
  const broken = new Map<Expectation, number>();
  let example: Elsewhere['example'];
  /** Of the expectation that the example breaks; the first ones weigh most. */
  let best = PROMISES.length;
  for (const shape of shapes) {
    const { maxSegmentSize, segmentBoundary } = limitsOf(shape);
    const device: Device = { ...DEFAULT_DEVICE, ...platform.device, maxSegmentSize, segmentBoundary };
    const result = platform.backend.open({ kernel, ...platform.machine }).mapSg(shape.list, device, 1);
    totals.lists += shape.count;
    if (!result.ok) {
      totals.refused += shape.count;
      continue;
    }
    const ranges = rangesOf(result);
    if (isContiguous(ranges)) totals.contiguous += shape.count;
    if (ranges.length === 1) totals.single += shape.count;
    const lost = held.filter((one) => one.holds(shape, shape.ranges) && !one.holds(shape, ranges));
    for (const one of lost) broken.set(one, (broken.get(one) ?? 0) + shape.count);
    const rank = lost[0] ? PROMISES.indexOf(lost[0]) : PROMISES.length;
    const isBetter = rank < best || (rank === best && shape.list.length < (example?.list.length ?? 0));
    if (rank < PROMISES.length && isBetter) {
      best = rank;
      example = { list: shape.list, ranges, holes: result.breaks.filter((one) => one.gap !== 0n) };
    }
  }
  const breaks = [...broken].map(([promise, count]) => promise.broken(count));
  if (0 < totals.refused) breaks.push(`${listsText(totals.refused)} refused`);
  return { platform: platform.id, title: platform.title, ...totals, breaks, example };
}

function listsText(count: number): string {
  return count === 1 ? '1 list' : `${count} lists`;
}

function rangesOf(result: Extract<MapResult, { ok: true }>): readonly TraceRange[] {
  return result.segments.map(({ dma, length }) => ({ dma, length }));
}
