/**
 * A layout as rows of boxes, to scale, with a break where distances are beyond the scale. The same rows become a picture
 * (`svg.ts`) and a drawing in characters (`text.ts`).
 */

import { contiguousBytes, hex, sizeText } from '../sim/layout';
import type { MappedLayout, Scatterlist } from '../sim/types';

export interface TrackItem {
  /** `far`: a distance beyond the scale; `back`: the next box lies lower; `more`: boxes left out. */
  readonly kind: 'bytes' | 'hole' | 'far' | 'back' | 'more';
  readonly bytes: number;
  readonly label: string;
  /** Address, or why there is a hole. */
  readonly note: string;
  /** Input entries inside, in order. */
  readonly entries: readonly { readonly index: number; readonly bytes: number }[];
  /** Leading bytes that lie in the range the device was told. */
  readonly told: number;
  /** Of these, whether they are what the device takes them for. */
  readonly isWrong: boolean;
}

/** What the drawing says about the range that the code takes the list for. */
export type RangeView =
  /** The device was told so many bytes from the first address on. */
  | { readonly kind: 'told'; readonly bytes: number }
  /** The code measured the leading run, and wants so many bytes. */
  | { readonly kind: 'measured'; readonly bytes: number };

const MOST_ITEMS = 11;
/** A gap of more than this many times all bytes is beyond the scale. */
const FAR = 2;

/** Physical memory, entry by entry; no more than `most` boxes. */
export function memoryTrack(list: Scatterlist, most = MOST_ITEMS): readonly TrackItem[] {
  const total = list.reduce((sum, entry) => sum + entry.length, 0);
  const items: TrackItem[] = [];
  list.forEach((entry, index) => {
    const start = entry.page + BigInt(entry.offset);
    const before = list[index - 1];
    const gap = before ? start - (before.page + BigInt(before.offset + before.length)) : 0n;
    if (gap !== 0n) items.push(gapItem(gap, total, ''));
    const { length } = entry;
    items.push({ ...box(length, hex(start)), label: sizeText(length), entries: [{ index, bytes: length }] });
  });
  return clip(items, most);
}

/** The device's view; holes, and the part of them that the device would touch, are boxes of their own. */
export function deviceTrack(
  list: Scatterlist,
  layout: MappedLayout,
  view?: RangeView,
  most = MOST_ITEMS,
): readonly TrackItem[] {
  const { segments, breaks } = layout;
  const total = segments.reduce((sum, segment) => sum + segment.length, 0);
  const items: TrackItem[] = [];
  let left = view === undefined ? 0 : view.kind === 'told' ? view.bytes : contiguousBytes(segments);
  let isRight = true;
  const take = (bytes: number) => {
    const told = Math.max(0, Math.min(left, bytes));
    left -= told;
    return told;
  };
  segments.forEach((segment, i) => {
    const entries = segment.pieces.map((piece) => ({ index: piece.entry, bytes: list[piece.entry]?.length ?? 0 }));
    const told = take(segment.length);
    const label = sizeText(segment.length);
    items.push({ ...box(segment.length, hex(segment.dma)), label, entries, told, isWrong: !isRight });
    const after = breaks[i];
    if (!after || after.gap === 0n) return;
    isRight = false;
    const isBack = after.gap < 0n;
    // What the device touches behind this segment, before the hole ends.
    const touched = take(isBack ? left : Math.min(left, Number(after.gap)));
    if (0 < touched) items.push({ ...wrongBox(touched), note: after.why });
    if (isBack) left = 0;
    const rest = isBack ? after.gap : after.gap - BigInt(touched);
    if (rest !== 0n) items.push(gapItem(rest, total, after.why));
  });
  if (0 < left && view?.kind === 'told') items.push(wrongBox(left));
  return clip(items, most);
}

/** Widths for rows that share one scale: `room` units for the longest, no box below `least` units. */
export function widthsOf(rows: readonly (readonly TrackItem[])[], room: number, least: number): readonly number[][] {
  const fixed = (item: TrackItem) => item.kind === 'far' || item.kind === 'back' || item.kind === 'more';
  const width = (item: TrackItem, scale: number) =>
    fixed(item) ? FIXED_BOXES * least : Math.max(least * leastBoxes(item), item.bytes * scale);
  const longest = (scale: number) =>
    Math.max(0, ...rows.map((row) => row.reduce((sum, item) => sum + width(item, scale), 0)));
  let low = 0;
  let high = room;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (longest(middle) <= room) low = middle;
    else high = middle;
  }
  const shrink = Math.min(1, room / Math.max(1, longest(low)));
  return rows.map((row) => row.map((item) => width(item, low) * shrink));
}

/** Widths of a break in boxes of the least width, and of a box that holds a label. */
const FIXED_BOXES = 3;
function leastBoxes(item: TrackItem): number {
  return item.label === '' ? 1 : 2;
}

function box(bytes: number, note: string): TrackItem {
  return { kind: 'bytes', bytes, label: '', note, entries: [], told: 0, isWrong: false };
}

function wrongBox(bytes: number): TrackItem {
  return { kind: 'hole', bytes, label: sizeText(bytes), note: '', entries: [], told: bytes, isWrong: true };
}

function gapItem(gap: bigint, total: number, note: string): TrackItem {
  const item = { bytes: Number(gap < 0n ? -gap : gap), note, entries: [], told: 0, isWrong: false };
  if (gap < 0n) return { ...item, kind: 'back', label: 'back' };
  const kind = BigInt(FAR * total) < gap ? 'far' : 'hole';
  return { ...item, kind, label: kind === 'far' ? roughly(gap) : sizeText(gap) };
}

/** A distance beyond the scale, in whole units. */
function roughly(gap: bigint): string {
  const [number = '', unit = ''] = sizeText(gap).split(' ');
  return `${Math.round(Number(number))} ${unit}`;
}

function clip(items: readonly TrackItem[], most: number): readonly TrackItem[] {
  if (items.length <= most) return items;
  const shown = items.slice(0, most - 1);
  const left = items.slice(most - 1).filter((item) => item.kind === 'bytes').length;
  return [...shown, { ...box(0, ''), kind: 'more', label: `+${left}` }];
}
