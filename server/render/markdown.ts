/** What a hover shows, as Markdown. Whatever comes from a file is escaped. */

import type { HoverInfo } from '../lens';
import { platform } from '../sim/platforms';
import { describe, drawSvg, type Theme } from './svg';
import { drawText } from './text';
import { rateText } from './verdict';

export interface MarkdownOptions {
  /** The client shows data images. */
  readonly images: boolean;
  readonly theme: Theme;
  /** Address of a rule's page. */
  readonly rulePage: (rule: string) => string;
}

export function hoverMarkdown(hover: HoverInfo, options: MarkdownOptions): string {
  const parts = [`**${escapeMarkdown(hover.title)}**`, ...hover.text.map(escapeMarkdown)];
  const { replay, picture, rule } = hover;
  if (replay) {
    const rows = replay.platforms.map((one) => {
      const name = platform(one.platform)?.title ?? one.platform;
      const rate = one.rate === undefined ? '' : rateText(one.rate);
      return `| ${escapeMarkdown(name)} | ${one.verdict === 'breaks' ? '**breaks**' : one.verdict} | ${rate} |`;
    });
    parts.push(['| platform | one range | 1 MiB buffers that fail |', '|---|---|---|', ...rows].join('\n'));
  }
  if (picture?.example) {
    const { list, result } = picture.example;
    const title = platform(picture.platform)?.title ?? picture.platform;
    parts.push(`Smallest list that breaks it (${escapeMarkdown(title)}):`);
    if (options.images) {
      const svg = drawSvg(list, result, { theme: options.theme, title });
      const height = /height="(\d+)"/.exec(svg)?.[1] ?? '150';
      const data = toBase64(svg);
      parts.push(
        `![${escapeMarkdown(describe(result))}](data:image/svg+xml;base64,${data}|width=640,height=${height})`,
      );
    } else {
      parts.push(['```dma-layout', drawText(list, result, { width: 76 }), '```'].join('\n'));
    }
  }
  if (rule) parts.push(`[Rule ${rule}](${options.rulePage(rule)})`);
  return parts.join('\n\n');
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
