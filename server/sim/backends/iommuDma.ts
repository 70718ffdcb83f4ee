/**
 * The common IOMMU mapping layer: one IOVA block per list, entries side by side, neighbours merged.
 * Follows iommu_dma_map_sg() in drivers/iommu/dma-iommu.c, Linux 4.7 to 6.18, with its differences by version.
 */

import { IommuSpace } from '../iommuSpace';
import { alignUp, emptyList, failure, layout, physicalStart, since, sizeText, wholeEntry } from '../layout';
import { mapPeers } from '../peerToPeer';
import { SwiotlbSlots } from '../swiotlbPool';
import type {
  Backend,
  BreakCause,
  Device,
  Direction,
  DmaSpace,
  Kernel,
  Machine,
  MapResult,
  Piece,
  Scatterlist,
  Segment,
  SgEntry,
} from '../types';

const ID = 'iommu-dma';
const ENOMEM = -12;
const EINVAL = -22;
const EIO = -5;
const EREMOTEIO = -121;

export const iommuDma: Backend = {
  id: ID,
  title: 'IOMMU, common mapping layer',
  source: 'drivers/iommu/dma-iommu.c',
  since: { major: 4, minor: 7 },
  open: (machine) => openSpace(machine, ID),
};

/** The same layer for a device that firmware marks as untrusted: unaligned buffers bounce, entries map one by one. */
export const iommuDmaUntrusted: Backend = {
  id: 'iommu-dma-untrusted',
  title: 'IOMMU, untrusted device',
  source: 'drivers/iommu/dma-iommu.c, iommu_dma_map_sg_swiotlb()',
  since: { major: 5, minor: 15 },
  open: (machine) => {
    const space = openSpace(machine, 'iommu-dma-untrusted');
    const untrusted = (device: Device): Device => ({ ...device, untrusted: true });
    return {
      backend: space.backend,
      mapSg: (list, device, direction, cpu) => space.mapSg(list, untrusted(device), direction, cpu),
      mapPage: (entry, device, direction, cpu) => space.mapPage(entry, untrusted(device), direction, cpu),
      unmap: (mapping, cpu) => space.unmap(mapping, cpu),
    };
  },
};

function openSpace(machine: Machine, id: string): DmaSpace {
  const iova = new IommuSpace(machine);
  const slots = new SwiotlbSlots(machine);
  return {
    backend: id,
    mapSg(list, device, direction, cpu = 0) {
      if (list.length === 0) return emptyList(id, machine.kernel);
      const peers = mapPeers(id, list, machine.kernel);
      if (peers) return peers;
      if (bounces(list, device, direction, machine.kernel))
        return mapOneByOne(id, iova, slots, list, device, direction, cpu);
      return mapMerged(id, iova, list, device, cpu);
    },
    mapPage(entry, device, direction, cpu = 0) {
      const mapped = mapOne(id, iova, slots, [entry], 0, device, direction, cpu);
      if (!mapped.ok) return failure(id, ENOMEM, mapped.reason);
      const segments = [mapped.segment];
      if (mapped.copy !== undefined) slots.bind(segments, mapped.copy);
      return layout(
        id,
        segments,
        [mapped.block],
        () => ({ cause: 'new-allocation', why: '' }),
        () => [],
      );
    },
    unmap(mapping, cpu = 0) {
      for (const block of mapping.blocks) iova.free(block.start, block.bytes, cpu);
      slots.release(mapping.segments);
    },
  };
}

/** Where entries lie, in arrays by entry: an object for each would cost more than the rest of the mapping. */
interface Placed {
  /** Bytes of IOVA space, pad behind it included; -1 for an entry that takes none. */
  readonly mapped: Float64Array;
  /** Pad behind it. */
  readonly pads: Float64Array;
}

