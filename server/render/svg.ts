/** Layouts as SVG: physical memory above, what the device sees below, to scale; gaps hatched, measured and explained. */

import { hex, sizeText } from '../sim/layout';
import type { MapResult, Scatterlist } from '../sim/types';
import { PALETTES, type Palette, type Theme } from './palette';
import { deviceTrack, memoryTrack, type RangeView, type TrackItem, widthsOf } from './track';

export type { Theme } from './palette';

export interface SvgOptions {
  readonly theme?: Theme;
  /** Pixels; 320 to 700. */
  readonly width?: number;
  /** The range that the code takes the list for. */
  readonly view?: RangeView;
  /** What the drawing is of, for people who do not see it. */
  readonly title?: string;
}

const MARGIN = 8;
const ROW = 24;
const MEMORY = 18;
const DEVICE = 82;
const BRACKET = DEVICE + ROW + 19;
const NOTES = BRACKET + 17;
/** Height of a drawing, pixels. */
export const HEIGHT = NOTES + 22;
const LEAST = 16;
const SHEET_WIDTH = 640;
const SHEET_TITLE = 22;
const SHEET_MARGIN = 12;
const CHARACTER = 6;

/** A drawing of a mapping. Every text in it is escaped; nothing refers to the outside. */
export function drawSvg(list: Scatterlist, result: MapResult, options: SvgOptions = {}): string {
  const palette = PALETTES[options.theme ?? 'dark'];
  const width = Math.min(700, Math.max(320, options.width ?? 640));
  const title = options.title ?? describe(result);
  return [
    opening(width, HEIGHT),
    `<title>${escapeXml(title)}</title><desc>${escapeXml(describe(result))}</desc>`,
    patterns(palette),
    ...drawRows(list, result, width, palette, options.view),
    '</svg>',
  ].join('');
}

/** One of the drawings of a sheet; without a result there is only the title. */
export interface Drawing {
  readonly title: string;
  readonly list: Scatterlist;
  readonly result: MapResult | undefined;
  readonly view?: RangeView;
}

/** Several drawings in one picture with a background of its own, `columns` of them side by side. */
export function drawSheet(drawings: readonly Drawing[], columns: number, theme: Theme = 'light'): string {
  const palette = PALETTES[theme];
  const parts: string[] = [];
  let y = SHEET_MARGIN;
  for (let first = 0; first < drawings.length; first += columns) {
    const row = drawings.slice(first, first + columns);
    row.forEach(({ title, list, result, view }, column) => {
      const x = column * SHEET_WIDTH;
      const rows = result ? drawRows(list, result, SHEET_WIDTH, palette, view) : [];
      const about = result ? `<desc>${escapeXml(describe(result))}</desc>` : '';
      const name = text(MARGIN, 14, shorten(title, SHEET_WIDTH), palette.text, 13);
      parts.push(`<g transform="translate(${x} ${y})"><title>${escapeXml(title)}</title>${about}${name}`);
      if (result) parts.push(`<g transform="translate(0 ${SHEET_TITLE})">${rows.join('')}</g>`);
      parts.push('</g>');
    });
    y += SHEET_TITLE + (row.some((one) => one.result) ? HEIGHT : 0) + SHEET_MARGIN;
  }
  const width = Math.min(columns, drawings.length) * SHEET_WIDTH;
  const background = `<rect width="${width}" height="${y}" fill="${palette.background}"/>`;
  return [opening(width, y), patterns(palette), background, ...parts, '</svg>'].join('');
}

/** The same in one sentence. */
export function describe(result: MapResult): string {
  if (!result.ok) return `${result.backend} refuses the list: ${result.reason}`;
  const parts = result.segments.map((segment, i) => {
    const gap = result.breaks[i]?.gap ?? 0n;
    const after = gap === 0n ? '' : gap < 0n ? ', then a jump back' : `, then a hole of ${sizeText(gap)}`;
    return `${sizeText(segment.length)} at ${hex(segment.dma)}${after}`;
  });
  const count = result.segments.length;
  return `${result.backend} gives ${count} segment${count === 1 ? '' : 's'}: ${parts.join('; ')}`;
}

