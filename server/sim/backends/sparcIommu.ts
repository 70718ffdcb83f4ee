/**
 * sparc64 with an IOMMU: as on powerpc every entry gets table entries of its own, and is merged when they come to lie
 * right behind the last ones, but there is one kind of pool. Follows dma_4u_map_sg() in arch/sparc/kernel/iommu.c and
 * dma_4v_map_sg() in arch/sparc/kernel/pci_sun4v.c, Linux 4.4 to 6.12. sun4u is a machine with one pool.
 */

import { boundaryPages } from '../bitmap';
import { IommuTable } from '../iommuTable';
import { failure, physicalStart, sizeText } from '../layout';
import { freeBehind, mapBehind, type TableSpace } from '../mergeBehind';
import type { Backend, DmaSpace, Machine } from '../types';
import { poolOf } from './powerpcTce';

const ID = 'sparc-iommu';
const EINVAL = -22;
const ENOMEM = -12;
const PAGE_SHIFT = 13;
const PAGE_BYTES = 2 ** PAGE_SHIFT;
const DEFAULT_START = 0x80000000n;
const DEFAULT_BYTES = 0x80000000n;
/** sun4v; sun4u has one. */
const POOLS = 16;

export const sparcIommu: Backend = {
  id: ID,
  title: 'sparc64 IOMMU',
  source: 'arch/sparc/kernel/iommu.c, arch/sparc/kernel/pci_sun4v.c',
  open: openSpace,
};

function openSpace(machine: Machine): DmaSpace {
  const space = tableSpace(machine);
  return {
    backend: ID,
    mapSg(list, device, _direction, cpu = 0) {
      if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
      return mapBehind(space, list, device, cpu);
    },
    mapPage(entry, device, _direction, cpu = 0) {
      const result = mapBehind(space, [entry], device, cpu);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap: (mapping) => freeBehind(space, mapping.segments),
  };
}

function tableSpace(machine: Machine): TableSpace {
  const start = machine.windowStart ?? DEFAULT_START;
  const bytes = machine.windowBytes ?? DEFAULT_BYTES;
  const firstPage = Number(start / BigInt(PAGE_BYTES));
  const pools = machine.pools ?? POOLS;
  const table = new IommuTable({
    entries: Number(bytes / BigInt(PAGE_BYTES)),
    firstPage,
    pools,
    hasLargePool: false,
    endsShort: true,
    block: 1,
  });
  return {
    id: ID,
    table,
    start,
    pageShift: PAGE_SHIFT,
    merges: true,
    // The allocator is told that everything is in reach.
    highestPage: () => Number.POSITIVE_INFINITY,
    alignOrder: () => 0,
    pool: (cpu) => poolOf(cpu, Math.log2(POOLS)),
    // Linux tests as if every segment started at table entry 0, and takes the CPU address of the list entry in the
    // slot that the segment is written to.
    mayMerge(list, slot, length, device) {
      const boundary = boundaryPages(device.segmentBoundary, PAGE_BYTES);
      const entry = list[slot];
      const inPage = entry ? Number(physicalStart(entry) % BigInt(PAGE_BYTES)) : 0;
      const inBoundary = boundary === Number.POSITIVE_INFINITY ? 0 : firstPage % boundary;
      return inBoundary + Math.ceil((inPage + length) / PAGE_BYTES) <= boundary;
    },
    fail(index, pages) {
      return failure(ID, EINVAL, `no ${sizeText(pages * PAGE_BYTES)} in a row in the IOMMU table for entry ${index}`);
    },
  };
}
