/**
 * 64-bit powerpc with a TCE table: every entry gets table entries of its own, and is merged when they come to lie right
 * behind the last ones. Small allocations and large ones (16 IOMMU pages and more) live in different pools, so lists
 * that mix them do not merge. Follows ppc_iommu_map_sg() and iommu_range_alloc() in arch/powerpc/kernel/iommu.c, Linux
 * 4.4 to 6.12. Devices whose mask covers all memory may bypass the table in Linux; here they never do.
 */

import { IommuTable } from '../iommuTable';
import { failure, PAGE_SIZE, physicalStart, since, sizeText } from '../layout';
import { freeBehind, mapBehind, type TableSpace } from '../mergeBehind';
import type { Backend, DmaSpace, Machine } from '../types';

const ID = 'powerpc-tce';
const EINVAL = -22;
const EIO = -5;
const ENOMEM = -12;
const DEFAULT_START = 0x80000000n;
const DEFAULT_BYTES = 0x40000000n;
const GIB = 2n ** 30n;
/** Pools of a window of 1 GiB or more; smaller ones have a single pool. */
const POOLS = 4;
/** Table entries between two small allocations of different lists. */
const BLOCK = 16;

export const powerpcTce: Backend = {
  id: ID,
  title: 'powerpc TCE table',
  source: 'arch/powerpc/kernel/iommu.c',
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
  const pageShift = machine.ioPageShift ?? 12;
  const pageBytes = 2 ** pageShift;
  const cpuPage = machine.pageSize ?? PAGE_SIZE;
  const start = machine.windowStart ?? DEFAULT_START;
  const bytes = machine.windowBytes ?? DEFAULT_BYTES;
  const firstPage = Number(start / BigInt(pageBytes));
  const table = new IommuTable({
    entries: Number(bytes / BigInt(pageBytes)),
    firstPage,
    pools: machine.pools ?? (GIB <= bytes ? POOLS : 1),
    hasLargePool: true,
    endsShort: false,
    block: machine.block ?? BLOCK,
  });
  if (firstPage === 0) table.reserve(0, 1);
  return {
    id: ID,
    table,
    start,
    pageShift,
    merges: machine.merge ?? true,
    highestPage: (device) => Number(device.dmaMask / BigInt(pageBytes)),
    alignOrder(entry) {
      const isAligned = cpuPage <= entry.length && physicalStart(entry) % BigInt(cpuPage) === 0n;
      return pageBytes < cpuPage && isAligned ? Math.log2(cpuPage / pageBytes) : 0;
    },
    pool: (cpu) => poolOf(cpu, 2),
    // The merged segment is not checked against the boundary; only each allocation is.
    mayMerge: () => true,
    fail(index, pages) {
      const errno = since(machine.kernel, 5, 15) ? EIO : EINVAL;
      return failure(ID, errno, `no ${sizeText(pages * pageBytes)} in a row in the TCE table for entry ${index}`);
    },
  };
}

/** Spreads CPUs over 2^`bits` pools as hash_32() does since Linux 4.7; older kernels used another factor. */
export function poolOf(cpu: number, bits: number): number {
  return Math.imul(cpu, 0x61c88647) >>> (32 - bits);
}
