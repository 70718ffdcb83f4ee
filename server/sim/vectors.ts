/** Replays recordings of real kernels (JSON Lines) and compares what the simulator says with what Linux said. */

import { hex } from './layout';
import { DEFAULT_DEVICE, PLATFORMS } from './platforms';
import type {
  AddressRange,
  Backend,
  Device,
  Direction,
  DmaSpace,
  Machine,
  MappedLayout,
  MapResult,
  SgEntry,
  SwiotlbPool,
} from './types';

export interface VectorFailure {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly name: string;
  readonly explanation: string;
}

export interface VectorReport {
  readonly passed: number;
  readonly failed: readonly VectorFailure[];
}

/** Thrown for a file that is no recording; the message names the line. */
export class VectorError extends Error {}

const BACKENDS: Readonly<Record<string, Backend>> = Object.fromEntries(
  PLATFORMS.map(({ backend }) => [backend.id, backend]),
);

type Json = Readonly<Record<string, unknown>>;
type Comparison = 'absolute' | 'relative' | 'chunks';

/** Replays a file from its first line. Throws VectorError where the text is no recording. */
export function replayVectors(lines: Iterable<string>): VectorReport {
  const failed: VectorFailure[] = [];
  let passed = 0;
  let run: Run | undefined;
  let number = 0;
  const operations: { line: number; json: Json }[] = [];
  for (const text of lines) {
    number += 1;
    if (text.trim() === '') continue;
    const json = parseLine(text, number);
    if (json['type'] === 'environment') {
      if (run) throw new VectorError(`line ${number}: a second environment line`);
      run = { environment: json, line: number };
      continue;
    }
    if (!run)
      throw new VectorError(`line ${number}: the first line must describe the environment ("type":"environment")`);
    operations.push({ line: number, json });
  }
  if (!run) throw new VectorError('no environment line: this is no recording');
  const replayer = new Replayer(
    run,
    operations.map((one) => one.json),
  );
  for (const { line, json } of operations) {
    const explanation = replayer.step(json, line);
    if (explanation === undefined) passed += 1;
    else failed.push({ line, name: String(json['name'] ?? json['op']), explanation });
  }
  return { passed, failed };
}

interface Run {
  readonly environment: Json;
  readonly line: number;
}

function parseLine(text: string, line: number): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch (error) {
    throw new VectorError(`line ${line}: ${error instanceof Error ? error.message : 'no JSON'}`);
  }
  throw new VectorError(`line ${line}: not a JSON object`);
}

class Replayer {
  private readonly backend: Backend;
  private readonly machine: Machine;
  private readonly comparison: Comparison;
  private readonly stride: bigint;
  private readonly ivaBase: bigint;
  private space: DmaSpace;
  private readonly live = new Map<unknown, MappedLayout>();

  constructor(run: Run, operations: readonly Json[]) {
    const { environment } = run;
    const id = String(environment['backend']);
    const backend = BACKENDS[id];
    if (!backend)
      throw new VectorError(`line ${run.line}: unknown backend '${id}' (known: ${Object.keys(BACKENDS).join(', ')})`);
    this.backend = backend;
    this.machine = machineOf(environment, run.line, operations);
    const asked = environment['compare'];
    const isLazy = record(environment['iommu'])['strict'] === false;
    this.comparison = asked === 'chunks' ? 'chunks' : asked === 'relative' || isLazy ? 'relative' : 'absolute';
    this.stride = BigInt(String(environment['chunk_stride'] ?? '0x10000000'));
    this.ivaBase = BigInt(String(environment['iova_base'] ?? '0'));
    this.space = backend.open(this.machine);
  }

  /** Undefined when the operation came out as recorded. */
  step(json: Json, line: number): string | undefined {
    if (json['op'] === 'unmap') {
      const mapping = this.live.get(json['id']);
      if (mapping) this.space.unmap(mapping);
      this.live.delete(json['id']);
      return undefined;
    }
    const params = record(json['params']);
    const device = deviceOf(params);
    const direction = (Number(params['dir'] ?? 0) % 3) as Direction;
    if (json['fresh'] === true) {
      const granule = params['granule'];
      const shift = params['io_page_shift'];
      this.space = this.backend.open({
        ...this.machine,
        ...(typeof granule === 'number' && { granule }),
        ...(typeof shift === 'number' && { ioPageShift: shift }),
      });
    }
    if (json['op'] === 'map_sg') {
      const entries = array(json['entries']).map((one) => entryOf(record(one), line));
      const result = this.space.mapSg(entries, device, direction);
      if (result.ok) this.live.set(json['id'], result);
      return this.compareList(json, result);
    }
    if (json['op'] === 'map_page') {
      const result = this.space.mapPage(entryOf(json, line), device, direction);
      if (result.ok) this.live.set(json['id'], result);
      return this.comparePage(json, result);
    }
    throw new VectorError(`line ${line}: unknown operation '${String(json['op'])}' (map_sg, map_page or unmap)`);
  }

