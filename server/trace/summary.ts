/** Adds up a trace, item by item, in memory that does not grow with its length. */

import { sizeText } from '../sim/layout';
import { elsewhereOf } from './elsewhere';
import { Ledger } from './ledger';
import { TraceParser } from './parse';
import { recognise } from './recognise';
import { isContiguous, ShapeTable } from './shapes';
import { Timeline } from './timeline';
import type {
  DeviceReport,
  DirectionReport,
  TraceDirection,
  TraceEvent,
  TraceFinding,
  TraceItem,
  TraceReport,
  TraceSite,
} from './types';

/** Kinds of lists that are kept per device. */
const MOST_SHAPES = 400;
const MOST_PROBLEMS = 20;
const MOST_GAPS = 1000;
const SHOWN_GAPS = 5;
const MOST_SITES = 200;
/** Functions of the kernel's own DMA and tracing code. */
const OWN_FRAME = /^(?:__)?(?:dma_map|dma_direct|iommu_dma|ftrace)|trace_event|^(?:__)?trace_/;
/** Frames of that kind come first. */
const MOST_OWN = 8;
const SHOWN_FRAMES = 4;

export class TraceSummary {
  private readonly devices = new Map<string, DeviceState>();
  private readonly problems: { line: number; reason: string }[] = [];
  private problemCount = 0;
  private lost = 0;
  private events = 0;
  private readonly timeline = new Timeline();

  add(item: TraceItem): void {
    if (item.kind === 'problem') {
      this.problemCount += 1;
      if (this.problems.length < MOST_PROBLEMS) this.problems.push({ line: item.line, reason: item.reason });
    } else if (item.kind === 'lost') {
      this.lost += item.count;
    } else if (item.kind === 'stack') {
      this.device(item.event).addStack(item.event, item.frames);
    } else {
      this.events += 1;
      this.device(item.event).add(item.event, this.timeline);
    }
  }

  /** What it comes to; `lines` is the length of the file. */
  report(lines: number): TraceReport {
    const findings: TraceFinding[] = [];
    const devices: DeviceReport[] = [];
    for (const state of this.devices.values()) {
      for (const mapping of state.ledger.all()) this.timeline.endless(mapping.event);
      const device = state.report();
      devices.push(device);
      findings.push(...state.findings(this.lost), ...overLimit(device));
    }
    const { slices, samples, every, from, to } = this.timeline.result();
    const { problems, problemCount, events, lost } = this;
    return {
      version: 1,
      lines,
      events,
      lost,
      problems,
      problemCount,
      from,
      to,
      devices,
      findings,
      timeline: slices,
      samples,
      samplesEvery: every,
    };
  }

  private device(event: TraceEvent): DeviceState {
    let state = this.devices.get(event.device);
    if (!state) {
      state = new DeviceState(event.device);
      this.devices.set(event.device, state);
    }
    return state;
  }
}

/** The report of a text, line by line: what an editor needs, and tests. */
export function summarize(lines: Iterable<string>): TraceReport {
  const summary = new TraceSummary();
  const parser = new TraceParser((item) => summary.add(item));
  for (const line of lines) parser.push(line);
  parser.end();
  return summary.report(parser.lines);
}

type Writable<T> = { -readonly [key in keyof T]: T[key] };
type Counts = Writable<Omit<DirectionReport, 'gaps' | 'addressBits'>>;

class DeviceState {
  readonly ledger: Ledger;
  private readonly name: string;
  private readonly counts = new Map<TraceDirection, { counts: Counts; gaps: Map<bigint, number>; highest: bigint }>();
  private readonly shapes = new ShapeTable(MOST_SHAPES);
  private readonly pages = new PageStatistics();
  private readonly sites = new Map<string, Writable<TraceSite>>();
  private readonly wrong = new Map<TraceFinding['kind'], { line: number; message: string; count: number }>();
  private readonly allocations = { count: 0, live: 0, bytes: 0 };

  constructor(name: string) {
    this.name = name;
    this.ledger = new Ledger((kind, line, message) => {
      const known = this.wrong.get(kind);
      if (known) known.count += 1;
      else this.wrong.set(kind, { line, message, count: 1 });
    });
  }

