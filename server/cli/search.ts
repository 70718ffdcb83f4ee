/** `dma-lens simulate --search NEED`: the smallest list of a shape that breaks a need, platform by platform. */

import { Option } from 'commander';
import { type Drawing, drawSheet, type Theme } from '../render/svg';
import { drawText } from '../render/text';
import type { RangeView } from '../render/track';
import { layoutLine, listText, rateSentence, rateText } from '../render/verdict';
import { FRAGMENTATION } from '../replay/draws';
import { NEEDS, parseNeed, parseShape, SHAPES } from '../replay/needs';
import { totalBytes } from '../replay/predicates';
import { type RateInMemory, ROUGH, ratesByMemory, THOROUGH } from '../replay/rates';
import { judge } from '../replay/replay';
import type { PlatformVerdict, Predicate } from '../replay/types';
import { verdictJson } from '../report/json';
import { sizeText } from '../sim/layout';
import { parseDevice, type Typed } from '../sim/options';
import { defaultPlatforms, kernelOf, PLATFORMS, platform } from '../sim/platforms';
import type { Parsed } from '../sim/simulate';
import type { Kernel, Scatterlist } from '../sim/types';
import { formatKernel } from '../types';
import { knownIds } from './ids';
import { UsageError } from './usage';

export interface SearchOptions extends Typed {
  readonly search: string;
  readonly shape?: string;
  readonly backend?: string;
  readonly format: 'text' | 'json' | 'svg';
  readonly theme: Theme;
  /** How often, by size, age of the machine and huge pages. */
  readonly rates?: boolean;
}

export function searchOptions(): readonly Option[] {
  const needs = NEEDS.map((need) => (need.value ? `${need.name}=${need.value.example}` : need.name)).join(', ');
  return [
    new Option('--search <need>', `the smallest list that breaks a need: ${needs}`),
    new Option(
      '--shape <shape>',
      `lists to search: ${Object.keys(SHAPES).join(', ')}; with ,max-entries=N ,max-entry=BYTES ,max=BYTES`,
    ).default('pages'),
    new Option('--rates', 'with --search: how often buffers fail, by size, age of the machine and huge pages'),
  ];
}

/** Prints verdicts with their smallest lists; returns the exit status. */
export function runSearch(options: SearchOptions, kernel: Kernel): number {
  const predicate = parsedOrThrow(parseNeed(options.search));
  const shape = parsedOrThrow(parseShape(options.shape ?? 'pages'));
  const device = parsedOrThrow(parseDevice(options));
  const known = PLATFORMS.map((one) => one.id);
  const ids = options.backend === undefined ? defaultPlatforms(kernel) : knownIds(options.backend, known, 'backend');
  const verdicts = ids.flatMap((id) => {
    const found = platform(id);
    const verdict = found && judge({ predicate, shape }, device, kernelOf(found, kernel), id, THOROUGH);
    return verdict ? [verdict] : [];
  });
  const ratesOf = (id: string) => {
    const found = platform(id);
    if (!found || options.rates !== true || shape.kind === 'one-entry') return [];
    return ratesByMemory({ predicate, shape, device, kernel: kernelOf(found, kernel), platform: id }, ROUGH);
  };
  if (options.format === 'json') {
    const json = verdicts.map((one) => ({
      ...verdictJson(one),
      ...(options.rates && { rates: ratesOf(one.platform).map(rateJson) }),
    }));
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
  } else if (options.format === 'svg') {
    process.stdout.write(
      `${drawSheet(
        verdicts.flatMap((one) => drawingOf(one, predicate)),
        1,
        options.theme,
      )}\n`,
    );
  } else {
    process.stdout.write(
      `${verdicts.map((one) => verdictText(one, predicate, kernel, ratesOf(one.platform))).join('\n\n')}\n`,
    );
  }
  return 0;
}

function verdictText(
  verdict: PlatformVerdict,
  predicate: Predicate,
  kernel: Kernel,
  rates: readonly RateInMemory[],
): string {
  const { platform: id, example, why, estimate } = verdict;
  const found = platform(id);
  const target = found ? formatKernel(kernelOf(found, kernel)) : '';
  const lines = [`${id} (${target}): ${verdict.verdict}`, `  ${why}`];
  if (estimate) {
    const share = (part: number) => `${Math.round(part * 1000) / 10} %`;
    const interval = `${share(estimate.low)} to ${share(estimate.high)}, ${estimate.draws} draws`;
    lines.push(`  ${rateSentence(verdict)} (${estimate.draws === 0 ? 'by construction' : interval})`);
  }
  if (rates.some(({ rate }) => 0 < rate.draws)) lines.push(...rateTable(rates));
  if (example) {
    const { list, result } = example;
    const view = viewOf(predicate, list);
    lines.push(`  ${listText(list)} becomes ${layoutLine(result)}`);
    lines.push(
      ...drawText(list, result, view && { view })
        .split('\n')
        .map((line) => `    ${line}`),
    );
  }
  return lines.join('\n');
}

/** A line for each size: how many fail on a machine that has just booted, after days, and at worst. */
function rateTable(rates: readonly RateInMemory[]): readonly string[] {
  const lines = new Map<string, string>();
  for (const { model, rate } of rates) {
    const size = `${sizeText(model.bytes)}${model.hugePages ? ', huge pages' : ''}`;
    const age = AGES.find(([, fragmentation]) => fragmentation === model.fragmentation)?.[0] ?? '';
    lines.set(size, `${lines.get(size) ?? ''}  ${`${age} ${rateText(rate.rate)}`.padEnd(20)}`);
  }
  return [...lines].map(([size, text]) => `    ${size.padEnd(20)}${text}`.trimEnd());
}

const AGES = [
  ['just booted', FRAGMENTATION.fresh],
  ['days', FRAGMENTATION.days],
  ['worst', FRAGMENTATION.worst],
] as const;

function rateJson({ model, rate }: RateInMemory): object {
  return { ...model, rate: rate.rate, interval: [rate.low, rate.high], draws: rate.draws };
}

function drawingOf({ platform: id, example, why }: PlatformVerdict, predicate: Predicate): readonly Drawing[] {
  if (!example) return [{ title: `${id}: ${why}`, list: [], result: undefined }];
  const view = viewOf(predicate, example.list);
  return [{ title: `${id}: ${listText(example.list)}`, ...example, ...(view && { view }) }];
}

function viewOf(predicate: Predicate, list: Scatterlist): RangeView | undefined {
  return predicate.kind === 'contiguous-size' ? { kind: 'told', bytes: totalBytes(list) } : undefined;
}

function parsedOrThrow<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new UsageError(parsed.reason);
}
