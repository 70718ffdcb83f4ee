/**
 * Reads ftrace text line by line: `trace`, `trace_pipe`, `trace-cmd report`, `perf script`. Knows the dma:* events of
 * Linux 6.12 and later (include/trace/events/dma.h). Holds no more than the last event of each CPU.
 */

import type { TraceDirection, TraceEvent, TraceItem, TraceKind, TraceRange } from './types';

interface EventFormat {
  readonly kind: TraceKind;
  /** Where the addresses are: in lists, or single fields. */
  readonly isList: boolean;
}

const single = (kind: TraceKind): EventFormat => ({ kind, isList: false });
const list = (kind: TraceKind): EventFormat => ({ kind, isList: true });

/** What each event says. `dma_map_phys` is what `dma_map_page` is called since 6.18. */
const EVENTS: Readonly<Record<string, EventFormat>> = {
  dma_map_page: single('map'),
  dma_map_phys: single('map'),
  dma_map_resource: single('map'),
  dma_unmap_page: single('unmap'),
  dma_unmap_phys: single('unmap'),
  dma_unmap_resource: single('unmap'),
  dma_alloc: single('alloc'),
  dma_alloc_pages: single('alloc'),
  dma_alloc_sgt: single('alloc'),
  dma_alloc_sgt_err: single('alloc-failed'),
  dma_free: single('free'),
  dma_free_pages: single('free'),
  dma_free_sgt: single('free'),
  dma_map_sg: list('map-sg'),
  dma_map_sg_err: list('map-sg-failed'),
  dma_unmap_sg: list('unmap-sg'),
  dma_sync_single_for_cpu: single('sync'),
  dma_sync_single_for_device: single('sync'),
  dma_sync_sg_for_cpu: list('sync-sg'),
  dma_sync_sg_for_device: list('sync-sg'),
};

const DIRECTIONS = new Set<string>(['TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL', 'NONE']);
/** What dma_map_page() returns for a failure. */
const MAPPING_ERROR = 2n ** 64n - 1n;
const MAX_FRAMES = 24;

export class TraceParser {
  /** Lines seen. */
  lines = 0;
  private readonly emit: (item: TraceItem) => void;
  private readonly last = new Map<number, TraceEvent>();
  private stack: { readonly event: TraceEvent; readonly frames: string[] } | undefined;

  constructor(emit: (item: TraceItem) => void) {
    this.emit = emit;
  }

  /** Takes the next line, without its newline. */
  push(text: string): void {
    this.lines += 1;
    if (this.stack) {
      const frame = /^\s*=>\s*([^\s+]+)/.exec(text)?.[1];
      if (frame !== undefined) {
        if (this.stack.frames.length < MAX_FRAMES) this.stack.frames.push(frame);
        return;
      }
      this.endStack();
    }
    const at = text.indexOf('dma_');
    if (at === -1) {
      this.readOther(text);
      return;
    }
    const found = nameIn(text, at);
    if (!found) return;
    const { name, from, body } = found;
    const event = this.readEvent(EVENTS[name] ?? single('sync'), name, text.slice(0, from), body);
    if (typeof event === 'string') {
      this.emit({ kind: 'problem', line: this.lines, reason: `${name}: ${event}` });
      return;
    }
    this.last.set(event.cpu, event);
    this.emit({ kind: 'event', event });
  }

  /** Hands on what is still held. */
  end(): void {
    this.endStack();
  }

  private endStack(): void {
    if (this.stack && 0 < this.stack.frames.length) this.emit({ kind: 'stack', ...this.stack });
    this.stack = undefined;
  }

