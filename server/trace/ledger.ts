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

/** Live ranges in address order. */
class Places {
  private readonly starts: bigint[] = [];
  private readonly entries: { readonly end: bigint; readonly mapping: LiveMapping }[] = [];

  /** Returns a mapping that the range overlaps. */
  add(range: TraceRange, mapping: LiveMapping): LiveMapping | undefined {
    const end = range.dma + BigInt(range.length);
    const at = this.find(range.dma);
    const [below, above] = [this.entries[at - 1], this.entries[at]];
    this.starts.splice(at, 0, range.dma);
    this.entries.splice(at, 0, { end, mapping });
    if (below && range.dma < below.end) return below.mapping;
    return above && (this.starts[at + 1] ?? end) < end ? above.mapping : undefined;
  }

  remove(range: TraceRange, mapping: LiveMapping): void {
    for (let at = this.find(range.dma); this.starts[at] === range.dma; at++) {
      if (this.entries[at]?.mapping !== mapping) continue;
      this.starts.splice(at, 1);
      this.entries.splice(at, 1);
      return;
    }
  }

  scatter(bytes: number): number {
    const [first, last] = [this.starts[0], this.entries.at(-1)];
    if (first === undefined || !last || last.end <= first) return 0;
    return Math.max(0, 1 - bytes / Number(last.end - first));
  }

  /** First index whose start is at or above `address`. */
  private find(address: bigint): number {
    let [low, high] = [0, this.starts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] ?? 0n) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
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
