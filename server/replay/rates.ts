/** How often buffers drawn from aged memory fail a predicate on a platform, with a confidence interval. */

import { openPlatform } from '../sim/platforms';
import type { Device, DmaSpace, Kernel, MappedLayout, Scatterlist } from '../sim/types';
import { type Draws, drawsOf, FRAGMENTATION, type MemoryModel } from './draws';
import { holds } from './predicates';
import { proofOf } from './proofs';
import type { ListShape, Predicate, Rate } from './types';

/** When an estimate is good enough. */
export interface Precision {
  /** Half the width of the 95 % interval. */
  readonly tolerance: number;
  /** Most draws, whatever the width is then. */
  readonly draws: number;
}

/** For a scan that asks of many mappings, and for somebody who asks of one. */
export const QUICK: Precision = { tolerance: 0.04, draws: 192 };
export const THOROUGH: Precision = { tolerance: 0.01, draws: 10_000 };
/** For a table of many rates. */
export const ROUGH: Precision = { tolerance: 0.04, draws: 400 };

const BATCH = 64;
const Z = 1.96;
/** Entries that are mapped at first: where they settle it, the rest need not be mapped. */
const PREFIX = 12;
/** Buffer sizes that people ask about, bytes. */
export const BUFFER_SIZES = [64 * 1024, 1024 * 1024, 8 * 1024 * 1024] as const;
const PAGE = 4096;

/** What a rate is asked of. */
export interface RateQuestion {
  readonly predicate: Predicate;
  readonly shape: ListShape;
  readonly device: Partial<Device>;
  readonly kernel: Kernel;
  readonly platform: string;
}

/** Buffers of 1 MiB, or of what the code can hold, on a machine that has been up for days. */
export function usualModel(shape: ListShape): MemoryModel {
  const most = shape.maxBytes ?? BUFFER_SIZES[1];
  const bytes = Math.max(PAGE, Math.min(BUFFER_SIZES[1], Math.floor(most / PAGE) * PAGE));
  return { fragmentation: FRAGMENTATION.days, hugePages: false, bytes };
}

/** Draws until the interval is narrow. A mapping that is refused counts as a failure. Undefined: no such platform. */
export function rateOf(
  question: RateQuestion,
  precision: Precision,
  model = usualModel(question.shape),
): Rate | undefined {
  const { predicate, shape, device, kernel, platform } = question;
  const opened = openPlatform(platform, kernel, device);
  if (!opened) return undefined;
  const { bytes } = model;
  if (proofOf(predicate, shape, opened.device, kernel, platform) !== undefined) {
    return { rate: 0, low: 0, high: 0, draws: 0, bytes };
  }
  const draws = drawsOf(model);
  const { space } = opened;
  let failed = 0;
  let done = 0;
  for (;;) {
    for (const end = Math.min(done + BATCH, precision.draws); done < end; done++)
      if (fails(question, space, opened.device, draws, done)) failed += 1;
    const interval = wilson(failed, done);
    if (precision.draws <= done || interval.high - interval.low <= 2 * precision.tolerance) {
      return { rate: failed / done, ...interval, draws: done, bytes };
    }
  }
}

/** A rate with the memory that it was drawn from. */
export interface RateInMemory {
  readonly model: MemoryModel;
  readonly rate: Rate;
}

/** Rates for the usual sizes that the code can hold, on machines of each age, without and with huge pages. */
export function ratesByMemory(question: RateQuestion, precision: Precision): readonly RateInMemory[] {
  const most = question.shape.maxBytes ?? Number.POSITIVE_INFINITY;
  const sizes = BUFFER_SIZES.filter((bytes) => bytes <= most);
  const found: RateInMemory[] = [];
  for (const hugePages of [false, true]) {
    for (const bytes of sizes.length === 0 ? [usualModel(question.shape).bytes] : sizes) {
      for (const fragmentation of Object.values(FRAGMENTATION)) {
        const model = { fragmentation, hugePages, bytes };
        const rate = rateOf(question, precision, model);
        if (rate) found.push({ model, rate });
      }
    }
  }
  return found;
}

/** Rates for the usual sizes that the code can hold, on a machine that has been up for days; `known` is one of them. */
export function ratesBySize(question: RateQuestion, precision: Precision, known?: Rate): readonly Rate[] {
  const usual = usualModel(question.shape);
  const most = question.shape.maxBytes ?? Number.POSITIVE_INFINITY;
  const sizes = BUFFER_SIZES.filter((bytes) => bytes <= most);
  return (sizes.length === 0 ? [usual.bytes] : sizes).flatMap((bytes) =>
    known?.bytes === bytes ? known : (rateOf(question, precision, { ...usual, bytes }) ?? []),
  );
}

/** Whether draw `index` fails in a space that earlier draws have used and left. */
function fails(question: RateQuestion, space: DmaSpace, device: Device, draws: Draws, index: number): boolean {
  const { predicate, shape } = question;
  const head = draws.list(index, shape, PREFIX);
  const mapped = space.mapSg(head, device, 1);
  if (mapped.ok) space.unmap(mapped);
  if (head.length < PREFIX) return !mapped.ok || !holds(predicate, head, mapped);
  if (mapped.ok && isSettled(predicate, head, mapped)) return true;
  const list = draws.list(index, shape);
  const whole = space.mapSg(list, device, 1);
  if (whole.ok) space.unmap(whole);
  return !whole.ok || !holds(predicate, list, whole);
}

/**
 * Whether the first entries show that the whole list fails: a backend goes through a list in order, so that what comes
 * after a finished segment does not change it. The last segment may not be finished.
 */
export function isSettled(predicate: Predicate, list: Scatterlist, mapped: MappedLayout): boolean {
  const segments = mapped.segments.slice(0, -1);
  if (segments.length < 2) return false;
  switch (predicate.kind) {
    case 'contiguous-size':
      return segments.some((one, j) => segments[j + 1] && one.dma + BigInt(one.length) !== segments[j + 1]?.dma);
    case 'single-segment':
    case 'first-length-covers':
      return true;
    case 'same-count':
      return segments.some((one) => 1 < one.pieces.length);
    case 'cpu-lengths':
      return segments.some((one, j) => one.length !== list[j]?.length);
    default:
      return false;
  }
}

/** The Wilson interval, 95 %. */
export function wilson(failed: number, draws: number): { readonly low: number; readonly high: number } {
  if (draws === 0) return { low: 0, high: 1 };
  const share = failed / draws;
  const z2 = (Z * Z) / draws;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((share * (1 - share) + z2 / 4) / draws)) / (1 + z2);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