  add(event: TraceEvent, timeline: Timeline): void {
    const direction = this.direction(event.direction);
    const { counts } = direction;
    switch (event.kind) {
      case 'map-sg':
      case 'map':
        if (event.error !== 0) {
          counts.failures += 1;
          return;
        }
        this.count(direction, event);
        this.ledger.map(event);
        counts.live += 1;
        counts.liveMax = Math.max(counts.liveMax, counts.live);
        break;
      case 'alloc':
        this.allocations.count += 1;
        this.allocations.live += 1;
        this.allocations.bytes += event.ranges[0]?.length ?? 0;
        this.ledger.map(event);
        break;
      case 'unmap-sg':
      case 'unmap':
      case 'free': {
        const mapping = this.ledger.unmap(event);
        if (!mapping) break;
        if (mapping.event.kind === 'alloc') this.allocations.live -= 1;
        else this.direction(mapping.event.direction).counts.live -= 1;
        timeline.ended(mapping.event, event.time);
        break;
      }
      case 'map-sg-failed':
      case 'alloc-failed':
        counts.failures += 1;
        break;
      case 'sync':
      case 'sync-sg':
        counts.syncs += 1;
        return;
    }
    timeline.tick(event, this.ledger);
  }

  addStack(event: TraceEvent, frames: readonly string[]): void {
    if (event.kind !== 'map' && event.kind !== 'map-sg') return;
    let first = 0;
    for (let i = 0; i < Math.min(MOST_OWN, frames.length); i++) if (OWN_FRAME.test(frames[i] ?? '')) first = i + 1;
    const callers = frames.slice(first, first + SHOWN_FRAMES);
    const key = callers.join(' < ');
    const site = this.sites.get(key) ?? { frames: callers, maps: 0, lists: 0, nonContiguous: 0, merged: 0 };
    if (!this.sites.has(key) && MOST_SITES <= this.sites.size) return;
    site.maps += 1;
    if (event.kind === 'map-sg') site.lists += 1;
    if (!isContiguous(event.ranges)) site.nonContiguous += 1;
    if (event.segments < event.entries) site.merged += 1;
    this.sites.set(key, site);
  }

  /** Leaks are told only where no event is missing. */
  findings(lost: number): readonly TraceFinding[] {
    const found: TraceFinding[] = [...this.wrong].map(([kind, one]) => ({ kind, device: this.name, ...one }));
    let { count, line, bytes } = this.ledger.forgotten;
    bytes = Math.round(bytes);
    for (const { event, bytes: size } of this.ledger.all()) {
      if (event.kind === 'alloc') continue;
      line = count === 0 ? event.line : Math.min(line, event.line);
      count += 1;
      bytes += size;
    }
    if (0 < count && lost === 0) {
      const what = count === 1 ? `a mapping of ${bytes} bytes is` : `${count} mappings (${bytes} bytes) are`;
      const message = `${what} never released: leaked, or still in use as receive buffers are`;
      found.push({ kind: 'leak', device: this.name, line, count, message });
    }
    return found;
  }

  report(): DeviceReport {
    const shapes = this.shapes.list();
    const recognised = recognise(shapes, this.pages, this.shapes.leftOut);
    const sites: TraceSite[] = [...this.sites.values()].sort((one, other) => other.maps - one.maps);
    return {
      device: this.name,
      directions: [...this.counts.values()].filter(isUsed).map(directionReport),
      allocations: this.allocations,
      shapes,
      sites,
      recognition: recognised.recognition,
      elsewhere: elsewhereOf(shapes, recognised),
    };
  }

