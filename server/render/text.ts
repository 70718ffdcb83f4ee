/** Layouts as text: physical memory above, what the device sees below, gaps measured. */

import { hex, sizeText } from '../sim/layout';
import type { MapResult, Scatterlist } from '../sim/types';

export interface TextOptions {
  /** Columns to draw in; at least 40. */
  readonly width?: number;
}

interface Box {
  readonly bytes: number;
  readonly label: string;
  readonly isGap: boolean;
}

/** A drawing of a mapping, several lines, no colours. */
export function drawText(list: Scatterlist, result: MapResult, options: TextOptions = {}): string {
  const width = Math.max(40, options.width ?? 80);
  const lines = [
    'memory',
    ...drawRow(
      list.map((entry, i) => ({ bytes: entry.length, label: `${i}: ${sizeText(entry.length)}`, isGap: false })),
      width,
    ),
  ];
  list.forEach((entry, i) => {
    lines.push(`  [${i}] ${hex(entry.page + BigInt(entry.offset))}+${entry.length}`);
  });
  if (!result.ok) return [...lines, `${result.backend}: not mapped (${result.errno}): ${result.reason}`].join('\n');
  const boxes: Box[] = [];
  result.segments.forEach((segment, i) => {
    boxes.push({ bytes: segment.length, label: `${i}: ${sizeText(segment.length)}`, isGap: false });
    const gap = result.breaks[i]?.gap ?? 0n;
    if (gap !== 0n) boxes.push({ bytes: Number(gap < 0n ? -gap : gap), label: gapLabel(gap), isGap: true });
  });
  lines.push(
    `${result.backend}: ${result.segments.length} segment${result.segments.length === 1 ? '' : 's'}`,
    ...drawRow(boxes, width),
  );
  result.segments.forEach((segment, i) => {
    const from = segment.pieces.map((piece) => `sg[${piece.entry}]`).join(' + ');
    lines.push(`  [${i}] ${hex(segment.dma)}+${segment.length}  <- ${from}${segment.bounced ? ' (bounced)' : ''}`);
    const after = result.breaks[i];
    if (after && after.gap !== 0n) lines.push(`      ${gapLabel(after.gap)}: ${after.why}`);
  });
  return lines.join('\n');
}

function gapLabel(gap: bigint): string {
  return gap < 0n ? `back ${sizeText(-gap)}` : `hole ${sizeText(gap)}`;
}

/** Boxes side by side; widths follow the logarithm of their size, so that a page beside a gigabyte can be seen. */
function drawRow(boxes: readonly Box[], width: number): readonly string[] {
  const fits = boxes.slice(0, Math.max(1, Math.floor((width - 4) / 12)));
  const weights = fits.map((box) => Math.log2(Math.max(2, box.bytes)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const room = width - 4 - fits.length - 1;
  const columns = fits.map((box, i) => Math.max(box.label.length, Math.floor((room * (weights[i] ?? 1)) / total)));
  const rest = fits.length < boxes.length ? ' ...' : '';
  const edge = columns.map((column, i) => (fits[i]?.isGap ? '.' : '-').repeat(column)).join('+');
  const body = fits.map((box, i) => center(box.label, columns[i] ?? 0, box.isGap ? '/' : ' ')).join('|');
  return [`  +${edge}+`, `  |${body}|${rest}`, `  +${edge}+`];
}

function center(label: string, width: number, fill: string): string {
  const left = Math.max(0, Math.floor((width - label.length) / 2));
  return (fill.repeat(left) + label).padEnd(width, fill);
}