  /** Lost events and stacks. */
  private readOther(text: string): void {
    const lost = /LOST (\d+) EVENTS/.exec(text) ?? (/EVENTS DROPPED/.test(text) ? ['', '1'] : undefined);
    if (lost) {
      this.emit({ kind: 'lost', count: Number(lost[1]), line: this.lines });
      return;
    }
    if (!text.includes('<stack trace>') && !text.includes('kernel_stack')) return;
    const cpu = /\[(\d+)\]/.exec(text)?.[1];
    // trace-cmd prints the line without a CPU: the stack belongs to the event right above.
    const event = cpu === undefined ? [...this.last.values()].at(-1) : this.last.get(Number(cpu));
    if (!event) return;
    // A second stack is of an event that was not recorded.
    this.last.delete(event.cpu);
    this.stack = { event, frames: [] };
  }

  private readEvent(format: EventFormat, name: string, head: string, body: string): TraceEvent | string {
    const where = readHead(head);
    if (!where) return 'no task, CPU and time before it';
    const fields = / dir=([A-Z_]+)/.exec(body);
    if (!fields) return 'no direction';
    const direction = fields[1] ?? '';
    if (!DIRECTIONS.has(direction)) return `'${direction}' is no direction`;
    const base = {
      kind: format.kind,
      name,
      device: body.slice(0, fields.index).trim(),
      direction: direction as TraceDirection,
      ...where,
      line: this.lines,
    };
    if (base.device === '') return 'no device';
    return format.isList ? readList(base, body) : readSingle(base, body);
  }
}

type Base = Pick<TraceEvent, 'kind' | 'name' | 'device' | 'direction' | 'task' | 'cpu' | 'time' | 'line'>;

/** The event's name and what follows it; undefined where `dma_` is part of something else. */
function nameIn(text: string, start: number): { name: string; from: number; body: string } | undefined {
  for (let at = start; at !== -1; at = text.indexOf('dma_', at + 4)) {
    const end = text.indexOf(':', at);
    if (end === -1) return undefined;
    const name = text.slice(at, end);
    if (!(name in EVENTS)) continue;
    const isPrefixed = text.startsWith('dma:', at - 4);
    return { name, from: isPrefixed ? at - 4 : at, body: text.slice(end + 1) };
  }
  return undefined;
}

/** `  task-1  ( 12) [000] d..1.  2.149541: `; undefined where a part is missing. */
function readHead(head: string): Pick<TraceEvent, 'task' | 'cpu' | 'time'> | undefined {
  const open = head.lastIndexOf('[');
  const close = head.indexOf(']', open);
  const end = head.lastIndexOf(':');
  if (open < 1 || close === -1 || end < close) return undefined;
  const cpu = Number(head.slice(open + 1, close));
  const time = Number(head.slice(head.lastIndexOf(' ', end) + 1, end));
  if (!Number.isInteger(cpu) || Number.isNaN(time) || head.trimEnd().length !== end + 1) return undefined;
  let who = head.slice(0, open).trim();
  if (who.endsWith(')')) who = who.slice(0, who.lastIndexOf('(')).trimEnd();
  const task = /^(.*?)[\s-]+\d+$/.exec(who)?.[1];
  return task === undefined ? undefined : { task, cpu, time };
}

function readSingle(base: Base, body: string): TraceEvent | string {
  const dma = hexField(body, ' dma_addr=');
  const size = / size=(\d+)/.exec(body)?.[1];
  if (dma === undefined) return 'no dma_addr';
  if (size === undefined) return 'no size';
  const length = Number(size);
  const physical = hexField(body, ' phys_addr=');
  const isFailed = dma === MAPPING_ERROR && base.kind === 'map';
  return {
    ...base,
    kind:
      base.kind === 'alloc' && length !== 0 && dma === 0n && /virt_addr=0+\b|virt_addr=\(null\)/.test(body)
        ? 'alloc-failed'
        : base.kind,
    ranges: isFailed ? [] : [{ dma, length }],
    physical: physical === undefined ? [] : [physical],
    entries: 1,
    segments: isFailed ? 0 : 1,
    isTruncated: false,
    error: isFailed ? -12 : 0,
  };
}

