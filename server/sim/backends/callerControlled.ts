/**
 * What a driver can use instead of dma_map_sg() when it needs one contiguous range: each of these makes one segment by
 * construction. Follows iommu_map_sg() in drivers/iommu/iommu.c, dma_iova_link() and the noncontiguous allocation in
 * drivers/iommu/dma-iommu.c and kernel/dma/mapping.c, and iommu_sva_bind_device() in drivers/iommu/iommu-sva.c.
 */

import { Bitmap } from '../bitmap';
import { IommuSpace } from '../iommuSpace';
import { alignUp, failure, hex, layout, physicalStart, sizeText, wholeEntry } from '../layout';
import type { Backend, Device, DmaSpace, Machine, MappedLayout, MapResult, Scatterlist, Segment } from '../types';

const EIO = -5;
const ENOMEM = -12;
const EINVAL = -22;
const DEFAULT_GRANULE = 4096;

/** The driver owns the IOMMU domain and picks every IOVA; here it takes the lowest free one. */
export const iommuApi: Backend = {
  id: 'iommu-api',
  title: 'IOMMU API, the driver picks the IOVA',
  source: 'drivers/iommu/iommu.c',
  open: openIommuApi,
};

/** dma_iova_try_alloc() and dma_iova_link(). */
export const dmaIova: Backend = {
  id: 'dma-iova',
  title: 'dma_iova_*, ranges linked into one IOVA block',
  source: 'drivers/iommu/dma-iommu.c',
  since: { major: 6, minor: 16 },
  open: openDmaIova,
};

/** dma_alloc_noncontiguous(), for a buffer as large as the list. */
export const noncontiguousAlloc: Backend = {
  id: 'noncontiguous-alloc',
  title: 'dma_alloc_noncontiguous()',
  source: 'kernel/dma/mapping.c, drivers/iommu/dma-iommu.c',
  since: { major: 5, minor: 13 },
  open: openNoncontiguous,
};

/** Shared virtual addressing: the device uses the addresses of the process. */
export const sva: Backend = {
  id: 'sva',
  title: 'Shared virtual addressing',
  source: 'drivers/iommu/iommu-sva.c',
  open: openSva,
};

function openIommuApi(machine: Machine): DmaSpace {
  const granule = machine.granule ?? DEFAULT_GRANULE;
  const start = machine.windowStart ?? machine.apertureStart ?? 0n;
  const bytes = machine.windowBytes ?? 2n ** 32n;
  const window = new Bitmap(Number(bytes / BigInt(granule)));
  const map = (list: Scatterlist): MapResult => {
    const odd = list.findIndex((entry) => (physicalStart(entry) | BigInt(entry.length)) % BigInt(granule) !== 0n);
    if (odd !== -1)
      return failure('iommu-api', EINVAL, `entry ${odd} does not consist of whole ${sizeText(granule)} granules`);
    const total = totalOf(list);
    const page = total === 0 ? -1 : window.findClear(0, total / granule, 1);
    if (page === -1)
      return failure('iommu-api', total === 0 ? EINVAL : ENOMEM, `no ${sizeText(total)} free in the domain`);
    window.take(page, total / granule);
    const address = start + BigInt(page) * BigInt(granule);
    return single('iommu-api', list, address, total, { start: address, bytes: total }, 'the driver picked the address');
  };
  return {
    backend: 'iommu-api',
    mapSg: map,
    mapPage: (entry) => map([entry]),
    unmap(mapping) {
      for (const block of mapping.blocks) {
        window.free(Number((block.start - start) / BigInt(granule)), block.bytes / granule);
      }
    },
  };
}

