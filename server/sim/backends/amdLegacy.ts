/**
 * AMD-Vi before the common layer. Linux 4.4 to 4.7: every entry is mapped alone, next fit upwards in bitmaps of 128 MiB.
 * Linux 4.8 to 5.4: one IOVA block per list, with a pad behind an entry that crosses the segment boundary.
 * Follows map_sg(), dma_ops_area_alloc() and sg_num_pages() in drivers/iommu/amd_iommu.c. Linux 4.5 to 4.7 keep a search
 * position per CPU and per bitmap; here, as in 4.4, there is one.
 */

import { Bitmap, boundaryPages } from '../bitmap';
import { placeText } from '../chunks';
import { alignUp, failure, hex, layout, PAGE_SIZE, since, sizeText, wholeEntry } from '../layout';
import { LegacyIova } from '../legacyIova';
import { mapPeers } from '../peerToPeer';
import type { Backend, Device, DmaSpace, Machine, MapResult, Scatterlist, Segment } from '../types';

const ID = 'amd-legacy';
const ENOMEM = -12;
const EINVAL = -22;
const PAGE = BigInt(PAGE_SIZE);
/** Pages of one bitmap: 128 MiB. */
const RANGE_PAGES = 32768;
const MAX_RANGES = 32;

export const amdLegacy: Backend = {
  id: ID,
  title: 'AMD-Vi, own mapping code',
  source: 'drivers/iommu/amd_iommu.c',
  since: { major: 4, minor: 4 },
  until: { major: 5, minor: 4 },
  open: (machine) => (since(machine.kernel, 4, 8) ? openBlocks(machine) : openAperture(machine)),
};

