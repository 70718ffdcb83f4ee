/** Replays recordings of real kernels (JSON Lines) and compares what the simulator says with what Linux said. */

import { hex, since } from './layout';
import { DEFAULT_DEVICE, PLATFORMS } from './platforms';
import type {
  AddressRange,
  Backend,
  Device,
  Direction,
  DmaSpace,
  Kernel,
  Machine,
  MappedLayout,
  MapResult,
  SgEntry,
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
  private readonly iovaBase: bigint;
  private space: DmaSpace;
  /** Mappings by id; undefined for those that failed. */
  private readonly live = new Map<unknown, MappedLayout | undefined>();

  constructor(run: Run, operations: readonly Json[]) {
    const { environment, line } = run;
    const id = String(environment['backend']);
    const backend = BACKENDS[id];
    if (!backend)
      throw new VectorError(`line ${line}: unknown backend '${id}' (known: ${Object.keys(BACKENDS).join(', ')})`);
    this.backend = backend;
    this.machine = machineOf(environment, line, operations);
    const asked = environment['compare'];
    const isLazy = record(environment['iommu'])['strict'] === false;
    this.comparison = asked === 'chunks' ? 'chunks' : asked === 'relative' || isLazy ? 'relative' : 'absolute';
    this.stride = address(environment['chunk_stride'] ?? '0x10000000', 'chunk_stride', line);
    this.iovaBase = address(environment['iova_base'] ?? '0', 'iova_base', line);
    this.space = backend.open(this.machine);
  }

  /** Undefined when the operation came out as recorded. */
  step(json: Json, line: number): string | undefined {
    if (json['op'] === 'unmap') return this.unmap(json);
    const params = record(json['params']);
    const device = deviceOf(params, this.machine.kernel, line);
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
      const wanted = array(json['segments']).map((one) => segmentOf(record(one), line));
      const cpu = this.cpuOf(
        json,
        wanted.map((one) => one.dma),
      );
      const result = this.space.mapSg(entries, device, direction, cpu);
      this.live.set(json['id'], result.ok ? result : undefined);
      return this.compareList(json, result, wanted);
    }
    if (json['op'] === 'map_page') {
      const wanted = Number(json['error'] ?? 0) === 0 ? address(json['address'], 'address', line) : undefined;
      const cpu = this.cpuOf(json, wanted === undefined ? [] : [wanted]);
      const result = this.space.mapPage(entryOf(json, line), device, direction, cpu);
      this.live.set(json['id'], result.ok ? result : undefined);
      return this.comparePage(json, result, wanted);
    }
    throw new VectorError(`line ${line}: unknown operation '${String(json['op'])}' (map_sg, map_page or unmap)`);
  }

  private unmap(json: Json): string | undefined {
    if (!this.live.has(json['id'])) return `unmaps ${String(json['id'])}, which is not mapped`;
    const mapping = this.live.get(json['id']);
    if (mapping) this.space.unmap(mapping, Number(json['cpu'] ?? 0));
    this.live.delete(json['id']);
    return undefined;
  }

  /**
   * The CPU of an operation; where the recording does not say, the one whose bounce area was used. Other devices used the
   * pool before, so the first bounced address of an area tells where its search had come to.
   */
  private cpuOf(json: Json, addresses: readonly bigint[]): number {
    let area: number | undefined;
    for (const one of addresses) {
      area = this.space.seekBounce?.(one);
      if (area !== undefined) break;
    }
    return Number(json['cpu'] ?? area ?? 0);
  }

  private compareList(json: Json, result: MapResult, wanted: readonly Wanted[]): string | undefined {
    const error = Number(json['error'] ?? 0);
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
      const place = mine.dma + (shifts[i] ?? 0n);
      if (place !== one.dma) return `segment ${i} at ${hex(place)}, Linux put it at ${hex(one.dma)}`;
    }
    const bytes = json['iova_bytes'];
    const mine = result.blocks.reduce((sum, block) => sum + block.bytes, 0);
    if (typeof bytes === 'number' && bytes !== mine) return `asked for ${mine} bytes of IOVA space, Linux for ${bytes}`;
    return undefined;
  }

  /** What is added to each address before it is compared: nothing, the first difference, or that of the chunk. */
  private shifts(result: MappedLayout, wanted: readonly Wanted[]): readonly bigint[] {
    if (this.comparison === 'absolute') return [];
    if (this.comparison === 'chunks') {
      return result.segments.map((_segment, i) => BigInt(i) * this.stride - (result.blocks[i]?.start ?? 0n));
    }
    const start = result.blocks[0]?.start;
    const shift =
      this.iovaBase !== 0n && start !== undefined
        ? this.iovaBase - start
        : (wanted[0]?.dma ?? 0n) - (result.segments[0]?.dma ?? 0n);
    // Bus addresses of peer-to-peer memory, and blocks of their own, do not move with the first block.
    return result.segments.map((segment) => (segment.bus ? 0n : shift));
  }

  private comparePage(json: Json, result: MapResult, wanted: bigint | undefined): string | undefined {
    const error = Number(json['error'] ?? 0);
    if (!result.ok) return error !== 0 ? undefined : `refused (${result.reason}), but Linux mapped it`;
    if (error !== 0) return `mapped, but Linux failed with ${error}`;
    const mine = result.segments[0]?.dma ?? 0n;
    // Where placement depends on a timer, the offset in the granule is what remains.
    const unit = BigInt(this.machine.granule ?? 4096);
    const isEqual = this.comparison === 'absolute' ? mine === wanted : mine % unit === (wanted ?? 0n) % unit;
    return isEqual ? undefined : `at ${hex(mine)}, Linux put it at ${hex(wanted ?? 0n)}`;
  }
}