/** The ordinary path. All sums stay far below 2^53. */
function mapMerged(id: string, iova: IommuSpace, list: Scatterlist, device: Device, cpu: number): MapResult {
  const { granule, machine } = iova;
  const { kernel } = machine;
  const errno = since(kernel, 5, 15) ? { memory: ENOMEM, invalid: EINVAL } : { memory: EINVAL, invalid: EINVAL };
  const boundary = device.segmentBoundary;
  // A boundary of all ones never pads: the distance to it is beyond any list.
  const boundaryBytes = boundary < 2n ** 52n ? Number(boundary) + 1 : 0;
  const knowsPeers = since(kernel, 6, 0);
  const placed: Placed = { mapped: new Float64Array(list.length), pads: new Float64Array(list.length) };
  let total = 0;
  let previous = -1;
  let tooLong: string | undefined;
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    if (entry.p2p && knowsPeers) {
      if (entry.p2p.via === 'unsupported')
        return failure(id, EREMOTEIO, `entry ${i} is peer-to-peer memory that the device cannot reach`);
      if (entry.p2p.via === 'bus') {
        placed.mapped[i] = -1;
        continue;
      }
    }
    const mapped = alignUp(entry.length + (entry.offset % granule), granule);
    if (2 ** 32 <= mapped) tooLong ??= `entry ${i} does not fit 32 bits once aligned`;
    if (tooLong !== undefined && checksOverflow(kernel)) return failure(id, EINVAL, tooLong);
    const pad = boundaryBytes === 0 ? 0 : (boundaryBytes - (total % boundaryBytes)) % boundaryBytes;
    // Linux subtracts 1 from an unsigned length, so that an empty entry is always padded.
    if (previous !== -1 && pad !== 0 && (pad < mapped - 1 || mapped === 0)) {
      const padded = (placed.mapped[previous] ?? 0) + pad;
      if (2 ** 32 <= padded) tooLong ??= `the pad behind entry ${previous} does not fit 32 bits`;
      if (tooLong !== undefined && checksOverflow(kernel)) return failure(id, EINVAL, tooLong);
      placed.mapped[previous] = padded;
      placed.pads[previous] = pad;
      total += pad;
    }
    placed.mapped[i] = mapped;
    previous = i;
    total += mapped;
  }
  const base = total === 0 ? 0n : iova.allocate(total, device, cpu);
  if (base === undefined)
    return failure(id, errno.memory, `no ${sizeText(total)} of IOVA space is free below the device's mask`);
  if (tooLong !== undefined) {
    // A length that wrapped leaves less mapped than was allocated, and the mapping is undone.
    iova.free(base, total, cpu);
    return failure(id, EINVAL, tooLong);
  }
  const segments = mergeSegments(list, placed, base, device, kernel, granule);
  const blocks = total === 0 ? [] : [{ start: base, bytes: total }];
  return layout(id, segments, blocks, explainWith(list, placed, segments, device, granule), () =>
    describe(list, placed, total, segments),
  );
}

/** Stable 6.12 refuses lengths that overflow before it allocates; 6.18 does not have the test. */
function checksOverflow(kernel: Kernel): boolean {
  return kernel.major === 6 && 12 <= kernel.minor && kernel.minor < 16;
}

function mergeSegments(
  list: Scatterlist,
  placed: Placed,
  base: bigint,
  device: Device,
  kernel: Kernel,
  granule: number,
): Segment[] {
  const segments: { dma: bigint; length: number; pieces: Piece[]; bus?: boolean }[] = [];
  const boundary = device.segmentBoundary;
  const boundaryBytes = boundary < 2n ** 52n ? Number(boundary) + 1 : 0;
  const baseInBoundary = boundaryBytes === 0 ? 0 : Number(base & boundary);
  // 5.3 subtracts, and wraps when a segment is already too long; before, the sum was compared.
  const subtracts = since(kernel, 5, 3) || (kernel.major === 4 && kernel.minor === 19);
  const limit = device.maxSegmentSize;
  let last: { length: number; readonly pieces: Piece[] } | undefined;
  let current = 0;
  let relative = 0;
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const { length } = entry;
    const piece = { entry: i, offset: 0, length };
    const mapped = placed.mapped[i] ?? 0;
    if (mapped === -1) {
      const bus = entry.p2p?.via === 'bus' ? entry.p2p.busOffset : 0n;
      // 6.16 to 6.18 take the length of the list's first entry by mistake.
      const seen = since(kernel, 6, 16) ? (list[0]?.length ?? length) : length;
      segments.push({ dma: physicalStart(entry) + bus, length: seen, pieces: [piece], bus: true });
      last = undefined;
      current = 0;
      continue;
    }
    const offset = entry.offset % granule;
    const onBoundary =
      boundaryBytes === 0 ? base === 0n && relative === 0 : (baseInBoundary + relative) % boundaryBytes === 0;
    const fits = subtracts ? length <= (limit - current) >>> 0 : (current + length) % 2 ** 32 <= limit;
    if (last && current !== 0 && offset === 0 && !onBoundary && fits) {
      current = (current + length) % 2 ** 32;
      last.length = current;
      last.pieces.push(piece);
    } else {
      current = length;
      const segment = { dma: base + BigInt(relative + offset), length, pieces: [piece] };
      segments.push(segment);
      last = segment;
    }
    relative += mapped;
    if (length + offset < mapped) current = 0;
  }
  return segments;
}

