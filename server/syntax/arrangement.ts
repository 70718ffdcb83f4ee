/**
 * Places for the pieces of a text that is being edited. Each piece keeps its place, far enough from its neighbours to
 * grow, for as long as its text stays the same: what was found out about it stays right, offsets included, while others
 * are edited. Places stand in the order of the text, so that offsets compare as those of the text do.
 */

import type { SourceText } from '../types';
import type { Piece } from './outline';
import { sharedBetween } from './shared';

/** A piece with its place. The same object from one arrangement to the next when neither has changed. */
export interface Slot {
  readonly kind: Piece['kind'];
  readonly name: string;
  readonly code: string;
  /** The offset of its first character. */
  readonly place: number;
}

export interface Arrangement {
  readonly text: string;
  /** One for each piece, in their order. */
  readonly pieces: readonly Slot[];
  /** Those that are not inside of others, as a `#define` in a function is. */
  readonly slots: readonly Slot[];
  /** Where each of these stands in the text. */
  readonly starts: readonly number[];
  /** Slots whose pieces are gone, the last first. Half-typed comments and braces swallow pieces that soon come back. */
  readonly retired: readonly Slot[];
}

/** Below that, offsets are small integers to the engine, which keeps them in place. */
const SPACE = 2 ** 30;

/** Arranges the pieces of `text`, as they stood `before` as far as that is possible. */
export function arrange(text: string, pieces: readonly Piece[], before?: Arrangement): Arrangement {
  const outer = outerPieces(pieces);
  const starts = outer.map((piece) => piece.start);
  const kept = before && realign(text, outer, before);
  const isKept = kept && fits(kept, starts, text.length);
  const slots = isKept ? kept : spread(text, outer);
  return {
    text,
    pieces: withInner(text, pieces, outer, slots),
    slots,
    starts,
    retired: isKept ? retire(slots, before, text.length) : [],
  };
}

/** The text, to be read by the offsets of its arrangement. */
export function arrangedText(arrangement: Arrangement): SourceText {
  const { text } = arrangement;
  return {
    slice: (start, end) => text.slice(toText(arrangement, start), end === undefined ? end : toText(arrangement, end)),
    lastIndexOf: (part, from) => toArranged(arrangement, text.lastIndexOf(part, toText(arrangement, from))),
    includes: (part) => text.includes(part),
  };
}

/** The offset in the text. What lies between two pieces belongs to the nearer one. */
export function toText({ text, slots, starts }: Arrangement, offset: number): number {
  const index = lastAtMost(slots.length, offset, (i) => slots[i]?.place ?? 0);
  const start = starts[index] ?? 0;
  const past = offset - (slots[index]?.place ?? 0);
  const next = starts[index + 1] ?? text.length;
  const before = (slots[index + 1]?.place ?? SPACE) - offset;
  return before < past - (next - start) ? Math.max(start, next - before) : Math.min(next, start + past);
}

/** The offset in the arrangement; what stands between two pieces comes behind the first. Negative offsets stay. */
export function toArranged({ slots, starts }: Arrangement, offset: number): number {
  const index = lastAtMost(starts.length, offset, (i) => starts[i] ?? 0);
  return offset - (starts[index] ?? 0) + (slots[index]?.place ?? 0);
}

/** The last index of an ascending row whose value is at most `limit`; -1 when there is none. */
function lastAtMost(length: number, limit: number, valueAt: (index: number) => number): number {
  let low = -1;
  let high = length;
  while (1 < high - low) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) <= limit) low = middle;
    else high = middle;
  }
  return low;
}

function slotAt(text: string, { kind, name, start, end }: Piece, place: number): Slot {
  // A slice would keep the whole text alive: one text for each piece that was ever edited.
  return { kind, name, code: ` ${text.slice(start, end)}`.slice(1), place };
}

/** The pieces that no other one contains. Pieces come in the order of their ends. */
function outerPieces(pieces: readonly Piece[]): readonly Piece[] {
  const outer: Piece[] = [];
  for (let i = pieces.length - 1, start = Number.POSITIVE_INFINITY; 0 <= i; i--) {
    const piece = pieces[i];
    if (!piece || start <= piece.start) continue;
    start = piece.start;
    outer.push(piece);
  }
  return outer.reverse();
}

/** The slots of pieces inside of others, by these and by their distance from the start. */
const innerSlots = new WeakMap<Slot, Map<number, Slot>>();

/** Slots for all pieces: those inside of others stay with them. */
function withInner(
  text: string,
  pieces: readonly Piece[],
  outer: readonly Piece[],
  slots: readonly Slot[],
): readonly Slot[] {
  if (pieces.length === outer.length) return slots;
  let index = 0;
  return pieces.map((piece) => {
    const [around, slot] = [outer[index], slots[index]];
    if (!around || !slot) return slotAt(text, piece, 0);
    if (around === piece) {
      index += 1;
      return slot;
    }
    const inner = innerSlots.get(slot) ?? new Map<number, Slot>();
    innerSlots.set(slot, inner);
    const distance = piece.start - around.start;
    const known = inner.get(distance) ?? slotAt(text, piece, slot.place + distance);
    inner.set(distance, known);
    return known;
  });
}