interface Wanted {
  readonly dma: bigint;
  readonly length: number;
}

const DEFAULT_APERTURE_END = 2n ** 48n - 1n;

function machineOf(environment: Json, line: number, operations: readonly Json[]): Machine {
  const version = /^(\d+)\.(\d+)/.exec(String(environment['kernel']));
  if (!version) throw new VectorError(`line ${line}: no kernel version`);
  const iommu = record(environment['iommu']);
  const reserved: AddressRange[] = [
    ...array(iommu['reserved_regions']),
    ...array(environment['host_bridge_windows']),
  ].map((one) => rangeOf(record(one), line));
  const aperture = iommu['aperture'] === undefined ? undefined : rangeOf(record(iommu['aperture']), line);
  const isRecorded = environment['source'] === undefined;
  return {
    kernel: { major: Number(version[1]), minor: Number(version[2]) },
    reserved,
    strict: iommu['strict'] !== false,
    forcedac: iommu['forcedac'] === true,
    cpus: Number(environment['cpus'] ?? 1),
    pageSize: Number(environment['page_size'] ?? 4096),
    apertureEnd: aperture?.end ?? apertureOf(operations),
    ...(aperture && { apertureStart: aperture.start }),
    ...(typeof iommu['granule'] === 'number' && { granule: iommu['granule'] }),
    ...poolOf(environment['swiotlb'], isRecorded, line),
    ...tableOf(record(environment['table']), line),
  };
}

/** The narrowest aperture of whole bits that holds the highest address, where that is above 32 bits. */
function apertureOf(operations: readonly Json[]): bigint {
  let highest = 0n;
  for (const operation of operations) {
    for (const one of [operation, ...array(operation['segments']).map(record)]) {
      const text = one['address'];
      if (typeof text !== 'string' || !/^(0x[0-9a-f]+|\d+)$/i.test(text)) continue;
      if (highest < BigInt(text)) highest = BigInt(text);
    }
  }
  let end = 2n ** 32n - 1n;
  if (highest <= end) return DEFAULT_APERTURE_END;
  while (end < highest) end = end * 2n + 1n;
  // With less than half of the space above, a larger aperture would have been used from its top.
  return end;
}

