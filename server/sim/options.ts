/** Device and machine options as people type them: one table, for the command line and for histories. */

import { type Parsed, parseSize } from './simulate';
import type { AddressRange, Device, DmaRange, Machine } from './types';

/** One option. Without `argument` it is a switch, which is parsed only where it is on. */
export interface Field<T> {
  /** As on the command line; in a file it is written in camel case. */
  readonly name: string;
  readonly argument?: string;
  readonly doc: string;
  parse(text: string): Parsed<T>;
}

type DeviceDraft = { readonly [key in keyof Device]?: Device[key] };

interface MachineDraft extends Partial<Omit<Machine, 'kernel'>> {
  readonly swiotlbStart?: bigint;
  readonly swiotlbBytes?: bigint;
  readonly swiotlbAreas?: number;
  readonly swiotlbForce?: boolean;
}

const TOP = 1n << 64n;
const GIB = 1n << 30n;
const SEGMENT = 256n << 10n;
const POOL_END = 0x80000000n;
const POOL_BYTES = 64n << 20n;

export const DEVICE_FIELDS: readonly Field<DeviceDraft>[] = [
  {
    name: 'max-seg-size',
    argument: '<bytes>',
    doc: 'longest segment that the device takes',
    parse: (text) => map(inRange(text, 1n, 0xffffffffn), (value) => ({ maxSegmentSize: Number(value) })),
  },
  {
    name: 'boundary',
    argument: '<mask>',
    doc: 'mask that a segment must not cross, such as 0xffffffff',
    parse: (text) => map(maskOf(text, 1n, TOP - 1n), (segmentBoundary) => ({ segmentBoundary })),
  },
  {
    name: 'dma-mask',
    argument: '<bits>',
    doc: 'address bits of the device, or a mask',
    parse(text) {
      const mask = inRange(text, 1n, TOP - 1n);
      if (mask.ok && 64n < mask.value && (mask.value & (mask.value + 1n)) !== 0n) {
        return bad(`'${text}' is neither a number of bits from 1 to 64 nor a mask such as 0xffffffff`);
      }
      return map(mask, (value) => ({ dmaMask: value <= 64n ? (1n << value) - 1n : value }));
    },
  },
  {
    name: 'min-align-mask',
    argument: '<mask>',
    doc: 'low address bits to keep',
    parse: (text) => map(maskOf(text, 0n, 0x7fffffffn), (value) => ({ minAlignMask: Number(value) })),
  },
  {
    name: 'bus-limit',
    argument: '<address>',
    doc: 'highest address that the bus passes on',
    parse: (text) => map(inRange(text, 1n, TOP - 1n), (busDmaLimit) => ({ busDmaLimit })),
  },
  {
    name: 'dma-ranges',
    argument: '<list>',
    doc: 'firmware ranges cpu:dma:bytes, separated by commas',
    parse: (text) => map(rangesOf(text), (dmaRanges) => ({ dmaRanges })),
  },
  { name: 'untrusted', doc: 'the device is untrusted', parse: () => good({ untrusted: true }) },
  { name: 'non-coherent', doc: 'the device does not snoop caches', parse: () => good({ coherent: false }) },
  {
    name: 'platform-device',
    doc: 'no PCI device: 32-bit addresses are not tried first',
    parse: () => good({ pci: false }),
  },
];

