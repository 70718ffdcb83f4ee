/**
 * Intel VT-d before the common layer: one IOVA block per list, one segment per entry, no padding and no merging; segment
 * limit and boundary are not consulted. Untrusted devices bounce. Follows intel_map_sg() and bounce_map_sg() in
 * drivers/iommu/intel-iommu.c (drivers/iommu/intel/iommu.c since 5.8), Linux 4.4 to 5.10.
 */

import { alignUp, failure, layout, PAGE_SIZE, physicalStart, since, sizeText, wholeEntry } from '../layout';
import { LegacyIova } from '../legacyIova';
import { mapPeers } from '../peerToPeer';
import { SwiotlbSlots } from '../swiotlbPool';
import type { Backend, Device, DmaSpace, Machine, MapResult, Scatterlist, Segment, SgEntry } from '../types';

const ID = 'intel-legacy';
const ENOMEM = -12;
const EINVAL = -22;
const PAGE = BigInt(PAGE_SIZE);
const DEFAULT_APERTURE_END = 2n ** 48n - 1n;

export const intelLegacy: Backend = {
  id: ID,
  title: 'Intel VT-d, own mapping code',
  source: 'drivers/iommu/intel-iommu.c',
  since: { major: 4, minor: 4 },
  until: { major: 5, minor: 10 },
  open: openSpace,
};

function openSpace(machine: Machine): DmaSpace {
  const iova = new Space(machine);
  return {
    backend: ID,
    mapSg(list, device, _direction, cpu = 0) {
      if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
      const peers = mapPeers(ID, list, machine.kernel);
      if (peers) return peers;
      return iova.bounces(device) ? mapOneByOne(iova, list, device, cpu) : mapBlock(iova, list, device, cpu);
    },
    mapPage(entry, device, _direction, cpu = 0) {
      const map = iova.bounces(device) ? mapOneByOne : mapBlock;
      const result = map(iova, [entry], device, cpu);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap(mapping, cpu = 0) {
      for (const { start, bytes } of mapping.blocks) iova.addresses.free(start, bytes / PAGE_SIZE, cpu);
      iova.slots.release(mapping.segments);
    },
  };
}

class Space {
  readonly machine: Machine;
  readonly addresses: LegacyIova;
  readonly slots: SwiotlbSlots;

  constructor(machine: Machine) {
    this.machine = machine;
    this.addresses = new LegacyIova(machine);
    this.slots = new SwiotlbSlots(machine);
  }

  bounces(device: Device): boolean {
    return device.untrusted && since(this.machine.kernel, 5, 4);
  }

  allocate(bytes: number, device: Device, cpu: number): bigint | undefined {
    const aperture = this.machine.apertureEnd ?? DEFAULT_APERTURE_END;
    const limit = device.dmaMask < aperture ? device.dmaMask : aperture;
    return this.addresses.allocate(bytes / PAGE_SIZE, limit, !(this.machine.forcedac ?? false), cpu);
  }
}

function mapBlock(iova: Space, list: Scatterlist, device: Device, cpu: number): MapResult {
  const starts: number[] = [];
  let total = 0;
  for (const entry of list) {
    starts.push(total);
    total += alignUp((entry.offset % PAGE_SIZE) + entry.length, PAGE_SIZE);
  }
  const base = iova.allocate(total, device, cpu);
  if (base === undefined) return failure(ID, EINVAL, noRoom(total));
  // Before 4.15 an offset of a page or more is added whole, and the address is too high.
  const unit = since(iova.machine.kernel, 4, 15) ? PAGE_SIZE : Number.POSITIVE_INFINITY;
  const segments: Segment[] = list.map((entry, i) => ({
    dma: base + BigInt((starts[i] ?? 0) + (entry.offset % unit)),
    length: entry.length,
    pieces: [wholeEntry(list, i)],
  }));
  return layout(
    ID,
    segments,
    [{ start: base, bytes: total }],
    (after, gap) => {
      if (gap === 0n) return { cause: 'never-merges', why: 'one segment per entry' };
      const entry = list[after];
      const endsOff = entry !== undefined && (entry.offset + entry.length) % PAGE_SIZE !== 0;
      return {
        cause: 'granule',
        why: endsOff ? `entry ${after} ends off a page` : `entry ${after + 1} starts off a page`,
      };
    },
    () => [
      `allocate ${sizeText(total)} of IOVA space, rounded up to a power of two`,
      `${list.length} segments, one per entry, page behind page`,
    ],
  );
}

/** An untrusted device: own IOVA per entry; what is not whole pages is copied to a bounce buffer and loses its offset. */
function mapOneByOne(iova: Space, list: Scatterlist, device: Device, cpu: number): MapResult {
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const bytes = alignUp(entry.length, PAGE_SIZE);
    const start = iova.allocate(bytes, device, cpu);
    const copy = start === undefined || isWholePages(entry) ? undefined : takeSlots(iova, entry, bytes, device, cpu);
    if (start === undefined || (copy === undefined && !isWholePages(entry))) {
      if (start !== undefined) iova.addresses.free(start, bytes / PAGE_SIZE, cpu);
      iova.slots.release(segments);
      for (const block of blocks) iova.addresses.free(block.start, block.bytes / PAGE_SIZE, cpu);
      return failure(ID, EINVAL, start === undefined ? noRoom(bytes) : `no bounce buffer of ${sizeText(bytes)}`);
    }
    const pieces = [wholeEntry(list, i)];
    const segment: Segment = { dma: start, length: entry.length, pieces, ...(copy !== undefined && { bounced: true }) };
    if (copy !== undefined) iova.slots.bind(segments, copy);
    segments.push(segment);
    blocks.push({ start, bytes });
  }
  return layout(
    ID,
    segments,
    blocks,
    () => ({ cause: 'new-allocation', why: 'every entry of an untrusted device gets an IOVA block of its own' }),
    () =>
      segments.map((one, i) => `entry ${i}: ${sizeText(one.length)}${one.bounced ? ', bounced' : ''}, own IOVA block`),
  );
}

function isWholePages(entry: SgEntry): boolean {
  return physicalStart(entry) % PAGE === 0n && entry.length % PAGE_SIZE === 0;
}

function takeSlots(iova: Space, entry: SgEntry, bytes: number, device: Device, cpu: number): bigint | undefined {
  return iova.slots.take(physicalStart(entry), bytes, 0, device, cpu);
}

function noRoom(bytes: number): string {
  return `no ${sizeText(bytes)} of IOVA space is free below the device's mask`;
}