function tableOf(table: Json, line: number): Partial<Machine> {
  if (table['start'] === undefined) return {};
  return {
    windowStart: address(table['start'], 'table.start', line),
    windowBytes: address(table['bytes'], 'table.bytes', line),
    ...(typeof table['pools'] === 'number' && { pools: table['pools'] }),
    ...(typeof table['block'] === 'number' && { block: table['block'] }),
  };
}

/** A machine that was recorded without a bounce pool has none. */
function poolOf(json: unknown, isRecorded: boolean, line: number): Partial<Machine> {
  const pool = record(json);
  if (pool['start'] === undefined) {
    return isRecorded ? { swiotlb: { start: 0n, end: 0n, areas: 1, force: false } } : {};
  }
  const start = address(pool['start'], 'swiotlb.start', line);
  const end = address(pool['end'], 'swiotlb.end', line);
  return { swiotlb: { start, end, areas: Number(pool['areas'] ?? 1), force: pool['force'] === true } };
}

/** As the driver set it; a limit or boundary of 0 means the default, as in dma_get_max_seg_size(). */
function deviceOf(params: Json, kernel: Kernel, line: number): Device {
  const boundary = address(params['seg_boundary'] ?? '0xffffffff', 'seg_boundary', line);
  return {
    ...DEFAULT_DEVICE,
    dmaMask: address(params['dma_mask'] ?? '0xffffffff', 'dma_mask', line),
    busDmaLimit: address(params['bus_dma_limit'] ?? '0', 'bus_dma_limit', line),
    maxSegmentSize: Number(params['max_seg_size'] ?? 65536) || 65536,
    segmentBoundary: boundary === 0n ? (since(kernel, 5, 10) ? 2n ** 64n - 1n : 2n ** 32n - 1n) : boundary,
    minAlignMask: Number(params['min_align_mask'] ?? 0),
    coherent: params['coherent'] !== false,
    untrusted: params['untrusted'] === true,
    pci: params['pci'] !== false,
    dmaRanges: array(params['dma_ranges']).map((one) => {
      const range = record(one);
      return {
        cpuStart: address(range['cpu_start'], 'cpu_start', line),
        dmaStart: address(range['dma_start'], 'dma_start', line),
        size: address(range['size'], 'size', line),
      };
    }),
  };
}

function entryOf(json: Json, line: number): SgEntry {
  const entry = {
    page: address(json['page'], 'page', line),
    offset: count(json['offset'], 'offset', line),
    length: count(json['length'], 'length', line),
  };
  const p2p = record(json['p2p']);
  if (p2p['via'] === 'bus') {
    return { ...entry, p2p: { via: 'bus', busOffset: address(p2p['bus_offset'] ?? '0', 'bus_offset', line) } };
  }
  if (p2p['via'] === 'host-bridge' || p2p['via'] === 'unsupported') return { ...entry, p2p: { via: p2p['via'] } };
  return entry;
}

function segmentOf(json: Json, line: number): Wanted {
  return { dma: address(json['address'], 'address', line), length: count(json['length'], 'length', line) };
}

function rangeOf(json: Json, line: number): AddressRange {
  return { start: address(json['start'], 'start', line), end: address(json['end'], 'end', line) };
}

/** A number, or a text in decimal or hex. */
function address(value: unknown, name: string, line: number): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt.asUintN(64, BigInt(value));
  if (typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value)) return BigInt(value);
  throw new VectorError(
    `line ${line}: "${name}" is ${value === undefined ? 'missing' : 'no number'}; write it as "0x1000"`,
  );
}

function count(value: unknown, name: string, line: number): number {
  const bytes = address(value ?? 0, name, line);
  if (bytes < 2n ** 32n) return Number(bytes);
  throw new VectorError(`line ${line}: "${name}" does not fit 32 bits`);
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