export const MACHINE_FIELDS: readonly Field<MachineDraft>[] = [
  {
    name: 'granule',
    argument: '<bytes>',
    doc: 'IOMMU page size',
    parse: (text) => map(powerOf(text, 1024n, 65536n), (value) => ({ granule: Number(value) })),
  },
  {
    name: 'page-size',
    argument: '<bytes>',
    doc: 'page size of the CPU',
    parse: (text) => map(powerOf(text, 4096n, 65536n), (value) => ({ pageSize: Number(value) })),
  },
  {
    name: 'aperture',
    argument: '<start-end>',
    doc: 'addresses that the IOMMU translates, both inclusive',
    parse: (text) => map(spanOf(text), ({ start, end }) => ({ apertureStart: start, apertureEnd: end })),
  },
  {
    name: 'reserved',
    argument: '<list>',
    doc: 'IOVA ranges start-end that are taken, separated by commas',
    parse: (text) => map(all(text.split(',').map(spanOf)), (reserved) => ({ reserved })),
  },
  { name: 'strict', doc: 'freed addresses are reusable at once', parse: () => good({ strict: true }) },
  { name: 'lazy', doc: 'freed addresses wait in a queue', parse: () => good({ strict: false }) },
  { name: 'forcedac', doc: 'do not try 32-bit addresses first', parse: () => good({ forcedac: true }) },
  {
    name: 'cpus',
    argument: '<count>',
    doc: 'CPUs of the machine',
    parse: (text) => map(inRange(text, 1n, 8192n), (value) => ({ cpus: Number(value) })),
  },
  {
    name: 'swiotlb-size',
    argument: '<bytes>',
    doc: 'size of the bounce pool',
    parse: (text) => map(inRange(text, SEGMENT, 16n * GIB), (swiotlbBytes) => ({ swiotlbBytes })),
  },
  {
    name: 'swiotlb-start',
    argument: '<address>',
    doc: 'where the bounce pool lies',
    parse: (text) => map(inRange(text, 0n, (1n << 52n) - 1n), (swiotlbStart) => ({ swiotlbStart })),
  },
  {
    name: 'swiotlb-areas',
    argument: '<count>',
    doc: 'areas of the bounce pool; one per CPU by default',
    parse: (text) => map(inRange(text, 1n, 8192n), (value) => ({ swiotlbAreas: Number(value) })),
  },
  { name: 'swiotlb-force', doc: 'every mapping bounces', parse: () => good({ swiotlbForce: true }) },
  {
    name: 'window',
    argument: '<start+bytes>',
    doc: 'window of an IOMMU with a table or a bitmap',
    parse: (text) => map(windowOf(text), ({ start, bytes }) => ({ windowStart: start, windowBytes: bytes })),
  },
  {
    name: 'io-page',
    argument: '<bytes>',
    doc: 'powerpc: page size of the table',
    parse: (text) => map(powerOf(text, 4096n, 16n << 20n), (value) => ({ ioPageShift: Math.log2(Number(value)) })),
  },
  {
    name: 'pools',
    argument: '<count>',
    doc: 'powerpc, sparc64: pools of the table',
    parse: (text) => map(powerOf(text, 1n, 16n), (value) => ({ pools: Number(value) })),
  },
  {
    name: 'merge',
    argument: '<on|off>',
    doc: 'powerpc, GART: merge neighbours',
    parse: (text) =>
      text === 'on' || text === 'off' ? good({ merge: text === 'on' }) : bad(`'${text}' is neither on nor off`),
  },
  { name: 'iommu-force', doc: 'GART: remap every entry', parse: () => good({ force: true }) },
  {
    name: 'alignment-order',
    argument: '<order>',
    doc: '32-bit ARM: blocks are aligned to 2^order pages at most',
    parse: (text) => map(inRange(text, 4n, 9n), (value) => ({ maxAlignmentOrder: Number(value) })),
  },
  {
    name: 'machine-contiguous',
    doc: 'Xen: machine frames follow each other as guest frames do',
    parse: () => good({ machineFrame: (frame: number) => frame }),
  },
];

/** What was typed, by name in camel case. */
export type Typed = Readonly<Record<string, unknown>>;

export function parseDevice(typed: Typed): Parsed<Partial<Device>> {
  return parseFields(DEVICE_FIELDS, typed);
}

export function parseMachine(typed: Typed): Parsed<Partial<Machine>> {
  if (typed['strict'] === true && typed['lazy'] === true) return bad('strict and lazy exclude each other');
  const draft = parseFields(MACHINE_FIELDS, typed);
  if (!draft.ok) return draft;
  const { swiotlbStart, swiotlbBytes, swiotlbAreas, swiotlbForce, ...machine } = draft.value;
  if ([swiotlbStart, swiotlbBytes, swiotlbAreas, swiotlbForce, machine.cpus].every((one) => one === undefined)) {
    return good(machine);
  }
  const bytes = swiotlbBytes ?? POOL_BYTES;
  if (swiotlbStart === undefined && POOL_END < bytes) {
    return bad('swiotlb-size: a pool of more than 2 GiB needs a swiotlb-start');
  }
  const start = swiotlbStart ?? POOL_END - bytes;
  if (start % 4096n !== 0n) return bad('swiotlb-start: the pool starts on a page');
  const swiotlb = { start, end: start + bytes, areas: swiotlbAreas ?? machine.cpus ?? 1, force: swiotlbForce ?? false };
  return good({ ...machine, swiotlb });
}

