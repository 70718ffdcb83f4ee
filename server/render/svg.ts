/** Layouts as SVG: physical memory above, what the device sees below, gaps hatched and measured. */

import { hex, sizeText } from '../sim/layout';
import type { MapResult, Scatterlist } from '../sim/types';

export type Theme = 'light' | 'dark' | 'high-contrast';

export interface SvgOptions {
  readonly theme?: Theme;
  /** Pixels; at most 700. */
  readonly width?: number;
  /** Bytes that the device was told to use from the first address on. */
  readonly deviceBytes?: number;
  /** What the drawing is of, for people who do not see it. */
  readonly title?: string;
}

interface Palette {
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly entries: readonly string[];
  readonly stroke: string;
  readonly warning: string;
  readonly onEntry: string;
}

/** An image in a hover knows nothing of the editor's colours: these are made for its three kinds of theme. */
const PALETTES: Readonly<Record<Theme, Palette>> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    faint: '#59636e',
    entries: ['#9ecbff', '#b4e3b4', '#ffd8a8', '#d8c7f5'],
    stroke: '#59636e',
    warning: '#c4320a',
    onEntry: '#1f2328',
  },
  dark: {
    background: '#0d1117',
    text: '#e6edf3',
    faint: '#9198a1',
    entries: ['#1f5f99', '#2f6f3e', '#8a5a1c', '#5b4a8a'],
    stroke: '#9198a1',
    warning: '#ff9470',
    onEntry: '#ffffff',
  },
  'high-contrast': {
    background: '#000000',
    text: '#ffffff',
    faint: '#ffffff',
    entries: ['#003a70', '#004d1a', '#5c3300', '#3a2470'],
    stroke: '#ffffff',
    warning: '#ffb000',
    onEntry: '#ffffff',
  },
};

interface Box {
  readonly bytes: number;
  readonly label: string;
  readonly note: string;
  /** Input entries inside, in order; absent for a gap. */
  readonly entries?: readonly { readonly index: number; readonly bytes: number }[];
  readonly isBack?: boolean;
}

const ROW = 30;
const TOP = 20;
const BETWEEN = 34;
const MARGIN = 8;
const SECOND = TOP + ROW + BETWEEN;
const HEIGHT = SECOND + ROW + 34;
const SHEET_WIDTH = 640;
const SHEET_TITLE = 22;
const SHEET_MARGIN = 12;

/** A drawing of a mapping. Every text in it is escaped; nothing refers to the outside. */
export function drawSvg(list: Scatterlist, result: MapResult, options: SvgOptions = {}): string {
  const palette = PALETTES[options.theme ?? 'dark'];
  const width = Math.min(700, Math.max(320, options.width ?? 640));
  const title = options.title ?? describe(result);
  return [
    opening(width, HEIGHT),
    `<title>${escapeXml(title)}</title><desc>${escapeXml(describe(result))}</desc>`,
    pattern(palette),
    ...drawRows(list, result, width, palette),
    '</svg>',
  ].join('');
}

/** One of the drawings of a sheet; without a result there is only the title. */
export interface Drawing {
  readonly title: string;
  readonly list: Scatterlist;
  readonly result: MapResult | undefined;
}

/** Several drawings in one picture with a background of its own, `columns` of them side by side. */
export function drawSheet(drawings: readonly Drawing[], columns: number, theme: Theme = 'light'): string {
  const palette = PALETTES[theme];
  const parts: string[] = [];
  let y = SHEET_MARGIN;
  for (let first = 0; first < drawings.length; first += columns) {
    const row = drawings.slice(first, first + columns);
    row.forEach(({ title, list, result }, column) => {
      const x = column * SHEET_WIDTH;
      const rows = result ? drawRows(list, result, SHEET_WIDTH, palette) : [];
      const about = result ? `<desc>${escapeXml(describe(result))}</desc>` : '';
      const name = text(MARGIN, 14, clip(title, SHEET_WIDTH), palette.text, 13);
      parts.push(`<g transform="translate(${x} ${y})"><title>${escapeXml(title)}</title>${about}${name}`);
      if (result) parts.push(`<g transform="translate(0 ${SHEET_TITLE})">${rows.join('')}</g>`);
      parts.push('</g>');
    });
    y += SHEET_TITLE + (row.some((one) => one.result) ? HEIGHT : 0) + SHEET_MARGIN;
  }
  const width = Math.min(columns, drawings.length) * SHEET_WIDTH;
  const background = `<rect width="${width}" height="${y}" fill="${palette.background}"/>`;
  return [opening(width, y), pattern(palette), background, ...parts, '</svg>'].join('');
}

function opening(width: number, height: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif">`;
}

function pattern(palette: Palette): string {
  return `<defs><pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="${palette.warning}" stroke-width="2"/></pattern></defs>`;
}

/** Memory above, the device's view below, the first hole explained. */
function drawRows(list: Scatterlist, result: MapResult, width: number, palette: Palette): readonly string[] {
  const device = result.ok ? deviceBoxes(result, list) : [];
  const rows = [
    caption('physical memory', TOP - 6, palette),
    drawRow(memoryBoxes(list), TOP, width, palette),
    caption(
      result.ok ? `what the device sees (${result.backend})` : `${result.backend}: not mapped`,
      SECOND - 6,
      palette,
    ),
    result.ok ? drawRow(device, SECOND, width, palette) : caption(result.reason, SECOND + 18, palette),
  ];
  const first = device.find((box) => box.entries === undefined);
  if (first) rows.push(text(MARGIN, SECOND + ROW + 30, clip(first.note, width), palette.warning, 11));
  return rows;
}

