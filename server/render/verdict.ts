/** Verdicts, sizes and rates in words; the same in the editor, on the command line and in reports. */

import { isSmaller } from '../replay/lists';
import { needText, totalBytes } from '../replay/predicates';
import type { Consequence, Example, PlatformVerdict, ReplayQuestion, ReplayResult } from '../replay/types';
import { toldParts, touchedBytes } from '../replay/wrongBytes';
import { sizeText } from '../sim/layout';
import { platform } from '../sim/platforms';
import type { MapResult, Scatterlist } from '../sim/types';
import { formatKernel, type KernelVersion } from '../types';
import type { RangeView } from './track';

/** `{4 KiB, 8 KiB}`; an offset is written in front: `0x200+3.5 KiB`. */
export function listText(list: Scatterlist): string {
  const entries = list.map(
    (entry) => `${entry.offset === 0 ? '' : `0x${entry.offset.toString(16)}+`}${sizeText(entry.length)}`,
  );
  return `{${entries.join(', ')}}`;
}

/** `64 KiB, 16 KiB, hole of 48 KiB, 64 KiB`. */
export function layoutLine(result: MapResult): string {
  if (!result.ok) return `refused: ${result.reason}`;
  const parts: string[] = [];
  result.segments.forEach((segment, i) => {
    const before = result.breaks[i - 1];
    const isElsewhere = before?.cause === 'physical' && before.gap !== 0n;
    parts.push(`${sizeText(segment.length)}${isElsewhere ? ' at another address' : ''}`);
    const after = result.breaks[i];
    if (!after || after.cause === 'physical') return;
    if (0n < after.gap) parts.push(`hole of ${sizeText(after.gap)}`);
    else if (after.gap < 0n) parts.push('back to a lower address');
  });
  return parts.join(', ');
}

/** `99 %`, `< 1 %`, `0 %`. */
export function rateText(rate: number): string {
  if (0 < rate && rate < 0.01) return '< 1 %';
  if (0.99 < rate && rate < 1) return '> 99 %';
  return `${Math.round(rate * 100)} %`;
}

/** `about 95 % of 1 MiB buffers fail`, `nearly all 1 MiB buffers fail`, `no 1 MiB buffer fails`. */
export function rateSentence(verdict: PlatformVerdict): string | undefined {
  const { estimate } = verdict;
  if (!estimate) return undefined;
  const size = sizeText(estimate.bytes);
  if (estimate.rate === 0) return `${estimate.draws === 0 ? 'no' : 'hardly any'} ${size} buffer fails`;
  return `${estimate.rate === 1 ? 'nearly all' : `about ${rateText(estimate.rate)} of`} ${size} buffers fail`;
}

/** One sentence on where it breaks, with the smallest list and what becomes of it, and where it holds. */
export function verdictSentence(replay: ReplayResult, kernel: KernelVersion): string {
  const breaks = replay.platforms.filter((one) => one.verdict === 'breaks');
  const holdsOn = replay.platforms.filter((one) => one.verdict === 'holds');
  const parts: string[] = [];
  if (0 < breaks.length) parts.push(`breaks ${joinWords(breaks.map(phraseOf))}`);
  const shown = smallest(breaks);
  if (shown?.example) parts.push(exampleClause(replay.question, shown, shown.example, 1 < breaks.length));
  if (0 < holdsOn.length) parts.push(`holds ${joinWords(holdsOn.map((one) => heldPhrase(one, kernel)))}`);
  return parts.length === 0 ? 'no platform of the set can map such a list' : parts.join('; ');
}

/** The breaking verdict whose list is the smallest; the first of equals. */
export function smallest(breaks: readonly PlatformVerdict[]): PlatformVerdict | undefined {
  let best: PlatformVerdict | undefined;
  for (const one of breaks) {
    if (!one.example) continue;
    if (!best?.example || isSmaller(one.example.list, best.example.list)) best = one;
  }
  return best;
}

function exampleClause(
  question: ReplayQuestion,
  verdict: PlatformVerdict,
  example: Example,
  isOneOfMany: boolean,
): string {
  const where = isOneOfMany ? ` ${phraseOf(verdict)}` : '';
  const becomes = `smallest list ${listText(example.list)}${where}: ${layoutLine(example.result)}`;
  const then = consequenceText(question.consequence, example);
  const rate = rateSentence(verdict);
  return [becomes, ...(then ? [then] : []), ...(rate ? [rate] : [])].join(', ');
}

/** What the driver then does, as a clause; undefined when the message says it already. */
export function consequenceText(consequence: Consequence | undefined, example: Example): string | undefined {
  if (!consequence || !example.result.ok) return undefined;
  switch (consequence.kind) {
    case 'wrong-range': {
      const parts = toldParts(example.result.segments, totalBytes(example.list));
      const foreign = touchedBytes(parts, 'foreign');
      if (0 < foreign) return `where the device would touch ${sizeText(foreign)} that are not the buffer's`;
      const misplaced = touchedBytes(parts, 'misplaced');
      return misplaced === 0 ? undefined : `where the device would take ${sizeText(misplaced)} for other bytes`;
    }
    case 'wrong-addresses':
      return 'where the device would get addresses that were never mapped';
    case 'truncates':
      return 'where the device would stop early';
    case 'cuts': {
      const lost = example.result.segments.reduce((sum, { length }) => sum + length - (length % consequence.above), 0);
      return `where the device would be told ${sizeText(lost)} less than that`;
    }
    default:
      return undefined;
  }
}

/** The consequence as a sentence of its own. */
export function consequenceSentence(consequence: Consequence): string {
  switch (consequence.kind) {
    case 'refuses':
      return `The driver then returns ${consequence.with}.`;
    case 'falls-back':
      return 'The driver then does the work in another way.';
    case 'wrong-range':
      return 'The device is told one range from the first address on.';
    case 'wrong-addresses':
      return 'The device is given addresses that were never mapped.';
    case 'truncates':
      return 'The device stops early.';
    case 'cuts':
      return `The device is told lengths without their multiples of ${sizeText(consequence.above)}.`;
  }
}

/** The range to draw under the device's view, where the code takes the list for one. */
export function rangeView(question: ReplayQuestion, list: Scatterlist): RangeView | undefined {
  const bytes = totalBytes(list);
  if (question.consequence?.kind === 'wrong-range') return { kind: 'told', bytes };
  return question.predicate.kind === 'contiguous-size' ? { kind: 'measured', bytes } : undefined;
}

/** `needs one contiguous DMA range`. */
export function needSentence(question: ReplayQuestion): string {
  return `needs ${needText(question.predicate)}`;
}

/** The common layer changed often: the kernel is said. */
function heldPhrase(verdict: PlatformVerdict, kernel: KernelVersion): string {
  const isCommon = verdict.platform === 'iommu-dma';
  return `${phraseOf(verdict)}${isCommon ? ` of ${formatKernel(kernel)}` : ''}`;
}

export function phraseOf(verdict: PlatformVerdict): string {
  return platform(verdict.platform)?.phrase ?? `on ${verdict.platform}`;
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