  private count(state: { counts: Counts; gaps: Map<bigint, number>; highest: bigint }, event: TraceEvent): void {
    const { counts, gaps } = state;
    const { ranges } = event;
    counts.entries += event.entries;
    counts.segments += event.segments;
    for (let i = 0; i < ranges.length; i++) {
      const range = ranges[i];
      if (!range) continue;
      const end = range.dma + BigInt(range.length) - 1n;
      if (state.highest < end) state.highest = end;
      counts.bytes += range.length;
      counts.largestSegment = Math.max(counts.largestSegment, range.length);
      const next = ranges[i + 1];
      if (!next) continue;
      const gap = next.dma - end - 1n;
      if (gaps.has(gap) || gaps.size < MOST_GAPS) gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
    }
    if (event.kind === 'map') {
      counts.pages += 1;
      this.pages.add(event);
      return;
    }
    counts.lists += 1;
    if (event.segments < event.entries) counts.merged += 1;
    if (isContiguous(ranges)) counts.contiguous += 1;
    this.pages.addList(event);
    this.shapes.add(event);
  }

  private direction(name: TraceDirection) {
    let state = this.counts.get(name);
    if (!state) {
      const counts: Counts = {
        ...{ direction: name, lists: 0, pages: 0, failures: 0, live: 0, liveMax: 0, bytes: 0, entries: 0 },
        ...{ segments: 0, merged: 0, contiguous: 0, largestSegment: 0, syncs: 0 },
      };
      state = { counts, gaps: new Map<bigint, number>(), highest: 0n };
      this.counts.set(name, state);
    }
    return state;
  }
}

/** Allocations alone make no row. */
function isUsed({ counts }: { counts: Counts }): boolean {
  return 0 < counts.lists + counts.pages + counts.failures + counts.syncs;
}

function directionReport(state: { counts: Counts; gaps: Map<bigint, number>; highest: bigint }): DirectionReport {
  const gaps = [...state.gaps]
    .filter(([bytes]) => bytes !== 0n)
    .sort(([, one], [, other]) => other - one)
    .slice(0, SHOWN_GAPS)
    .map(([bytes, count]) => ({ bytes: String(bytes), count }));
  return { ...state.counts, gaps, addressBits: state.highest === 0n ? 0 : state.highest.toString(2).length };
}

/** Linux never splits an entry, so a long one exceeds the device's limit; told where the lists show what the limit is. */
function overLimit({ device, directions, recognition, shapes }: DeviceReport): readonly TraceFinding[] {
  const { limits, explained, lists } = recognition;
  const isSure = limits !== undefined && explained === lists && recognition.alternatives.length === 0;
  const long = isSure ? shapes.filter((one) => one.ranges.some((range) => limits.maxSegmentSize < range.length)) : [];
  const first = long.reduce((line, one) => Math.min(line, one.line), Number.POSITIVE_INFINITY);
  if (!limits || long.length === 0) return [];
  const largest = Math.max(...directions.map((one) => one.largestSegment));
  const count = long.reduce((sum, one) => sum + one.count, 0);
  const message = `segments of up to ${sizeText(largest)}, though the layouts show a limit of ${sizeText(limits.maxSegmentSize)}: an entry is never split`;
  return [{ kind: 'over-limit', device, line: first, count, message }];
}

/** How device addresses relate to physical ones, over all mappings. */
export class PageStatistics {
  identical = 0;
  translated = 0;
  /** Translated ones that keep the offset in the page. */
  sameOffset = 0;
  longestTranslated = 0;
  lowest: bigint | undefined;
  highest = 0n;

  add(event: TraceEvent): void {
    const [range, physical] = [event.ranges[0], event.physical[0]];
    if (range && physical !== undefined) this.addPair(range.dma, physical, range.length);
  }

  /** Only where every entry has a segment of its own. */
  addList(event: TraceEvent): void {
    const isOneToOne = event.ranges.length === event.physical.length;
    for (let i = 0; i < event.ranges.length; i++) {
      const [range, physical] = [event.ranges[i], event.physical[i]];
      if (!range || physical === undefined) continue;
      if (isOneToOne || i === 0) this.addPair(range.dma, physical, range.length);
    }
  }

  private addPair(dma: bigint, physical: bigint, length: number): void {
    if (dma === physical) {
      this.identical += 1;
      return;
    }
    this.translated += 1;
    if (dma % 4096n === physical % 4096n) this.sameOffset += 1;
    this.longestTranslated = Math.max(this.longestTranslated, length);
    if (this.lowest === undefined || dma < this.lowest) this.lowest = dma;
    const end = dma + BigInt(length);
    if (this.highest < end) this.highest = end;
  }
}