/** `max-seg-size` as `maxSegSize`. */
export function keyOf(name: string): string {
  return name.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

function parseFields<T extends object>(fields: readonly Field<T>[], typed: Typed): Parsed<T> {
  let merged = {} as T;
  for (const field of fields) {
    const value = typed[keyOf(field.name)];
    if (value === undefined || (field.argument === undefined && value === false)) continue;
    const isSwitch = field.argument === undefined;
    if (isSwitch !== (value === true)) {
      return bad(`${field.name}: ${isSwitch ? 'either true or false' : `a value is missing: ${field.argument}`}`);
    }
    if (!isSwitch && typeof value !== 'string' && typeof value !== 'number') {
      return bad(`${field.name}: a number or a text such as "64K"`);
    }
    const parsed = field.parse(String(value));
    if (!parsed.ok) return bad(`${field.name}: ${parsed.reason}`);
    merged = { ...merged, ...parsed.value };
  }
  return good(merged);
}

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

function map<T, U>(parsed: Parsed<T>, change: (value: T) => U): Parsed<U> {
  return parsed.ok ? good(change(parsed.value)) : parsed;
}

function all<T>(parsed: readonly Parsed<T>[]): Parsed<readonly T[]> {
  const values: T[] = [];
  for (const one of parsed) {
    if (!one.ok) return one;
    values.push(one.value);
  }
  return good(values);
}

function inRange(text: string, least: bigint, most: bigint): Parsed<bigint> {
  const size = parseSize(text);
  if (!size.ok || (least <= size.value && size.value <= most)) return size;
  return bad(`'${text}' is not between ${least} and ${most}`);
}

function maskOf(text: string, least: bigint, most: bigint): Parsed<bigint> {
  const mask = inRange(text, least, most);
  if (!mask.ok || (mask.value & (mask.value + 1n)) === 0n) return mask;
  return bad(`'${text}' is no mask; it is a power of two minus one, such as 0xffff or 0xffffffff`);
}

function powerOf(text: string, least: bigint, most: bigint): Parsed<bigint> {
  const size = inRange(text, least, most);
  if (!size.ok || (size.value & (size.value - 1n)) === 0n) return size;
  return bad(`'${text}' is no power of two`);
}

function spanOf(text: string): Parsed<AddressRange> {
  const ends = all(text.split('-').map(parseSize));
  if (!ends.ok) return ends;
  const [start, end, rest] = ends.value;
  if (start === undefined || end === undefined || rest !== undefined) return bad(`'${text}' is not start-end`);
  return start < end ? good({ start, end }) : bad(`'${text}' ends before it starts`);
}

function windowOf(text: string): Parsed<{ readonly start: bigint; readonly bytes: bigint }> {
  const ends = all(text.split('+').map(parseSize));
  if (!ends.ok) return ends;
  const [start, bytes, rest] = ends.value;
  if (start === undefined || bytes === undefined || rest !== undefined) return bad(`'${text}' is not start+bytes`);
  if (start % 4096n !== 0n || bytes % 4096n !== 0n) return bad(`'${text}' does not consist of whole pages`);
  if (bytes < 65536n || 1024n * GIB < bytes) return bad(`'${text}': a window has 64 KiB to 1 TiB`);
  return start + bytes <= TOP ? good({ start, bytes }) : bad(`'${text}' ends beyond 2^64`);
}

function rangesOf(text: string): Parsed<readonly DmaRange[]> {
  const ranges = all(text.split(',').map(rangeOf));
  if (!ranges.ok) return ranges;
  const sorted = [...ranges.value].sort((one, other) => (one.cpuStart < other.cpuStart ? -1 : 1));
  for (let i = 0; i + 1 < sorted.length; i++) {
    const [one, next] = [sorted[i], sorted[i + 1]];
    if (one && next && next.cpuStart < one.cpuStart + one.size) {
      return bad(`two ranges overlap at 0x${next.cpuStart.toString(16)}`);
    }
  }
  return ranges;
}

function rangeOf(text: string): Parsed<DmaRange> {
  const parts = all(text.split(':').map(parseSize));
  if (!parts.ok) return parts;
  const [cpuStart, dmaStart, size, rest] = parts.value;
  if (cpuStart === undefined || dmaStart === undefined || size === undefined || rest !== undefined) {
    return bad(`'${text}' is not cpu:dma:bytes`);
  }
  if (size === 0n) return bad(`'${text}' is empty`);
  if (TOP < cpuStart + size || TOP < dmaStart + size) return bad(`'${text}' ends beyond 2^64`);
  return good({ cpuStart, dmaStart, size });
}
