/** Layouts as text: physical memory above, what the device sees below, to scale; gaps measured. */

import { hex, sizeText } from '../sim/layout';
import type { MapResult, Scatterlist } from '../sim/types';
import { deviceTrack, memoryTrack, type RangeView, type TrackItem, widthsOf } from './track';

export interface TextOptions {
  /** Columns to draw in; at least 40. */
  readonly width?: number;
  /** The range that the code takes the list for. */
  readonly view?: RangeView;
}

const INDENT = '  ';
const LEAST = 3;
/** What a box takes with its label and frame, about. */
const COLUMNS_PER_BOX = 11;

/** A drawing of a mapping, several lines, no colours. */
export function drawText(list: Scatterlist, result: MapResult, options: TextOptions = {}): string {
  const room = Math.max(40, options.width ?? 80) - INDENT.length;
  const most = Math.floor(room / COLUMNS_PER_BOX);
  const memory = numbered(memoryTrack(list, most));
  const device = result.ok ? numbered(deviceTrack(list, result, options.view, most)) : [];
  const [above = [], below = []] = widthsOf([memory, device], room - Math.max(memory.length, device.length) - 1, LEAST);
  const lines = ['memory', ...drawRow(memory, columnsOf(memory, above, room))];
  list.forEach((entry, i) => {
    lines.push(`${INDENT}[${i}] ${hex(entry.page + BigInt(entry.offset))}+${entry.length}`);
  });
  if (!result.ok) return [...lines, `${result.backend}: not mapped (${result.errno}): ${result.reason}`].join('\n');
  const { segments, breaks } = result;
  lines.push(`${result.backend}: ${segments.length} segment${segments.length === 1 ? '' : 's'}`);
  const columns = columnsOf(device, below, room);
  lines.push(...drawRow(device, columns));
  if (options.view) lines.push(...drawRange(device, columns, options.view));
  segments.forEach((segment, i) => {
    const from = segment.pieces.map((piece) => `sg[${piece.entry}]`).join(' + ');
    lines.push(
      `${INDENT}[${i}] ${hex(segment.dma)}+${segment.length}  <- ${from}${segment.bounced ? ' (bounced)' : ''}`,
    );
    const after = breaks[i];
    if (after && after.gap !== 0n) lines.push(`${INDENT}    ${gapLabel(after.gap)}: ${after.why}`);
  });
  return lines.join('\n');
}

function gapLabel(gap: bigint): string {
  return gap < 0n ? `back ${sizeText(-gap)}` : `hole ${sizeText(gap)}`;
}

/** Boxes are known by their number in the list below. */
function numbered(items: readonly TrackItem[]): readonly TrackItem[] {
  let next = 0;
  return items.map((item) => (item.kind === 'bytes' ? { ...item, label: `${next++}: ${item.label}` } : item));
}

/** Whole columns for each box: room for its label, and no more than `room` for all with their frames. */
function columnsOf(items: readonly TrackItem[], widths: readonly number[], room: number): readonly number[] {
  const columns = items.map((item, i) => Math.max(item.label.length, Math.round(widths[i] ?? 0)));
  const spare = (i: number) => (columns[i] ?? 0) - (items[i]?.label.length ?? 0);
  let over = columns.reduce((sum, one) => sum + one, items.length + 1) - room;
  for (; 0 < over; over--) {
    const widest = columns.reduce((best, _one, i) => (spare(best) < spare(i) ? i : best), 0);
    if (spare(widest) <= 0) break;
    columns[widest] = (columns[widest] ?? 0) - 1;
  }
  return columns;
}

/** Boxes side by side. A break in the scale has no frame; a hole is hatched, and marked where the device touches it. */
function drawRow(items: readonly TrackItem[], columns: readonly number[]): readonly string[] {
  const edges = items.map((item, i) => edgeOf(item).repeat(columns[i] ?? 0)).join('+');
  const body = items.map((item, i) => center(item.label, columns[i] ?? 0, fillOf(item))).join('|');
  return [`${INDENT}+${edges}+`, `${INDENT}|${body}|`, `${INDENT}+${edges}+`];
}

function edgeOf(item: TrackItem): string {
  if (item.kind === 'bytes') return '-';
  return item.kind === 'hole' ? '.' : ' ';
}

function fillOf(item: TrackItem): string {
  if (item.kind === 'hole') return item.isWrong ? '!' : '/';
  return item.kind === 'far' ? '~' : item.kind === 'back' ? '<' : ' ';
}

function drawRange(items: readonly TrackItem[], columns: readonly number[], view: RangeView): readonly string[] {
  let at = 1;
  let end = 1;
  items.forEach((item, i) => {
    const column = columns[i] ?? 0;
    if (0 < item.told) end = at + Math.max(1, Math.round((column * item.told) / Math.max(1, item.bytes)));
    at += column + 1;
  });
  const told = items.reduce((sum, item) => sum + item.told, 0);
  const wrong = items.reduce((sum, item) => sum + (item.isWrong ? item.told : 0), 0);
  const words =
    view.kind === 'measured'
      ? `${sizeText(told)} in a row, ${sizeText(view.bytes)} needed`
      : `told ${sizeText(view.bytes)} from the first address${wrong === 0 ? '' : `: ${sizeText(wrong)} of it wrong`}`;
  return [`${INDENT} ${'^'.repeat(Math.max(1, end - 1))}`, `${INDENT} ${words}`];
}

function center(label: string, width: number, fill: string): string {
  const left = Math.max(0, Math.floor((width - label.length) / 2));
  return (fill.repeat(left) + label).padEnd(width, fill);
}