function readList(base: Base, body: string): TraceEvent | string {
  const addresses = arrayField(body, ' dma_addrs=');
  const sizes = arrayField(body, ' sizes=');
  const physical = arrayField(body, ' phys_addrs=');
  if (addresses === 'cut' || sizes === 'cut' || physical === 'cut') return 'the line is cut';
  if (base.kind === 'map-sg-failed') {
    const error = /\serr=(-?\d+)/.exec(body)?.[1];
    if (error === undefined) return 'no err';
    const entries = addresses ?? [];
    return {
      ...base,
      ranges: [],
      physical: entries,
      entries: entries.length,
      segments: 0,
      isTruncated: false,
      error: Number(error),
    };
  }
  if (base.kind === 'unmap-sg') {
    if (!physical) return 'no phys_addrs';
    return { ...base, ranges: [], physical, entries: physical.length, segments: 0, isTruncated: false, error: 0 };
  }
  if (!addresses || !sizes) return 'no dma_addrs and sizes';
  if (base.kind === 'map-sg' && !physical) return 'no phys_addrs';
  if (addresses.length !== sizes.length) return `${addresses.length} addresses, but ${sizes.length} sizes`;
  const ranges: TraceRange[] = addresses.map((dma, i) => ({ dma, length: Number(sizes[i] ?? 0n) }));
  const start = body.slice(0, body.indexOf(' dma_addrs='));
  const counts = / nents=\d+\/(\d+) ents=\d+\/(\d+)/.exec(start);
  return {
    ...base,
    ranges,
    physical: physical ?? [],
    entries: counts ? Number(counts[1]) : (physical?.length ?? 0),
    segments: counts ? Number(counts[2]) : ranges.length,
    isTruncated: start.includes('[TRUNCATED]'),
    error: 0,
  };
}

function hexField(body: string, key: string): bigint | undefined {
  const at = body.indexOf(key);
  if (at === -1) return undefined;
  const text = /^(?:0x)?([0-9a-f]{1,16})(?![0-9a-z])/i.exec(body.slice(at + key.length, at + key.length + 20))?.[1];
  return text === undefined ? undefined : BigInt(`0x${text}`);
}

/** `{0x1000,0x2000}`; `ARRAY[1000, 2000]` as older trace-cmd prints it. Undefined: no such field. */
function arrayField(body: string, key: string): readonly bigint[] | undefined | 'cut' {
  const at = body.indexOf(key);
  if (at === -1) return undefined;
  const start = at + key.length;
  const isArray = body.startsWith('ARRAY[', start);
  const open = isArray ? start + 6 : start + 1;
  if (!isArray && body[start] !== '{') return 'cut';
  const end = body.indexOf(isArray ? ']' : '}', open);
  if (end === -1) return 'cut';
  return readNumbers(body, open, end) ?? 'cut';
}

/** Hex numbers separated by commas; undefined where there is anything else. Short ones need no text of their own. */
function readNumbers(text: string, from: number, to: number): readonly bigint[] | undefined {
  const values: bigint[] = [];
  let start = from;
  let value = 0;
  let digits = 0;
  for (let at = from; at <= to; at++) {
    const code = at === to ? COMMA : text.charCodeAt(at);
    const digit = code < 128 ? (HEX_DIGITS[code] ?? -1) : -1;
    if (digit !== -1) {
      value = value * 16 + digit;
      digits += 1;
    } else if (code === COMMA) {
      if (digits === 0 || 16 < digits) return at === to && values.length === 0 && digits === 0 ? values : undefined;
      values.push(digits <= 13 ? BigInt(value) : BigInt(`0x${text.slice(start, at).trim().replace(/^0x/, '')}`));
      start = at + 1;
      value = 0;
      digits = 0;
    } else if (code === LETTER_X && value === 0 && digits === 1) {
      digits = 0;
    } else if (code !== BLANK) {
      return undefined;
    }
  }
  return values;
}

const COMMA = 44;
const BLANK = 32;
const LETTER_X = 120;
/** By character code; -1 for what is no hex digit. */
const HEX_DIGITS = Int8Array.from({ length: 128 }, (_one, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? -1 : digit;
});