function openBlocks(machine: Machine): DmaSpace {
  const addresses = new LegacyIova(machine);
  return {
    backend: ID,
    mapSg: (list, device, _direction, cpu = 0) =>
      mapPeers(ID, list, machine.kernel) ?? mapBlock(machine, addresses, list, device, cpu),
    mapPage(entry, device, _direction, cpu = 0) {
      const result = mapBlock(machine, addresses, [entry], device, cpu);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap(mapping, cpu = 0) {
      for (const { start, bytes } of mapping.blocks) addresses.free(start, bytes / PAGE_SIZE, cpu);
    },
  };
}

/** Each entry starts before the pad that it causes, so the pad comes to lie behind it and it crosses all the same. */
function mapBlock(machine: Machine, addresses: LegacyIova, list: Scatterlist, device: Device, cpu: number): MapResult {
  if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
  const boundary = boundaryPages(device.segmentBoundary, PAGE_SIZE);
  const starts: number[] = [];
  const pads: number[] = [];
  let total = 0;
  for (const entry of list) {
    const pages = pagesOf(entry.offset, entry.length);
    const used = boundary === Number.POSITIVE_INFINITY ? 0 : total % boundary;
    const pad = boundary < used + pages ? boundary - used : 0;
    starts.push(total);
    pads.push(pad);
    total += pad + pages;
  }
  const { apertureEnd } = machine;
  const limit = apertureEnd !== undefined && apertureEnd < device.dmaMask ? apertureEnd : device.dmaMask;
  const base = addresses.allocate(total, limit, true, cpu);
  const bytes = total * PAGE_SIZE;
  if (base === undefined)
    return failure(ID, EINVAL, `no ${sizeText(bytes)} of IOVA space is free below the device's mask`);
  const segments: Segment[] = list.map((entry, i) => ({
    dma: base + BigInt((starts[i] ?? 0) * PAGE_SIZE + (entry.offset % PAGE_SIZE)),
    length: entry.length,
    pieces: [wholeEntry(list, i)],
  }));
  const boundaryText = sizeText(device.segmentBoundary + 1n);
  return layout(
    ID,
    segments,
    [{ start: base, bytes }],
    (after, gap) => {
      const pad = pads[after] ?? 0;
      if (pad === 0) return explainNeighbours(list, after, gap);
      const why = `entry ${after} would cross a ${boundaryText} boundary; the pad of ${sizeText(pad * PAGE_SIZE)} lies behind it`;
      return { cause: 'boundary-pad', why };
    },
    () => [
      `allocate ${sizeText(bytes)} of IOVA space, rounded up to a power of two`,
      ...list.map(
        (entry, i) => `entry ${i}: ${sizeText(entry.length)} at offset ${sizeText((starts[i] ?? 0) * PAGE_SIZE)}`,
      ),
    ],
  );
}

function openAperture(machine: Machine): DmaSpace {
  const aperture = new Aperture(machine);
  return {
    backend: ID,
    mapSg: (list, device) => mapEntries(aperture, list, device),
    mapPage(entry, device) {
      const result = mapEntries(aperture, [entry], device);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap: (mapping) => aperture.freeBlocks(mapping.blocks),
  };
}

interface Block {
  readonly start: bigint;
  readonly bytes: number;
}

/** Bitmaps of 128 MiB, added one by one up to 4 GiB. Page 0 is never used: address 0 stands for an error. */
class Aperture {
  private readonly ranges: Bitmap[] = [];
  private readonly reserved: readonly { readonly first: number; readonly last: number }[];
  /** Page from which the next search starts. */
  private next = 0;

  constructor(machine: Machine) {
    this.reserved = [
      { first: 0, last: 0 },
      ...(machine.reserved ?? []).map(({ start, end }) => ({ first: Number(start / PAGE), last: Number(end / PAGE) })),
    ];
    this.addRange();
  }

  /** Address of a block; undefined when 4 GiB, or what the mask leaves of them, are full. */
  allocate(pages: number, device: Device): bigint | undefined {
    for (;;) {
      let page = this.search(pages, device, this.next);
      if (page === -1) page = this.search(pages, device, 0);
      if (page !== -1) {
        this.next = page + pages;
        return BigInt(page) * PAGE;
      }
      this.next = this.ranges.length * RANGE_PAGES;
      if (this.ranges.length === MAX_RANGES) return undefined;
      this.addRange();
    }
  }

  freeBlocks(blocks: readonly Block[]): void {
    for (const { start, bytes } of blocks) {
      const page = Number(start / PAGE);
      this.ranges[Math.floor(page / RANGE_PAGES)]?.free(page % RANGE_PAGES, bytes / PAGE_SIZE);
    }
  }

  private search(pages: number, device: Device, start: number): number {
    const highest = Number(device.dmaMask / PAGE);
    const boundary = boundaryPages(device.segmentBoundary, PAGE_SIZE);
    let from = start % RANGE_PAGES;
    for (let index = Math.floor(start / RANGE_PAGES); index < this.ranges.length; index++) {
      const first = index * RANGE_PAGES;
      if (BigInt(first) * PAGE >= device.dmaMask) return -1;
      const limit = Math.min(RANGE_PAGES, highest - first + 1);
      const page = this.ranges[index]?.takeArea({ from, limit, count: pages, align: 1, boundary, shift: 0 }) ?? -1;
      if (page !== -1) return first + page;
      from = 0;
    }
    return -1;
  }

  private addRange(): void {
    const range = new Bitmap(RANGE_PAGES);
    const first = this.ranges.length * RANGE_PAGES;
    for (const one of this.reserved) {
      const start = Math.max(0, one.first - first);
      range.take(start, Math.min(RANGE_PAGES, one.last - first + 1) - start);
    }
    this.ranges.push(range);
  }
}

function mapEntries(aperture: Aperture, list: Scatterlist, device: Device): MapResult {
  if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
  const segments: Segment[] = [];
  const blocks: Block[] = [];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const bytes = alignUp((entry.offset % PAGE_SIZE) + entry.length, PAGE_SIZE);
    const start = aperture.allocate(bytes / PAGE_SIZE, device);
    if (start === undefined) {
      aperture.freeBlocks(blocks);
      return failure(ID, EINVAL, `no ${sizeText(bytes)} in a row in the aperture for entry ${i}`);
    }
    blocks.push({ start, bytes });
    const dma = start + BigInt(entry.offset % PAGE_SIZE);
    segments.push({ dma, length: entry.length, pieces: [wholeEntry(list, i)] });
  }
  return layout(
    ID,
    segments,
    blocks,
    (after, gap) => explainNeighbours(list, after, gap),
    () =>
      segments.map((one, i) => `entry ${i}: ${sizeText(one.length)} at ${hex(one.dma)}, behind the last allocation`),
  );
}

function explainNeighbours(list: Scatterlist, after: number, gap: bigint) {
  const [entry, next] = [list[after], list[after + 1]];
  if (gap === 0n) return { cause: 'never-merges' as const, why: 'one segment per entry' };
  if (entry && (entry.offset + entry.length) % PAGE_SIZE !== 0) {
    return { cause: 'granule' as const, why: `entry ${after} ends off a page` };
  }
  if (next && next.offset % PAGE_SIZE !== 0)
    return { cause: 'granule' as const, why: `entry ${after + 1} starts off a page` };
  return { cause: 'new-allocation' as const, why: `entry ${after + 1} was placed ${placeText(gap)}` };
}

function pagesOf(offset: number, length: number): number {
  return Math.ceil(((offset % PAGE_SIZE) + length) / PAGE_SIZE);
}
