/** A trace over time, in a fixed number of slices and samples, however long it is. */

import type { Ledger } from './ledger';
import type { TimeSlice, TraceEvent, TraceSample } from './types';

const MOST_SLICES = 240;
const MOST_SAMPLES = 3000;
/** Width of the first slices in seconds; doubled whenever there are too many. */
const FIRST_WIDTH = 0.001;

type Slice = { -readonly [key in keyof TimeSlice]: TimeSlice[key] };

export class Timeline {
  private slices: Slice[] = [];
  private width = FIRST_WIDTH;
  private from: number | undefined;
  private to = 0;
  private samples: TraceSample[] = [];
  private every = 1;
  private seen = 0;
  /** Live mappings and bytes of each device, added up for the slices. */
  private readonly levels = new Map<string, { live: number; bytes: number; scatter: number }>();
  private readonly total = { live: 0, bytes: 0 };
  /** As the last event left it. */
  private now = { live: 0, liveBytes: 0, scatter: 0 };

  /** An event that changed what is mapped; `ledger` is that of its device. */
  tick(event: TraceEvent, ledger: Ledger): void {
    this.from ??= event.time;
    this.to = Math.max(this.to, event.time);
    const before = this.levels.get(event.device) ?? { live: 0, bytes: 0, scatter: 0 };
    const level = { live: ledger.size, bytes: ledger.bytes, scatter: ledger.scatter };
    this.levels.set(event.device, level);
    this.total.live += level.live - before.live;
    this.total.bytes += level.bytes - before.bytes;
    const slice = this.sliceAt(event.time);
    if (event.kind === 'unmap' || event.kind === 'unmap-sg' || event.kind === 'free') slice.unmaps += 1;
    else slice.maps += 1;
    slice.live = Math.max(slice.live, this.total.live);
    slice.liveBytes = Math.max(slice.liveBytes, this.total.bytes);
    slice.scatter = Math.max(slice.scatter, level.scatter);
    this.now = { live: this.total.live, liveBytes: this.total.bytes, scatter: level.scatter };
  }

  /** A mapping that was released at `time`. */
  ended(event: TraceEvent, time: number): void {
    this.sample(event, time);
  }

  /** A mapping that is still there at the end. */
  endless(event: TraceEvent): void {
    this.sample(event, undefined);
  }

  result() {
    const samples = [...this.samples].sort((one, other) => one.start - other.start);
    return { slices: this.slices, samples, every: this.every, from: this.from ?? 0, to: this.to };
  }

  /** Every `every`-th mapping is kept; when there are too many, half of them go. */
  private sample(event: TraceEvent, end: number | undefined): void {
    this.seen += 1;
    if (this.seen % this.every !== 0) return;
    const { device, direction, time: start, line, ranges } = event;
    this.samples.push({ device, direction, start, end, line, ranges: ranges.slice(0, 64) });
    if (this.samples.length <= MOST_SAMPLES) return;
    this.every *= 2;
    this.samples = this.samples.filter((_one, i) => i % 2 === 1);
  }

  private sliceAt(time: number): Slice {
    const from = this.from ?? time;
    let index = Math.max(0, Math.floor((time - from) / this.width));
    while (MOST_SLICES <= index) {
      this.halve();
      index = Math.floor((time - from) / this.width);
    }
    while (this.slices.length <= index) {
      const start = from + this.slices.length * this.width;
      this.slices.push({ start, maps: 0, unmaps: 0, ...this.now });
    }
    return this.slices[index] ?? { start: time, maps: 0, unmaps: 0, ...this.now };
  }

  private halve(): void {
    this.width *= 2;
    const merged: Slice[] = [];
    for (let i = 0; i < this.slices.length; i += 2) {
      const [one, other] = [this.slices[i], this.slices[i + 1]];
      if (!one) continue;
      merged.push({
        start: one.start,
        maps: one.maps + (other?.maps ?? 0),
        unmaps: one.unmaps + (other?.unmaps ?? 0),
        live: Math.max(one.live, other?.live ?? 0),
        liveBytes: Math.max(one.liveBytes, other?.liveBytes ?? 0),
        scatter: Math.max(one.scatter, other?.scatter ?? 0),
      });
    }
    this.slices = merged;
  }
}