  private compareList(json: Json, result: MapResult): string | undefined {
    const error = Number(json['error'] ?? 0);
    const wanted = array(json['segments']).map((one) => {
      const segment = record(one);
      return { dma: BigInt(String(segment['address'])), length: Number(segment['length']) };
    });
    const failed = error !== 0 || wanted.length === 0;
    if (!result.ok) {
      if (!failed) return `refused (${result.reason}), but Linux mapped ${wanted.length} segments`;
      return error === 0 || error === result.errno ? undefined : `error ${result.errno}, Linux said ${error}`;
    }
    if (failed) return `mapped ${result.segments.length} segments, but Linux failed with ${error}`;
    const got = result.segments;
    if (got.length !== wanted.length) return `${got.length} segments, Linux made ${wanted.length}`;
    const shifts = this.shifts(result, wanted);
    for (let i = 0; i < wanted.length; i++) {
      const one = wanted[i];
      const mine = got[i];
      if (!one || !mine) continue;
      if (one.length !== mine.length) return `segment ${i} has ${mine.length} bytes, Linux gave ${one.length}`;
      const address = mine.dma + (shifts[i] ?? 0n);
      if (address !== one.dma) return `segment ${i} at ${hex(address)}, Linux put it at ${hex(one.dma)}`;
    }
    const bytes = json['iova_bytes'];
    const mine = result.blocks.reduce((sum, block) => sum + block.bytes, 0);
    if (typeof bytes === 'number' && bytes !== mine) return `asked for ${mine} bytes of IOVA space, Linux for ${bytes}`;
    return undefined;
  }

  /** What is added to each address before it is compared: nothing, the first difference, or that of the chunk. */
  private shifts(result: MappedLayout, wanted: readonly { readonly dma: bigint }[]): readonly bigint[] {
    if (this.comparison === 'absolute') return [];
    if (this.comparison === 'chunks') {
      return result.segments.map((_segment, i) => BigInt(i) * this.stride - (result.blocks[i]?.start ?? 0n));
    }
    const start = result.blocks[0]?.start;
    const shift =
      this.ivaBase !== 0n && start !== undefined
        ? this.ivaBase - start
        : (wanted[0]?.dma ?? 0n) - (result.segments[0]?.dma ?? 0n);
    return result.segments.map(() => shift);
  }

  private comparePage(json: Json, result: MapResult): string | undefined {
    const error = Number(json['error'] ?? 0);
    if (!result.ok) return error !== 0 ? undefined : `refused (${result.reason}), but Linux mapped it`;
    if (error !== 0) return `mapped, but Linux failed with ${error}`;
    const mine = result.segments[0]?.dma ?? 0n;
    const wanted = BigInt(String(json['address']));
    if (this.comparison !== 'absolute') return undefined;
    return mine === wanted ? undefined : `at ${hex(mine)}, Linux put it at ${hex(wanted)}`;
  }
}

function machineOf(environment: Json, line: number, operations: readonly Json[]): Machine {
  const version = /^(\d+)\.(\d+)/.exec(String(environment['kernel']));
  if (!version) throw new VectorError(`line ${line}: no kernel version`);
  const iommu = record(environment['iommu']);
  const reserved: AddressRange[] = [
    ...array(iommu['reserved_regions']),
    ...array(environment['host_bridge_windows']),
  ].map((one) => {
    const range = record(one);
    return { start: BigInt(String(range['start'])), end: BigInt(String(range['end'])) };
  });
  const pool = poolOf(record(environment['swiotlb']), operations);
  return {
    kernel: { major: Number(version[1]), minor: Number(version[2]) },
    reserved,
    strict: iommu['strict'] !== false,
    forcedac: iommu['forcedac'] === true,
    cpus: Number(environment['cpus'] ?? 1),
    ...(typeof iommu['granule'] === 'number' && { granule: iommu['granule'] }),
    ...(pool && { swiotlb: pool }),
    ...tableOf(record(environment['table'])),
  };
}

function tableOf(table: Json): Partial<Machine> {
  if (table['start'] === undefined) return {};
  return {
    windowStart: BigInt(String(table['start'])),
    windowBytes: BigInt(String(table['bytes'])),
    ...(typeof table['pools'] === 'number' && { pools: table['pools'] }),
  };
}

/** Other devices used the pool before: the search goes on from the first bounced address of the file. */
function poolOf(json: Json, operations: readonly Json[]): SwiotlbPool | undefined {
  if (json['start'] === undefined) return undefined;
  const start = BigInt(String(json['start']));
  const end = BigInt(String(json['end']));
  const pool = { start, end, areas: Number(json['areas'] ?? 1), force: json['force'] === true };
  for (const operation of operations) {
    const first = array(operation['segments'])[0];
    const text = first === undefined ? operation['address'] : record(first)['address'];
    if (text === undefined) continue;
    const address = BigInt(String(text));
    if (start <= address && address < end) return { ...pool, index: Number((address - start) / 2048n) };
  }
  return pool;
}

function deviceOf(params: Json): Device {
  return {
    ...DEFAULT_DEVICE,
    dmaMask: BigInt(String(params['dma_mask'] ?? '0xffffffff')),
    maxSegmentSize: Number(params['max_seg_size'] ?? 65536),
    segmentBoundary: BigInt(String(params['seg_boundary'] ?? '0xffffffff')),
    minAlignMask: Number(params['min_align_mask'] ?? 0),
  };
}

function entryOf(json: Json, line: number): SgEntry {
  if (typeof json['page'] !== 'string') throw new VectorError(`line ${line}: an entry without "page"`);
  return { page: BigInt(json['page']), offset: Number(json['offset'] ?? 0), length: Number(json['length'] ?? 0) };
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