function openDmaIova(machine: Machine): DmaSpace {
  const space = new IommuSpace(machine);
  const granule = BigInt(space.granule);
  const map = (list: Scatterlist, device: Device, cpu: number): MapResult => {
    const head = list[0];
    if (!head || totalOf(list) === 0) return failure('dma-iova', EINVAL, 'there is nothing to map');
    const misfit = list.findIndex(
      (entry, i) =>
        (0 < i && physicalStart(entry) % granule !== 0n) ||
        (i + 1 < list.length && (physicalStart(entry) + BigInt(entry.length)) % granule !== 0n),
    );
    if (misfit !== -1) {
      return failure('dma-iova', EIO, `entry ${misfit} starts or ends inside a ${sizeText(space.granule)} granule`);
    }
    const offset = Number(physicalStart(head) % granule);
    const bytes = alignUp(offset + totalOf(list), space.granule);
    const start = space.allocate(bytes, device, cpu);
    if (start === undefined) return failure('dma-iova', ENOMEM, `no ${sizeText(bytes)} of IOVA space is free`);
    return single('dma-iova', list, start + BigInt(offset), totalOf(list), { start, bytes }, 'all ranges were linked');
  };
  return {
    backend: 'dma-iova',
    mapSg: (list, device, _direction, cpu = 0) => map(list, device, cpu),
    mapPage: (entry, device, _direction, cpu = 0) => map([entry], device, cpu),
    unmap: (mapping, cpu = 0) => freeBlocks(space, mapping, cpu),
  };
}

/** The memory is allocated with the mapping, so the offsets of the list do not matter and whole granules come back. */
function openNoncontiguous(machine: Machine): DmaSpace {
  const space = new IommuSpace(machine);
  const map = (list: Scatterlist, device: Device, cpu: number): MapResult => {
    const bytes = alignUp(totalOf(list), space.granule);
    const start = bytes === 0 ? undefined : space.allocate(bytes, device, cpu);
    if (start === undefined)
      return failure('noncontiguous-alloc', ENOMEM, `no ${sizeText(bytes)} of IOVA space is free`);
    return single('noncontiguous-alloc', list, start, bytes, { start, bytes }, 'memory and mapping were made together');
  };
  return {
    backend: 'noncontiguous-alloc',
    mapSg: (list, device, _direction, cpu = 0) => map(list, device, cpu),
    mapPage: (entry, device, _direction, cpu = 0) => map([entry], device, cpu),
    unmap: (mapping, cpu = 0) => freeBlocks(space, mapping, cpu),
  };
}

/** Each list is a buffer of the process; buffers lie one behind the other, with a page between them. */
function openSva(machine: Machine): DmaSpace {
  const page = BigInt(machine.pageSize ?? 4096);
  let next = machine.windowStart ?? 0x7f0000000000n;
  const map = (list: Scatterlist): MapResult => {
    const head = list[0];
    if (!head || totalOf(list) === 0) return failure('sva', EINVAL, 'there is nothing to bind');
    const odd = list.findIndex(
      (entry, i) =>
        (0 < i && physicalStart(entry) % page !== 0n) ||
        (i + 1 < list.length && (physicalStart(entry) + BigInt(entry.length)) % page !== 0n),
    );
    if (odd !== -1)
      return failure('sva', EINVAL, `entry ${odd} cannot be part of one buffer of a process: it is off a page`);
    const address = next + (physicalStart(head) % page);
    const end = address + BigInt(totalOf(list));
    next = ((end + page - 1n) / page + 1n) * page;
    return single('sva', list, address, totalOf(list), undefined, 'the device uses the addresses of the process');
  };
  return { backend: 'sva', mapSg: map, mapPage: (entry) => map([entry]), unmap() {} };
}

function single(
  id: string,
  list: Scatterlist,
  dma: bigint,
  length: number,
  block: MappedLayout['blocks'][number] | undefined,
  how: string,
): MappedLayout {
  const segment: Segment = { dma, length, pieces: list.map((_entry, i) => wholeEntry(list, i)) };
  return layout(
    id,
    [segment],
    block ? [block] : [],
    () => ({ cause: 'new-allocation', why: 'there is one segment only' }),
    () => [`${sizeText(length)} at ${hex(dma)}: ${how}`],
  );
}

function freeBlocks(space: IommuSpace, mapping: MappedLayout, cpu: number): void {
  for (const block of mapping.blocks) space.free(block.start, block.bytes, cpu);
}

function totalOf(list: Scatterlist): number {
  let total = 0;
  for (const entry of list) total += entry.length;
  return total;
}
