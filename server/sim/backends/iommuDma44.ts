/**
 * The first common IOMMU mapping layer: one segment per entry, each entry aligned to the power of two of its length.
 * Follows __iommu_dma_map_sg() in drivers/iommu/dma-iommu.c, Linux 4.4 to 4.6, and its posted sixth version.
 */

import { IommuSpace } from '../iommuSpace';
import { alignUp, failure, layout, powerOfTwoAtLeast, sizeText, wholeEntry } from '../layout';
import type { Backend, Device, DmaSpace, Machine, MapResult, Scatterlist, Segment } from '../types';

const EINVAL = -22;

export const iommuDma44: Backend = {
  id: 'iommu-dma-4.4',
  title: 'IOMMU, first common mapping layer',
  source: 'drivers/iommu/dma-iommu.c, 4.4 to 4.6',
  since: { major: 4, minor: 4 },
  until: { major: 4, minor: 6 },
  open: (machine) => openSpace(machine, 'iommu-dma-4.4', false),
};

/** As posted in October 2015: the address uses the whole offset, also where it exceeds a granule. */
export const iommuDmaV6: Backend = {
  id: 'iommu-dma-v6',
  title: 'IOMMU, common mapping layer as posted',
  source: 'drivers/iommu/dma-iommu.c, as posted before 4.4',
  since: { major: 4, minor: 4 },
  until: { major: 4, minor: 6 },
  open: (machine) => openSpace(machine, 'iommu-dma-v6', true),
};

function openSpace(machine: Machine, id: string, usesWholeOffset: boolean): DmaSpace {
  const iova = new IommuSpace(machine);
  const map = (list: Scatterlist, device: Device, cpu: number) => mapList(id, iova, list, device, cpu, usesWholeOffset);
  return {
    backend: id,
    mapSg: (list, device, _direction, cpu = 0) => map(list, device, cpu),
    mapPage: (entry, device, _direction, cpu = 0) => map([entry], device, cpu),
    unmap(mapping, cpu = 0) {
      for (const block of mapping.blocks) iova.free(block.start, block.bytes, cpu);
    },
  };
}

function mapList(
  id: string,
  iova: IommuSpace,
  list: Scatterlist,
  device: Device,
  cpu: number,
  usesWholeOffset: boolean,
): MapResult {
  const { granule } = iova;
  const starts: number[] = [];
  const pads: number[] = [];
  let total = 0;
  list.forEach((entry, i) => {
    const length = alignUp(entry.length + (entry.offset % granule), granule);
    const power = powerOfTwoAtLeast(length);
    const pad = i === 0 ? 0 : (power - (total % power)) % power;
    if (0 < i) pads.push(pad);
    total += pad;
    starts.push(total);
    total += length;
  });
  const base = iova.allocate(total, device, cpu);
  if (base === undefined)
    return failure(id, EINVAL, `no ${sizeText(total)} of IOVA space is free below the device's mask`);
  const segments: Segment[] = list.map((entry, i) => {
    const offset = usesWholeOffset ? entry.offset : entry.offset % granule;
    return { dma: base + BigInt((starts[i] ?? 0) + offset), length: entry.length, pieces: [wholeEntry(list, i)] };
  });
  return layout(
    id,
    segments,
    [{ start: base, bytes: total }],
    (after, gap) => {
      const next = list[after + 1]?.length ?? 0;
      const pad = pads[after] ?? 0;
      if (pad !== 0) {
        const power = powerOfTwoAtLeast(alignUp(next, granule));
        return {
          cause: 'power-of-two-pad',
          why: `${sizeText(pad)} pad: the ${sizeText(next)} entry starts on a multiple of ${sizeText(power)}`,
        };
      }
      if (gap !== 0n) return { cause: 'granule', why: `an end or start off the ${sizeText(granule)} granule` };
      return { cause: 'never-merges', why: 'one segment per entry' };
    },
    () => [
      ...list.map((entry, i) => {
        const pad = i === 0 ? 0 : (pads[i - 1] ?? 0);
        const why = pad === 0 ? '' : ` after ${sizeText(pad)} of pad, to start on its power of two`;
        return `entry ${i}: ${sizeText(entry.length)} at offset ${sizeText(starts[i] ?? 0)}${why}`;
      }),
      `allocate ${sizeText(total)} of IOVA space; ${list.length} segments, one per entry`,
    ],
  );
}
