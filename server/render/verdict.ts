/** Verdicts, sizes and rates in words; the same in the editor, on the command line and in reports. */

import type { PlatformVerdict, ReplayResult } from '../replay/types';
import { sizeText } from '../sim/layout';
import { platform } from '../sim/platforms';
import type { MapResult, Scatterlist } from '../sim/types';
import { formatKernel, type KernelVersion } from '../types';

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
    parts.push(sizeText(segment.length));
    const gap = result.breaks[i]?.gap ?? 0n;
    if (0n < gap) parts.push(`hole of ${sizeText(gap)}`);
    else if (gap < 0n) parts.push('back to a lower address');
  });
  return parts.join(', ');
}

/** `99 %`, `< 1 %`, `0 %`. */
export function rateText(rate: number): string {
  if (0 < rate && rate < 0.01) return '< 1 %';
  if (0.99 < rate && rate < 1) return '> 99 %';
  return `${Math.round(rate * 100)} %`;
}

/** One sentence on where it breaks, with the smallest list, and where it holds. */
export function verdictSentence(replay: ReplayResult, kernel: KernelVersion): string {
  const breaks = replay.platforms.filter((one) => one.verdict === 'breaks');
  const holdsOn = replay.platforms.filter((one) => one.verdict === 'holds');
  const parts: string[] = [];
  const first = breaks[0];
  if (first) {
    const list = first.example ? ` (smallest list ${listText(first.example.list)})` : '';
    parts.push(`breaks ${joinWords(breaks.map(phrase))}${list}`);
  }
  if (0 < holdsOn.length) parts.push(`holds ${joinWords(holdsOn.map(phrase))} of ${formatKernel(kernel)}`);
  return parts.length === 0 ? 'no platform of the set can map such a list' : parts.join(', ');
}

function phrase(verdict: PlatformVerdict): string {
  return platform(verdict.platform)?.phrase ?? `on ${verdict.platform}`;
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