function opening(width: number, height: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif">`;
}

function patterns({ warning, faint }: Palette): string {
  const hatch = (id: string, color: string) =>
    `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="${color}" stroke-width="2"/></pattern>`;
  return `<defs>${hatch('w', warning)}${hatch('h', faint)}</defs>`;
}

function drawRows(
  list: Scatterlist,
  result: MapResult,
  width: number,
  palette: Palette,
  view: RangeView | undefined,
): readonly string[] {
  const memory = memoryTrack(list);
  const device = result.ok ? deviceTrack(list, result, view) : [];
  const [above = [], below = []] = widthsOf([memory, device], width - 2 * MARGIN, LEAST);
  const rows = [
    caption('physical memory', MEMORY - 6, palette),
    drawTrack(memory, above, MEMORY, palette),
    caption(deviceCaption(result), DEVICE - 6, palette),
  ];
  if (!result.ok) return [...rows, text(MARGIN, DEVICE + 16, shorten(result.reason, width), palette.warning, 12)];
  rows.push(drawTrack(device, below, DEVICE, palette));
  if (view) rows.push(drawBracket(device, below, view, width, palette));
  const hole = device.find((item) => item.kind !== 'bytes' && item.note !== '');
  if (hole) rows.push(text(MARGIN, NOTES + 14, shorten(hole.note, width), palette.text, 12));
  return rows;
}

function deviceCaption(result: MapResult): string {
  if (!result.ok) return `${result.backend}: not mapped`;
  const count = result.segments.length;
  return `what the device sees: ${result.backend}, ${count} segment${count === 1 ? '' : 's'}`;
}

function drawTrack(items: readonly TrackItem[], widths: readonly number[], y: number, palette: Palette): string {
  const out: string[] = [];
  let x = MARGIN;
  let noteEnds = 0;
  items.forEach((item, i) => {
    const w = widths[i] ?? 0;
    out.push(drawItem(item, x, y, w, palette));
    const note = noteOf(item);
    const noteWidth = note.length * CHARACTER;
    const start = item.kind === 'far' ? x + (w - noteWidth) / 2 : x;
    if (note !== '' && noteEnds <= start) {
      out.push(text(start, y + ROW + 11, note, item.kind === 'hole' ? palette.warning : palette.faint, 10));
      noteEnds = start + noteWidth + 6;
    }
    x += w;
  });
  return out.join('');
}

/** What stands under a box: its address, or what it is. */
function noteOf(item: TrackItem): string {
  if (item.kind === 'bytes') return item.note;
  if (item.kind === 'far') return item.label;
  return item.kind === 'hole' && item.told === 0 ? 'hole' : '';
}

function drawItem(item: TrackItem, x: number, y: number, w: number, palette: Palette): string {
  const middle = x + w / 2;
  switch (item.kind) {
    case 'bytes':
      return drawEntries(item, x, y, w, palette);
    case 'hole': {
      const color = item.isWrong ? palette.warning : palette.faint;
      const fill = item.isWrong ? 'w' : 'h';
      const rect = `<rect x="${round(x)}" y="${y}" width="${round(w)}" height="${ROW}" fill="url(#${fill})" stroke="${color}" stroke-dasharray="4 3"/>`;
      return `${rect}${plate(middle, y + 16, item.label, w, palette, item.isWrong ? palette.warning : palette.text)}`;
    }
    case 'more':
      return text(middle, y + 16, item.label, palette.faint, 12, 'middle');
    case 'far':
      return stroke(zigzag(middle, y), palette);
    case 'back': {
      const arrow = `M${round(middle + 8)} ${y + 16}h-16m4 -4l-4 4 4 4`;
      return `${stroke(arrow, palette)}${text(middle, y + 9, 'lower', palette.faint, 10, 'middle')}`;
    }
  }
}

