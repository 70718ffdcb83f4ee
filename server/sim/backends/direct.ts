/**
 * No translation: each entry keeps its own address, shifted by the firmware's DMA ranges; what the device cannot reach
 * bounces through SWIOTLB. Follows dma_direct_map_sg() in kernel/dma/direct.{c,h}, Linux 4.18 to 6.18, and before that
 * swiotlb_map_sg_attrs() in lib/swiotlb.c.
 */

import { deviceLimit, emptyList, failure, hex, layout, physicalStart, since, sizeText, wholeEntry } from '../layout';
import { mapPeers } from '../peerToPeer';
import { SwiotlbSlots } from '../swiotlbPool';
import type { Backend, Device, Direction, DmaSpace, Machine, MapResult, Scatterlist, Segment, SgEntry } from '../types';
import { isUnsafeLength } from './iommuDma';

const EIO = -5;
const EINVAL = -22;
const ENOMEM = -12;
const EREMOTEIO = -121;

export const direct: Backend = {
  id: 'direct',
  title: 'No IOMMU',
  source: 'kernel/dma/direct.c',
  open: (machine) => openSpace(machine, 'direct', machine.swiotlb?.force ?? false),
};

/** The same with every entry out of the device's reach. */
export const swiotlb: Backend = {
  id: 'swiotlb',
  title: 'SWIOTLB bounce buffers',
  source: 'kernel/dma/swiotlb.c',
  open: (machine) => openSpace(machine, 'swiotlb', true),
};

function openSpace(machine: Machine, id: string, force: boolean): DmaSpace {
  const slots = new SwiotlbSlots(machine);
  const place = (entry: SgEntry, device: Device, direction: Direction, cpu: number) =>
    placeEntry(entry, device, direction, cpu, machine, slots, force);
  return {
    backend: id,
    mapSg: (list, device, direction, cpu = 0) => mapList(id, list, device, direction, cpu, machine, slots, place),
    mapPage(entry, device, direction, cpu = 0) {
      const result = mapList(id, [entry], device, direction, cpu, machine, slots, place);
      return result.ok ? result : failure(id, ENOMEM, result.reason);
    },
    unmap: (mapping) => slots.release(mapping.segments),
    seekBounce: (address) => slots.seek(address),
  };
}

type Place = (entry: SgEntry, device: Device, direction: Direction, cpu: number) => Placed;

type Placed =
  | { readonly ok: true; readonly dma: bigint; readonly bounce: bigint | undefined }
  | { readonly ok: false; readonly reason: string };

function mapList(
  id: string,
  list: Scatterlist,
  device: Device,
  direction: Direction,
  cpu: number,
  machine: Machine,
  slots: SwiotlbSlots,
  place: Place,
): MapResult {
  if (list.length === 0) return emptyList(id, machine.kernel);
  const peers = mapPeers(id, list, machine.kernel);
  if (peers) return peers;
  const segments: Segment[] = [];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    if (entry.p2p?.via === 'bus' && since(machine.kernel, 6, 0)) {
      const dma = physicalStart(entry) + entry.p2p.busOffset;
      segments.push({ dma, length: entry.length, pieces: [wholeEntry(list, i)], bus: true });
      continue;
    }
    if (entry.p2p?.via === 'unsupported' && since(machine.kernel, 6, 0)) {
      slots.release(segments);
      return failure(id, EREMOTEIO, `entry ${i} is peer-to-peer memory that the device cannot reach`);
    }
    if (entry.p2p?.via === 'host-bridge' && since(machine.kernel, 6, 18)) {
      // 6.18 forgets to write the address: what a fresh list has there is 0.
      segments.push({ dma: 0n, length: entry.length, pieces: [wholeEntry(list, i)], bus: true });
      continue;
    }
    const placed = place(entry, device, direction, cpu);
    if (!placed.ok) {
      slots.release(segments);
      return failure(id, since(machine.kernel, 5, 15) ? EIO : EINVAL, `entry ${i}: ${placed.reason}`);
    }
    const { dma, bounce } = placed;
    const pieces = [wholeEntry(list, i)];
    if (bounce === undefined) {
      segments.push({ dma, length: entry.length, pieces });
    } else {
      segments.push({ dma, length: entry.length, pieces, bounced: true });
      slots.bind(segments, bounce);
    }
  }
  return layout(
    id,
    segments,
    [],
    (after) => {
      const [one, next] = [segments[after], segments[after + 1]];
      if ((one?.bus && one.dma === 0n) || (next?.bus && next.dma === 0n))
        return { cause: 'bus-address', why: 'Linux 6.18 leaves the address of such peer-to-peer memory unset' };
      if (one?.bus || next?.bus) return { cause: 'bus-address', why: 'peer-to-peer memory keeps its bus address' };
      if (one?.bounced || next?.bounced) return { cause: 'bounce', why: 'every bounced entry gets slots of its own' };
      return { cause: 'physical', why: 'the physical memory itself is scattered' };
    },
    () =>
      segments.map((segment, i) =>
        segment.bounced
          ? `entry ${i}: ${sizeText(segment.length)} copied to a bounce buffer at ${hex(segment.dma)}`
          : `entry ${i}: ${sizeText(segment.length)} keeps its address ${hex(segment.dma)}`,
      ),
  );
}

function placeEntry(
  entry: SgEntry,
  device: Device,
  direction: Direction,
  cpu: number,
  machine: Machine,
  slots: SwiotlbSlots,
  force: boolean,
): Placed {
  const phys = physicalStart(entry);
  const dma = translate(phys, device);
  const limit = deviceLimit(device);
  const reaches = (address: bigint | undefined) =>
    address !== undefined && address + BigInt(entry.length) - 1n <= limit;
  const isSmall = since(machine.kernel, 6, 5) && !device.coherent && direction !== 1 && isUnsafeLength(entry.length);
  if (!force && !isSmall && reaches(dma) && dma !== undefined) return { ok: true, dma, bounce: undefined };
  if (force && entry.p2p) return { ok: false, reason: 'peer-to-peer memory cannot bounce' };
  if (!slots.isActive) {
    return { ok: false, reason: `the device reaches addresses up to ${hex(limit)} only, and there is no bounce pool` };
  }
  const bounce = slots.take(phys, entry.length, 0, device, cpu);
  if (bounce === undefined) {
    return {
      ok: false,
      reason: `no bounce buffer of ${sizeText(entry.length)} (at most 256 KiB, and only while slots are free)`,
    };
  }
  const copy = translate(bounce, device);
  if (copy === undefined || !reaches(copy)) {
    slots.give(bounce);
    return {
      ok: false,
      reason: `the device reaches addresses up to ${hex(limit)} only, and the bounce pool lies above`,
    };
  }
  return { ok: true, dma: copy, bounce };
}

/** phys_to_dma(): undefined where no firmware range covers the address. */
function translate(phys: bigint, device: Device): bigint | undefined {
  if (device.dmaRanges.length === 0) return phys;
  const range = device.dmaRanges.find((one) => one.cpuStart <= phys && phys < one.cpuStart + one.size);
  return range && phys - range.cpuStart + range.dmaStart;
}
