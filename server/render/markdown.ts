/** What a hover shows, as Markdown. Whatever comes from a file is escaped. */

import type { HoverInfo, Picture } from '../lens';
import type { RatesByPlatform, ReplayResult } from '../replay/types';
import { sizeText } from '../sim/layout';
import { platform } from '../sim/platforms';
import { explorerRequest, OPEN_EXPLORER } from './explorerLink';
import { describe, drawSvg, HEIGHT, type Theme } from './svg';
import { drawText } from './text';
import { consequenceSentence, layoutLine, listText, rangeView, rateText } from './verdict';

export interface MarkdownOptions {
  /** The client shows data images. */
  readonly images: boolean;
  readonly theme: Theme;
  /** Address of a rule's page. */
  readonly rulePage: (rule: string) => string;
  /** The client has the layout explorer. */
  readonly explorer?: boolean;
}

const WIDTH = 640;

export function hoverMarkdown(hover: HoverInfo, options: MarkdownOptions): string {
  const parts = [`**${escapeMarkdown(hover.title)}**`, ...hover.text.map(escapeMarkdown)];
  const { replay, pictures, rule } = hover;
  if (replay) {
    for (const picture of pictures) parts.push(...pictureParts(hover, replay, picture, options));
    if (replay.question.consequence) parts.push(escapeMarkdown(consequenceSentence(replay.question.consequence)));
    parts.push(verdictTable(replay, hover.rates));
  }
  if (rule) parts.push(`[Rule ${rule}](${options.rulePage(rule)})`);
  return parts.join('\n\n');
}

function pictureParts(
  hover: HoverInfo,
  replay: ReplayResult,
  { platform: id, example, caption }: Picture,
  options: MarkdownOptions,
): readonly string[] {
  const { list, result } = example;
  const title = platform(id)?.title ?? id;
  const view = rangeView(replay.question, list);
  const link = options.explorer ? ` [Open in the layout explorer](${explorerLink(hover, replay, id, list)})` : '';
  const words = `${escapeMarkdown(`${caption}, ${title}: ${listText(list)} becomes ${layoutLine(result)}.`)}${link}`;
  if (!options.images) {
    const drawing = drawText(list, result, { width: 76, ...(view && { view }) });
    return [words, ['```dma-layout', drawing, '```'].join('\n')];
  }
  const svg = drawSvg(list, result, { theme: options.theme, title, width: WIDTH, ...(view && { view }) });
  const alt = escapeMarkdown(describe(result));
  return [words, `![${alt}](data:image/svg+xml;base64,${toBase64(svg)}|width=${WIDTH},height=${HEIGHT})`];
}

/** Rates stand in a column for each size of buffer. */
function verdictTable(replay: ReplayResult, rates: RatesByPlatform): string {
  const sizes = ([...rates.values()][0] ?? []).map((one) => one.bytes);
  const rows = replay.platforms.map((one) => {
    const name = escapeMarkdown(platform(one.platform)?.title ?? one.platform);
    const shares = sizes.map((_bytes, index) => {
      const rate = rates.get(one.platform)?.[index]?.rate;
      return rate === undefined ? '' : rateText(rate);
    });
    const list = one.example ? escapeMarkdown(listText(one.example.list)) : '';
    return row([name, one.verdict === 'breaks' ? '**breaks**' : one.verdict, list, ...shares]);
  });
  const heads = sizes.map((bytes, index) => `${index === 0 ? 'fails of ' : ''}${sizeText(bytes)}`);
  const titles = ['platform', 'verdict', 'smallest list', ...heads];
  return [row(titles), `|${'---|'.repeat(titles.length)}`, ...rows].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function explorerLink(hover: HoverInfo, replay: ReplayResult, id: string, list: Picture['example']['list']): string {
  const request = explorerRequest(replay, hover.kernel, id, list);
  return `command:${OPEN_EXPLORER}?${encodeURIComponent(JSON.stringify([request]))}`;
}

/** Text as it is, whatever Markdown or HTML would make of it. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()#+!|<>~&]/g, (char) => (char === '<' ? '&lt;' : char === '&' ? '&amp;' : `\\${char}`))
    .replace(/\s+/g, ' ');
}

function toBase64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}
