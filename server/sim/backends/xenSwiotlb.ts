/**
 * A Xen guest: the device sees machine frames, and what is not machine-contiguous bounces, entry by entry.
 * Follows xen_swiotlb_map_page() and xen_swiotlb_map_sg() in drivers/xen/swiotlb-xen.c, Linux 4.4 to 6.12. The pool is
 * machine-contiguous as a whole, at its guest address; in Linux each 256 KiB of it is, wherever Xen put them.
 */

import { deviceLimit, failure, hex, layout, PAGE_SIZE, physicalStart, since, sizeText, wholeEntry } from '../layout';
import { SwiotlbSlots } from '../swiotlbPool';
import type { Backend, Device, Direction, DmaSpace, Machine, MapResult, Scatterlist, Segment, SgEntry } from '../types';
import { isUnsafeLength } from './iommuDma';

const ID = 'xen-swiotlb';
const EIO = -5;
const ENOMEM = -12;
const EINVAL = -22;
const PAGE = BigInt(PAGE_SIZE);

export const xenSwiotlb: Backend = {
  id: ID,
  title: 'Xen guest with bounce buffers',
  source: 'drivers/xen/swiotlb-xen.c',
  open: openSpace,
};

function openSpace(machine: Machine): DmaSpace {
  const slots = new SwiotlbSlots(machine);
  return {
    backend: ID,
    mapSg: (list, device, direction, cpu = 0) => mapList(machine, slots, list, device, direction, cpu),
    mapPage(entry, device, direction, cpu = 0) {
      const result = mapList(machine, slots, [entry], device, direction, cpu);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap: (mapping) => slots.release(mapping.segments),
  };
}

function mapList(
  machine: Machine,
  slots: SwiotlbSlots,
  list: Scatterlist,
  device: Device,
  direction: Direction,
  cpu: number,
): MapResult {
  if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
  const segments: Segment[] = [];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const pieces = [wholeEntry(list, i)];
    const dma = machineAddress(machine, entry);
    if (dma !== undefined && reaches(dma, entry, device) && !mustBounce(machine, entry, device, direction)) {
      segments.push({ dma, length: entry.length, pieces });
      continue;
    }
    const copy = slots.take(physicalStart(entry), entry.length, 0, device, cpu);
    if (copy === undefined || !reaches(copy, entry, device)) {
      if (copy !== undefined) slots.give(copy);
      slots.release(segments);
      const reason =
        copy === undefined ? `no bounce buffer of ${sizeText(entry.length)}` : 'the device does not reach the pool';
      return failure(ID, since(machine.kernel, 5, 15) ? EIO : EINVAL, `entry ${i}: ${reason}`);
    }
    segments.push({ dma: copy, length: entry.length, pieces, bounced: true });
    slots.bind(segments, copy);
  }
  return layout(
    ID,
    segments,
    [],
    (after) =>
      segments[after]?.bounced || segments[after + 1]?.bounced
        ? { cause: 'bounce', why: 'every bounced entry gets slots of its own' }
        : { cause: 'physical', why: 'the machine frames behind the entries are scattered' },
    () =>
      segments.map((one, i) => {
        const how = one.bounced ? 'copied to a bounce buffer' : 'at its machine address';
        return `entry ${i}: ${sizeText(one.length)} ${how}, ${hex(one.dma)}`;
      }),
  );
}

/** Machine address of an entry; undefined when its frames do not follow each other. */
function machineAddress(machine: Machine, entry: SgEntry): bigint | undefined {
  const frameOf = machine.machineFrame ?? swapNeighbours;
  const phys = physicalStart(entry);
  const first = Number(phys / PAGE);
  const inPage = phys % PAGE;
  const frames = Math.ceil((Number(inPage) + entry.length) / PAGE_SIZE);
  const start = frameOf(first);
  for (let i = 1; i < frames; i++) if (frameOf(first + i) !== start + i) return undefined;
  return BigInt(start) * PAGE + inPage;
}

/** A guest's memory with no two machine-contiguous frames: the frames of each pair change places. */
function swapNeighbours(frame: number): number {
  return frame % 2 === 0 ? frame + 1 : frame - 1;
}

function mustBounce(machine: Machine, entry: SgEntry, device: Device, direction: Direction): boolean {
  if (machine.swiotlb?.force) return true;
  return since(machine.kernel, 6, 5) && !device.coherent && direction !== 1 && isUnsafeLength(entry.length);
}

function reaches(address: bigint, entry: SgEntry, device: Device): boolean {
  return address + BigInt(entry.length) - 1n <= deviceLimit(device);
}
