/** `dma-lens simulate --search NEED`: the smallest list of a shape that breaks a need, platform by platform. */

import { Option } from 'commander';
import { type Drawing, drawSheet, type Theme } from '../render/svg';
import { drawText } from '../render/text';
import type { RangeView } from '../render/track';
import { layoutLine, listText, rateSentence } from '../render/verdict';
import { NEEDS, parseNeed, parseShape, SHAPES } from '../replay/needs';
import { totalBytes } from '../replay/predicates';
import { THOROUGH } from '../replay/rates';
import { judge } from '../replay/replay';
import type { PlatformVerdict, Predicate } from '../replay/types';
import { verdictJson } from '../report/json';
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
}

export function searchOptions(): readonly Option[] {
  const needs = NEEDS.map((need) => (need.value ? `${need.name}=${need.value.example}` : need.name)).join(', ');
  return [
    new Option('--search <need>', `the smallest list that breaks a need: ${needs}`),
    new Option(
      '--shape <shape>',
      `lists to search: ${Object.keys(SHAPES).join(', ')}; with ,max-entries=N ,max-entry=BYTES ,max=BYTES`,
    ).default('pages'),
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
  if (options.format === 'json') {
    process.stdout.write(`${JSON.stringify(verdicts.map(verdictJson), undefined, 2)}\n`);
  } else if (options.format === 'svg') {
    process.stdout.write(
      `${drawSheet(
        verdicts.flatMap((one) => drawingOf(one, predicate)),
        1,
        options.theme,
      )}\n`,
    );
  } else {
    process.stdout.write(`${verdicts.map((one) => verdictText(one, predicate, kernel)).join('\n\n')}\n`);
  }
  return 0;
}

function verdictText(verdict: PlatformVerdict, predicate: Predicate, kernel: Kernel): string {
  const { platform: id, example, why, estimate } = verdict;
  const found = platform(id);
  const target = found ? formatKernel(kernelOf(found, kernel)) : '';
  const lines = [`${id} (${target}): ${verdict.verdict}`, `  ${why}`];
  if (estimate) {
    const share = (part: number) => `${Math.round(part * 1000) / 10} %`;
    const interval = `${share(estimate.low)} to ${share(estimate.high)}, ${estimate.draws} draws`;
    lines.push(`  ${rateSentence(verdict)} fail (${estimate.draws === 0 ? 'by construction' : interval})`);
  }
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