/** All pieces at new places, with the same room between them. */
function spread(text: string, pieces: readonly Piece[]): readonly Slot[] {
  const room = Math.floor((SPACE - text.length) / (pieces.length + 1));
  return pieces.map((piece, index) => slotAt(text, piece, piece.start + room * (index + 1)));
}

/** Each piece and what stands behind it end before the next place. */
function fits(slots: readonly Slot[], starts: readonly number[], length: number): boolean {
  let end = 0;
  for (let i = 0; i <= slots.length; i++) {
    const place = slots[i]?.place ?? SPACE;
    const start = starts[i] ?? length;
    if (place < end + start - (starts[i - 1] ?? 0)) return false;
    end = place;
  }
  return true;
}

/** Slots for all pieces: those of `before` where the text is the same, others in between. */
function realign(text: string, pieces: readonly Piece[], before: Arrangement): readonly Slot[] {
  const old = before.slots;
  const shorter = Math.min(pieces.length, old.length);
  const shared = sharedBetween(before.text, text);
  // What stands at the same place of what the texts share need not be compared.
  const isSame = (index: number, from: number) => {
    const [piece, slot] = [pieces[index], old[from]];
    if (!piece || !slot || !isLike(piece, slot)) return false;
    const start = before.starts[from] ?? 0;
    const isBefore = piece.end <= shared.start && piece.start === start;
    const isBehind =
      text.length - shared.end <= piece.start && text.length - piece.start === before.text.length - start;
    return isBefore || isBehind || text.startsWith(slot.code, piece.start);
  };
  let head = 0;
  while (head < shorter && isSame(head, head)) head += 1;
  let tail = 0;
  while (tail < shorter - head && isSame(pieces.length - 1 - tail, old.length - 1 - tail)) tail += 1;
  const gone = old.slice(head, old.length - tail);
  const middle = fill(text, pieces.slice(head, pieces.length - tail), gone, {
    low: old[head - 1]?.place ?? 0,
    high: old[old.length - tail]?.place ?? SPACE,
    retired: before.retired,
  });
  return [...old.slice(0, head), ...middle, ...old.slice(old.length - tail)];
}

function isLike({ kind, name, start, end }: Piece, slot: Slot): boolean {
  return kind === slot.kind && name === slot.name && end - start === slot.code.length;
}

function isIn(text: string, piece: Piece, slot: Slot): boolean {
  return isLike(piece, slot) && text.startsWith(slot.code, piece.start);
}

interface Interval {
  readonly low: number;
  readonly high: number;
  readonly retired: readonly Slot[];
}

/** Slots for the pieces of a stretch in which something has changed; `gone` stood there before. */
function fill(text: string, pieces: readonly Piece[], gone: readonly Slot[], interval: Interval): readonly Slot[] {
  const { low, high, retired } = interval;
  const candidates = [...gone, ...retired.filter(({ place }) => low < place && place < high)];
  candidates.sort((a, b) => a.place - b.place);
  const found: (Slot | undefined)[] = [];
  let bound = low;
  for (const piece of pieces) {
    const slot = candidates.find((one) => bound < one.place && isIn(text, piece, one));
    found.push(slot);
    bound = slot?.place ?? bound;
  }
  const slots: Slot[] = [];
  for (let i = 0; i < pieces.length; ) {
    const same = found[i];
    if (same) {
      slots.push(same);
      i += 1;
      continue;
    }
    let to = i;
    while (to < pieces.length && !found[to]) to += 1;
    slots.push(...between(text, pieces.slice(i, to), gone, slots.at(-1)?.place ?? low, found[to]?.place ?? high));
    i = to;
  }
  return slots;
}

/** Slots for new pieces between two places: at those of the pieces that they replace, the others evenly behind. */
function between(
  text: string,
  pieces: readonly Piece[],
  gone: readonly Slot[],
  low: number,
  high: number,
): readonly Slot[] {
  const free = gone.filter(({ place }) => low < place && place < high);
  const slots = pieces.slice(0, free.length).map((piece, index) => slotAt(text, piece, free[index]?.place ?? 0));
  const rest = pieces.slice(slots.length);
  const [first] = rest;
  const last = rest.at(-1);
  if (!first || !last) return slots;
  const previous = pieces[slots.length - 1];
  const start = previous?.start ?? first.start;
  const from = slots.at(-1)?.place ?? low;
  const room = Math.floor((high - from - (last.end - start)) / (rest.length + 1));
  return [
    ...slots,
    ...rest.map((piece, index) => slotAt(text, piece, from + piece.start - start + room * (index + 1))),
  ];
}

/** The slots that are no longer used and whose place nobody has taken; together no longer than the text. */
function retire(slots: readonly Slot[], before: Arrangement, length: number): readonly Slot[] {
  const places = new Set(slots.map((slot) => slot.place));
  const retired: Slot[] = [];
  let size = 0;
  for (const slot of [...before.slots, ...before.retired]) {
    if (places.has(slot.place)) continue;
    size += slot.code.length;
    if (length < size) break;
    retired.push(slot);
  }
  return retired;
}