function stroke(path: string, palette: Palette): string {
  return `<path d="${path}" fill="none" stroke="${palette.faint}" stroke-width="1.5"/>`;
}

/** Two slanted strokes: here the scale is interrupted. */
function zigzag(x: number, y: number): string {
  return `M${round(x - 6)} ${y + ROW}l6 -${ROW}M${round(x)} ${y + ROW}l6 -${ROW}`;
}

function drawEntries(item: TrackItem, x: number, y: number, w: number, palette: Palette): string {
  const bytes = item.entries.reduce((sum, entry) => sum + entry.bytes, 0) || 1;
  let at = x;
  const parts = item.entries.map(({ index, bytes: own }) => {
    const part = (w * own) / bytes;
    const fill = palette.entries[index % palette.entries.length] ?? palette.faint;
    const rect = `<rect x="${round(at)}" y="${y}" width="${round(part)}" height="${ROW}" fill="${fill}"/>`;
    at += part;
    return rect;
  });
  if (item.isWrong && 0 < item.told) {
    const touched = (w * item.told) / item.bytes;
    parts.push(
      `<rect x="${round(x)}" y="${y}" width="${round(touched)}" height="${ROW}" fill="url(#w)" fill-opacity="0.7"/>`,
    );
  }
  const outline = `<rect x="${round(x)}" y="${y}" width="${round(w)}" height="${ROW}" fill="none" stroke="${palette.faint}"/>`;
  const fits = item.label.length * 7 + 4 <= w;
  const label = fits ? text(x + w / 2, y + 16, item.label, palette.onEntry, 12, 'middle') : '';
  return [...parts, outline, label].join('');
}

/** A label on hatching, on a plate so that it can be read. */
function plate(x: number, y: number, label: string, w: number, palette: Palette, color: string): string {
  const width = label.length * 7 + 4;
  if (w < width) return '';
  return `<rect x="${round(x - width / 2)}" y="${y - 12}" width="${width}" height="16" fill="${palette.background}"/>${text(x, y, label, color, 12, 'middle')}`;
}

/** The range that the code takes the list for, under the device's view. */
function drawBracket(
  items: readonly TrackItem[],
  widths: readonly number[],
  view: RangeView,
  width: number,
  palette: Palette,
): string {
  let end = MARGIN;
  let x = MARGIN;
  items.forEach((item, i) => {
    const w = widths[i] ?? 0;
    if (0 < item.told) end = x + (w * item.told) / Math.max(1, item.bytes);
    x += w;
  });
  const told = items.reduce((sum, item) => sum + item.told, 0);
  const wrong = items.reduce((sum, item) => sum + (item.isWrong ? item.told : 0), 0);
  const isBad = view.kind === 'told' ? 0 < wrong : told < view.bytes;
  const color = isBad ? palette.warning : palette.text;
  const words =
    view.kind === 'measured'
      ? `${sizeText(told)} in a row, ${sizeText(view.bytes)} needed`
      : `told ${sizeText(view.bytes)} from the first address${wrong === 0 ? '' : `: ${sizeText(wrong)} of it wrong`}`;
  const path = `<path d="M${MARGIN} ${BRACKET - 6}v5H${round(end)}v-5" fill="none" stroke="${color}" stroke-width="2"/>`;
  return `${path}${text(MARGIN, BRACKET + 12, shorten(words, width), color, 12)}`;
}

function caption(words: string, y: number, palette: Palette): string {
  return text(MARGIN, y, shorten(words, SHEET_WIDTH), palette.faint, 11);
}

function text(x: number, y: number, words: string, fill: string, size: number, anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" fill="${fill}" font-size="${size}" text-anchor="${anchor}">${escapeXml(words)}</text>`;
}

function shorten(words: string, width: number): string {
  const most = Math.floor((width - 2 * MARGIN) / CHARACTER);
  return words.length <= most ? words : `${words.slice(0, most - 3)}...`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function escapeXml(words: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return words.replace(/[&<>"']/g, (char) => names[char] ?? char);
}
