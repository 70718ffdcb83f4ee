/** What a device has mapped at the moment: who releases what, what is released twice, what lies on top of what. */

import type { TraceEvent, TraceFinding, TraceRange } from './types';

export interface LiveMapping {
  readonly event: TraceEvent;
  readonly bytes: number;
}

type Report = (kind: TraceFinding['kind'], line: number, message: string) => void;

/** Live mappings of one device. */
export class Ledger {
  /** Live bytes. */
  bytes = 0;
  private readonly report: Report;
  private readonly byAddress = new Map<bigint, LiveMapping[]>();
  /** By the physical start of the first entry, which is what the kernel prints when a list is unmapped. */
  private readonly byMemory = new Map<bigint, LiveMapping[]>();
  private readonly live = new Set<LiveMapping>();
  private readonly places = new Places();
  /** Released before; a second release is told from one of something that was mapped before the trace began. */
  private readonly released = new Set<bigint>();
  /** Live mappings that are only counted any more: the oldest of very many. `line` is that of the first. */
  readonly forgotten = { count: 0, bytes: 0, line: 0 };

  constructor(report: Report) {
    this.report = report;
  }

  get size(): number {
    return this.live.size + this.forgotten.count;
  }

  /** How far apart the live ranges lie: 0 side by side, towards 1 far apart. */
  get scatter(): number {
    return this.places.scatter(this.bytes);
  }

  all(): Iterable<LiveMapping> {
    return this.live;
  }

  map(event: TraceEvent): void {
    const mapping = { event, bytes: sum(event.ranges) };
    const key = keyOf(event);
    if (key === undefined) return;
    push(event.kind === 'map-sg' ? this.byMemory : this.byAddress, key, mapping);
    this.live.add(mapping);
    this.bytes += mapping.bytes;
    this.released.delete(key);
    if (isTranslated(event)) {
      for (const range of event.ranges) {
        const other = this.places.add(range, mapping);
        if (other) this.report('overlap', event.line, overlapText(event, other.event));
      }
    }
    if (MOST_LIVE < this.live.size) this.forgetOldest();
  }

  private forgetOldest(): void {
    const [oldest] = this.live;
    if (!oldest) return;
    const { event, bytes } = oldest;
    this.remove(oldest);
    if (event.kind === 'alloc') return;
    if (this.forgotten.count === 0) this.forgotten.line = event.line;
    this.forgotten.count += 1;
    this.forgotten.bytes += bytes;
    this.bytes += bytes;
  }

  /** The mapping that an event releases; undefined when the trace does not have it. */
  unmap(event: TraceEvent): LiveMapping | undefined {
    const isList = event.kind === 'unmap-sg';
    const table = isList ? this.byMemory : this.byAddress;
    const key = isList ? event.physical[0] : event.ranges[0]?.dma;
    if (key === undefined) return undefined;
    const candidates = table.get(key) ?? [];
    const mapping = candidates.find((one) => isSame(one.event, event)) ?? candidates.at(-1);
    if (!mapping) {
      if (this.released.has(key)) {
        this.report('double-unmap', event.line, `${event.name}() releases ${hex(key)} a second time`);
      } else if (0 < this.forgotten.count) {
        const share = this.forgotten.bytes / this.forgotten.count;
        this.forgotten.count -= 1;
        this.forgotten.bytes -= share;
        this.bytes -= share;
      }
      return undefined;
    }
    const why = mismatch(mapping.event, event);
    if (why !== undefined) this.report('unmap-mismatch', event.line, why);
    this.remove(mapping);
    this.remember(key);
    return mapping;
  }

  private remove(mapping: LiveMapping): void {
    const { event, bytes } = mapping;
    const table = event.kind === 'map-sg' ? this.byMemory : this.byAddress;
    const key = keyOf(event);
    const others = key === undefined ? undefined : table.get(key);
    if (key !== undefined && others) {
      others.splice(others.indexOf(mapping), 1);
      if (others.length === 0) table.delete(key);
    }
    this.live.delete(mapping);
    this.bytes -= bytes;
    if (isTranslated(event)) for (const range of event.ranges) this.places.remove(range, mapping);
  }

  private remember(key: bigint): void {
    this.released.add(key);
    if (this.released.size <= MOST_REMEMBERED) return;
    for (const oldest of this.released) {
      this.released.delete(oldest);
      break;
    }
  }
}

const MOST_REMEMBERED = 100_000;
/** More live mappings than devices have: what a driver leaks must not fill the memory. */
const MOST_LIVE = 100_000;