/** The same in one sentence. */
export function describe(result: MapResult): string {
  if (!result.ok) return `${result.backend} refuses the list: ${result.reason}`;
  const parts = result.segments.map((segment, i) => {
    const gap = result.breaks[i]?.gap ?? 0n;
    const after = gap === 0n ? '' : gap < 0n ? ', then a jump back' : `, then a hole of ${sizeText(gap)}`;
    return `${sizeText(segment.length)} at ${hex(segment.dma)}${after}`;
  });
  return `${result.backend} gives ${result.segments.length} segments: ${parts.join('; ')}`;
}

function memoryBoxes(list: Scatterlist): readonly Box[] {
  const boxes: Box[] = [];
  list.forEach((entry, index) => {
    const start = entry.page + BigInt(entry.offset);
    const before = list[index - 1];
    const gap = before ? start - (before.page + BigInt(before.offset + before.length)) : 0n;
    if (gap !== 0n) boxes.push({ bytes: 1, label: '', note: '', isBack: gap < 0n });
    boxes.push({
      bytes: entry.length,
      label: sizeText(entry.length),
      note: hex(start),
      entries: [{ index, bytes: entry.length }],
    });
  });
  return boxes;
}

function deviceBoxes(result: MapResult & { readonly ok: true }, list: Scatterlist): readonly Box[] {
  const boxes: Box[] = [];
  result.segments.forEach((segment, i) => {
    const entries = segment.pieces.map((piece) => ({ index: piece.entry, bytes: list[piece.entry]?.length ?? 0 }));
    boxes.push({ bytes: segment.length, label: sizeText(segment.length), note: hex(segment.dma), entries });
    const after = result.breaks[i];
    if (!after || after.gap === 0n) return;
    const isBack = after.gap < 0n;
    boxes.push({
      bytes: Number(isBack ? -after.gap : after.gap),
      label: isBack ? 'back' : sizeText(after.gap),
      note: after.why,
      isBack,
    });
  });
  return boxes;
}

function drawRow(boxes: readonly Box[], y: number, width: number, palette: Palette): string {
  const shown = boxes.slice(0, 9);
  const weights = shown.map((box) => (box.label === '' ? 1 : Math.max(2, Math.log2(Math.max(2, box.bytes)) - 8)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const room = width - 2 * MARGIN;
  const out: string[] = [];
  let x = MARGIN;
  shown.forEach((box, i) => {
    const w = (room * (weights[i] ?? 1)) / total;
    out.push(box.entries ? drawEntries(box, x, y, w, palette) : drawGap(box, x, y, w, palette));
    x += w;
  });
  if (shown.length < boxes.length) out.push(text(width - MARGIN - 16, y - 6, '...', palette.faint, 12));
  return out.join('');
}

function drawEntries(box: Box, x: number, y: number, w: number, palette: Palette): string {
  const entries = box.entries ?? [];
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0) || 1;
  let at = x;
  const parts = entries.map(({ index, bytes: own }) => {
    const part = (w * own) / bytes;
    const fill = palette.entries[index % palette.entries.length] ?? palette.stroke;
    const rect = `<rect x="${round(at)}" y="${y}" width="${round(part)}" height="${ROW}" fill="${fill}"/>`;
    at += part;
    return rect;
  });
  const outline = `<rect x="${round(x)}" y="${y}" width="${round(w)}" height="${ROW}" fill="none" stroke="${palette.stroke}"/>`;
  const label = w < 34 ? '' : text(x + w / 2, y + 19, box.label, palette.onEntry, 12, 'middle');
  const note = w < 74 ? '' : text(x + w / 2, y + ROW + 13, box.note, palette.faint, 10, 'middle');
  return [...parts, outline, label, note].join('');
}

function drawGap(box: Box, x: number, y: number, w: number, palette: Palette): string {
  if (box.label === '')
    return `<path d="M${round(x + w / 2 - 5)} ${y + ROW / 2}h3m2 0h3" stroke="${palette.faint}" stroke-width="2"/>`;
  const rect = `<rect x="${round(x)}" y="${y}" width="${round(w)}" height="${ROW}" fill="url(#h)" fill-opacity="0.5" stroke="${palette.warning}" stroke-dasharray="4 3"/>`;
  const word = w < 60 ? box.label : `${box.isBack ? '' : 'hole '}${box.label}`;
  return `${rect}${text(x + w / 2, y + ROW + 13, word, palette.warning, 11, 'middle')}`;
}

function caption(words: string, y: number, palette: Palette): string {
  return text(MARGIN, y, clip(words, 640), palette.faint, 11);
}

function text(x: number, y: number, words: string, fill: string, size: number, anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" fill="${fill}" font-size="${size}" text-anchor="${anchor}">${escapeXml(words)}</text>`;
}

function clip(words: string, width: number): string {
  const most = Math.floor(width / 6);
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