function explainWith(
  list: Scatterlist,
  placed: Placed,
  segments: readonly Segment[],
  device: Device,
  granule: number,
): (after: number, gap: bigint) => { cause: BreakCause; why: string } {
  return (after) => {
    const one = segments[after];
    const next = segments[after + 1];
    if (one?.bus || next?.bus) return { cause: 'bus-address', why: 'peer-to-peer memory keeps its bus address' };
    const entry = next?.pieces[0]?.entry ?? 0;
    const before = one?.pieces.at(-1)?.entry ?? 0;
    const pad = placed.pads[before] ?? 0;
    const boundary = sizeText(device.segmentBoundary + 1n);
    if (pad !== 0)
      return {
        cause: 'boundary-pad',
        why: `${sizeText(pad)} pad: entry ${entry} must not cross a ${boundary} boundary`,
      };
    const ends = list[before];
    if (ends && (ends.offset + ends.length) % granule !== 0) {
      return { cause: 'granule', why: `entry ${before} ends off the ${sizeText(granule)} granule` };
    }
    if ((list[entry]?.offset ?? 0) % granule !== 0)
      return { cause: 'granule', why: `entry ${entry} starts off the ${sizeText(granule)} granule` };
    if (device.maxSegmentSize < (one?.length ?? 0) + (list[entry]?.length ?? 0)) {
      return { cause: 'segment-limit', why: `a segment may have ${sizeText(device.maxSegmentSize)}` };
    }
    return { cause: 'boundary-pad', why: `entry ${entry} starts on a ${boundary} boundary` };
  };
}

function describe(list: Scatterlist, placed: Placed, total: number, segments: readonly Segment[]): readonly string[] {
  const steps: string[] = [];
  let at = 0;
  list.forEach((entry, i) => {
    const [mapped, pad] = [placed.mapped[i] ?? 0, placed.pads[i] ?? 0];
    if (mapped === -1) {
      steps.push(`entry ${i}: ${sizeText(entry.length)} of peer-to-peer memory, no IOVA space`);
      return;
    }
    steps.push(`entry ${i}: ${sizeText(entry.length)} at offset ${sizeText(at)}`);
    if (pad !== 0) steps.push(`pad ${sizeText(pad)} so that entry ${i + 1} does not cross the segment boundary`);
    at += mapped;
  });
  steps.push(`allocate ${sizeText(total)} of IOVA space`);
  steps.push(`merge ${list.length} entries into ${segments.length} segments`);
  return steps;
}

/** Small buffers of a device without cache coherency, and all buffers of an untrusted one, go through bounce slots. */
function bounces(list: Scatterlist, device: Device, direction: Direction, kernel: Kernel): boolean {
  if (!since(kernel, 5, 15)) return false;
  if (device.untrusted) return true;
  return (
    !device.coherent && direction !== 1 && since(kernel, 6, 5) && list.some((entry) => isUnsafeLength(entry.length))
  );
}