interface Place {
  readonly start: bigint;
  readonly end: bigint;
  readonly mapping: LiveMapping;
}

/** Ranges in a piece of the address space; then it is cut in two: a long array is slow to insert into. */
const MOST_IN_PIECE = 512;

/** Live ranges in address order, in pieces; no piece is empty. */
class Places {
  private readonly pieces: Place[][] = [];

  /** Returns a mapping that the range overlaps. */
  add({ dma: start, length }: TraceRange, mapping: LiveMapping): LiveMapping | undefined {
    const end = start + BigInt(length);
    const at = this.pieceOf(start);
    const piece = this.pieces[at] ?? [];
    if (piece.length === 0) this.pieces.push(piece);
    const index = firstFrom(piece, start);
    const below = piece[index - 1] ?? this.pieces[at - 1]?.at(-1);
    const above = piece[index] ?? this.pieces[at + 1]?.[0];
    piece.splice(index, 0, { start, end, mapping });
    if (MOST_IN_PIECE < piece.length) this.pieces.splice(at + 1, 0, piece.splice(MOST_IN_PIECE >> 1));
    if (below && start < below.end) return below.mapping;
    return above && above.start < end ? above.mapping : undefined;
  }

  remove({ dma: start }: TraceRange, mapping: LiveMapping): void {
    for (let at = this.pieceOf(start); at < this.pieces.length; at++) {
      const piece = this.pieces[at] ?? [];
      for (let index = firstFrom(piece, start); index < piece.length; index++) {
        const place = piece[index];
        if (place?.start !== start) return;
        if (place.mapping !== mapping) continue;
        piece.splice(index, 1);
        if (piece.length === 0) this.pieces.splice(at, 1);
        return;
      }
    }
  }

  scatter(bytes: number): number {
    const [first, last] = [this.pieces[0]?.[0], this.pieces.at(-1)?.at(-1)];
    if (!first || !last || last.end <= first.start) return 0;
    return Math.max(0, 1 - bytes / Number(last.end - first.start));
  }

  /** The first piece whose last range starts at or above `address`, or else the last piece. */
  private pieceOf(address: bigint): number {
    let [low, high] = [0, Math.max(0, this.pieces.length - 1)];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.pieces[middle]?.at(-1)?.start ?? 0n) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** First index whose start is at or above `address`. */
function firstFrom(piece: readonly Place[], address: bigint): number {
  let [low, high] = [0, piece.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((piece[middle]?.start ?? 0n) < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOf(event: TraceEvent): bigint | undefined {
  return event.kind === 'map-sg' ? event.physical[0] : event.ranges[0]?.dma;
}

/** Memory may be mapped twice where addresses are not translated; then the ranges coincide by right. */
function isTranslated(event: TraceEvent): boolean {
  return event.kind !== 'alloc' && event.ranges[0]?.dma !== event.physical[0];
}

function isSame(mapped: TraceEvent, unmapped: TraceEvent): boolean {
  return mismatch(mapped, unmapped) === undefined;
}

/** What an unmap says otherwise than the map; undefined when it fits. */
function mismatch(mapped: TraceEvent, unmapped: TraceEvent): string | undefined {
  const where = `mapped in line ${mapped.line}`;
  if (mapped.kind !== 'alloc' && mapped.direction !== unmapped.direction) {
    return `${unmapped.name}() says ${unmapped.direction}, but ${where} as ${mapped.direction}`;
  }
  if (unmapped.kind === 'unmap-sg') {
    const count = unmapped.entries;
    if (mapped.isTruncated || mapped.physical.length !== mapped.entries || count === mapped.entries) return undefined;
    return `${unmapped.name}() is given ${count} entries, but ${where} with ${mapped.entries}`;
  }
  const [size, wanted] = [unmapped.ranges[0]?.length, mapped.ranges[0]?.length];
  if (size !== wanted) return `${unmapped.name}() releases ${size} bytes, but ${where} with ${wanted}`;
  return undefined;
}

function overlapText(event: TraceEvent, other: TraceEvent): string {
  return `${event.name}() got ${hex(event.ranges[0]?.dma ?? 0n)}, which still belongs to what was mapped in line ${other.line}`;
}

function push(table: Map<bigint, LiveMapping[]>, key: bigint, mapping: LiveMapping): void {
  const known = table.get(key);
  if (known) known.push(mapping);
  else table.set(key, [mapping]);
}

function sum(ranges: readonly TraceRange[]): number {
  return ranges.reduce((total, one) => total + one.length, 0);
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
