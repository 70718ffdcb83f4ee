/** Buffers drawn from aged memory, as scatterlists. Drawn once, shared by all platforms and questions. */

import type { Scatterlist, SgEntry } from '../sim/types';
import { AgedMemory } from './memory';
import type { ListShape } from './types';

const PAGE = 4096;
const SEED = 2015;
const PER_MACHINE = 40;
/** Bytes between the places in a page where user buffers begin. */
const OFFSET_STEP = 16;

/** What memory the buffers come from. */
export interface MemoryModel {
  /** 0 (just booted) to 1 (as bad as it gets). */
  readonly fragmentation: number;
  /** Anonymous memory is backed by huge pages where there are any. */
  readonly hugePages: boolean;
  /** Bytes of a buffer, a multiple of the page size. */
  readonly bytes: number;
}

/** The states of memory that people ask about. */
export const FRAGMENTATION = { fresh: 0, days: 0.5, worst: 1 } as const;

/** The draws of one model; extended when more are asked for. */
export class Draws {
  private memory: AgedMemory;
  private readonly seed: number;
  private readonly model: MemoryModel;
  /** Physically contiguous runs as pairs: first page, pages. */
  private readonly runs: Int32Array[] = [];

  constructor(model: MemoryModel, seed = SEED) {
    this.model = model;
    this.seed = seed;
    this.memory = new AgedMemory(model.fragmentation, seed);
  }

  /** Draw number `index` as a list of the shape; its first `entries` entries where that is less. */
  list(index: number, shape: ListShape, entries = Number.POSITIVE_INFINITY): Scatterlist {
    const runs = this.runsOf(index);
    const most = Math.min(entries, shape.maxEntries ?? Number.POSITIVE_INFINITY);
    const list: SgEntry[] = [];
    for (let at = 0; at < runs.length && list.length < most; at += 2) {
      addRun(list, runs[at] ?? 0, (runs[at + 1] ?? 0) * PAGE, shape, most);
    }
    const [first] = list;
    if (first && shape.firstOffset === 'any') {
      const offset = ((index * 7919) % (PAGE / OFFSET_STEP)) * OFFSET_STEP;
      list[0] = { ...first, offset, length: first.length - offset };
    }
    return list;
  }

  private runsOf(index: number): Int32Array {
    for (let next = this.runs.length; next <= index; next++) {
      // A machine that only ever served these buffers would age with them.
      if (0 < next && next % PER_MACHINE === 0)
        this.memory = new AgedMemory(this.model.fragmentation, this.seed + next);
      this.runs.push(runsIn(this.memory.buffer(this.model.bytes / PAGE, this.model.hugePages)));
    }
    return this.runs[index] ?? new Int32Array(0);
  }
}

const drawn = new Map<string, Draws>();
const MAX_MODELS = 12;

export function drawsOf(model: MemoryModel): Draws {
  const key = `${model.fragmentation} ${model.hugePages} ${model.bytes}`;
  let draws = drawn.get(key);
  if (!draws) {
    draws = new Draws(model);
    if (MAX_MODELS <= drawn.size) drawn.clear();
    drawn.set(key, draws);
  }
  return draws;
}

function runsIn(pages: Int32Array): Int32Array {
  const runs: number[] = [];
  let start = 0;
  for (let i = 1; i <= pages.length; i++) {
    const first = pages[start] ?? 0;
    if (i < pages.length && pages[i] === first + i - start) continue;
    runs.push(first, i - start);
    start = i;
  }
  return Int32Array.from(runs);
}

function addRun(list: SgEntry[], page: number, bytes: number, shape: ListShape, most: number): void {
  const longest = shape.entryBytes ?? shape.maxEntryBytes ?? bytes;
  for (let done = 0; done < bytes && list.length < most; done += longest) {
    const at = BigInt(page) * BigInt(PAGE) + BigInt(done);
    const offset = Number(at % BigInt(PAGE));
    list.push({ page: at - BigInt(offset), offset, length: Math.min(longest, bytes - done) });
  }
}