/**
 * kmalloc() memory that may share a cache line, for 64-byte lines and ARCH_DMA_MINALIGN 128 (arm64).
 * Follows dma_kmalloc_size_aligned() in include/linux/dma-map-ops.h, Linux 6.5.
 */
export function isUnsafeLength(length: number): boolean {
  if (length === 0 || 256 <= length) return false;
  const bucket = KMALLOC_BUCKETS.find((size) => length <= size) ?? 256;
  return bucket % 64 !== 0;
}

const KMALLOC_BUCKETS = [8, 16, 32, 64, 96, 128, 192, 256];

function mapOneByOne(
  id: string,
  iova: IommuSpace,
  slots: SwiotlbSlots,
  list: Scatterlist,
  device: Device,
  direction: Direction,
  cpu: number,
): MapResult {
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (let i = 0; i < list.length; i++) {
    const mapped = mapOne(id, iova, slots, list, i, device, direction, cpu);
    if (!mapped.ok) {
      // Everything mapped so far is undone, last allocation first.
      for (const block of blocks) iova.free(block.start, block.bytes, cpu);
      slots.release(segments);
      return failure(id, EIO, mapped.reason);
    }
    segments.push(mapped.segment);
    if (mapped.copy !== undefined) slots.bind(segments, mapped.copy);
    blocks.push(mapped.block);
  }
  return layout(
    id,
    segments,
    blocks,
    () => ({ cause: 'new-allocation', why: 'every entry gets an IOVA block of its own' }),
    () =>
      list.map(
        (entry, i) => `entry ${i}: ${sizeText(entry.length)}${segments[i]?.bounced ? ', bounced' : ''}, own IOVA block`,
      ),
  );
}

type One =
  | {
      readonly ok: true;
      readonly segment: Segment;
      readonly block: { readonly start: bigint; readonly bytes: number };
      /** Where the bytes were copied to. */
      readonly copy: bigint | undefined;
    }
  | { readonly ok: false; readonly reason: string };

/** iommu_dma_map_page(): one entry, bounced where it must be. */
function mapOne(
  id: string,
  iova: IommuSpace,
  slots: SwiotlbSlots,
  list: Scatterlist,
  index: number,
  device: Device,
  direction: Direction,
  cpu: number,
): One {
  const entry: SgEntry = list[index] ?? { page: 0n, offset: 0, length: 0 };
  const { granule, machine } = iova;
  const { kernel } = machine;
  if (since(kernel, 6, 12) && granule - 1 < device.minAlignMask) {
    return { ok: false, reason: 'the alignment that the device needs is larger than the IOMMU granule' };
  }
  const start = physicalStart(entry);
  const candidate =
    device.untrusted || (!device.coherent && direction !== 1 && since(kernel, 6, 5) && isUnsafeLength(entry.length));
  const isUnaligned = (start | BigInt(entry.length)) % BigInt(granule) !== 0n;
  let offset = Number(start % BigInt(granule));
  let copy: bigint | undefined;
  if (since(kernel, 5, 15) && candidate && isUnaligned) {
    // Since 6.10 (recalled) the pool rounds the request itself.
    const size = since(kernel, 6, 10) ? entry.length : alignUp(entry.length, granule);
    copy = slots.take(start, size, granule - 1, device, cpu);
    if (copy === undefined)
      return { ok: false, reason: `${id}: no bounce slots for entry ${index} (${sizeText(entry.length)})` };
    offset = Number(copy % BigInt(granule));
  }
  const bytes = alignUp(entry.length + offset, granule);
  const address = iova.allocate(bytes, device, cpu);
  if (address === undefined) {
    if (copy !== undefined) slots.give(copy);
    return { ok: false, reason: `no ${sizeText(bytes)} of IOVA space for entry ${index}` };
  }
  const pieces = [wholeEntry(list, index)];
  const dma = address + BigInt(offset);
  const segment: Segment =
    copy === undefined ? { dma, length: entry.length, pieces } : { dma, length: entry.length, pieces, bounced: true };
  return { ok: true, segment, block: { start: address, bytes }, copy };
}
