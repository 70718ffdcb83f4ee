/**
 * 32-bit ARM with an IOMMU: entries are joined into chunks, each chunk gets a block of the window, first fit from the
 * bottom. Follows arm_iommu_map_sg(), __map_sg_chunk() and __alloc_iova() in arch/arm/mm/dma-mapping.c, Linux 4.4 to
 * 6.12. The DMA mask and the segment boundary are not consulted, as there.
 */

import { Bitmap } from '../bitmap';
import { type Chunk, chunkPieces, cutChunks, explainCut, placeText } from '../chunks';
import { alignUp, failure, hex, layout, PAGE_SIZE, powerOfTwoAtLeast, since, sizeText } from '../layout';
import type { Backend, Device, DmaSpace, Machine, MapResult, Scatterlist, Segment } from '../types';

const ID = 'arm-iommu';
const ENOMEM = -12;
const EINVAL = -22;
/** One bitmap is a page of bits: 128 MiB. */
const BITMAP_BITS = PAGE_SIZE * 8;
const DEFAULT_WINDOW = 2n ** 32n;
/** CONFIG_ARM_DMA_IOMMU_ALIGNMENT. */
const DEFAULT_ORDER = 8;

export const armIommu: Backend = {
  id: ID,
  title: '32-bit ARM IOMMU',
  source: 'arch/arm/mm/dma-mapping.c',
  open: openSpace,
};

function openSpace(machine: Machine): DmaSpace {
  const window = new Window(machine);
  return {
    backend: ID,
    mapSg: (list, device) => mapList(window, machine, list, device),
    mapPage(entry, device) {
      const result = mapList(window, machine, [entry], device);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap: (mapping) => freeSegments(window, mapping.segments),
  };
}

/** The window in bitmaps of 128 MiB; further ones are added when the first are full. */
class Window {
  private readonly base: bigint;
  private readonly order: number;
  private readonly extensions: number;
  private readonly bits: number;
  private readonly bitmaps: Bitmap[] = [];

  constructor(machine: Machine) {
    this.base = machine.windowStart ?? 0n;
    this.order = machine.maxAlignmentOrder ?? DEFAULT_ORDER;
    const pages = Number((machine.windowBytes ?? DEFAULT_WINDOW) / BigInt(PAGE_SIZE));
    this.bits = Math.min(pages, BITMAP_BITS);
    this.extensions = Math.max(1, Math.floor(pages / this.bits));
  }

  /** Address of a block of `bytes`; undefined when no bitmap has room. */
  allocate(bytes: number): bigint | undefined {
    const pages = Math.ceil(bytes / PAGE_SIZE);
    const align = Math.min(powerOfTwoAtLeast(pages), 2 ** this.order);
    if (this.bits < pages) return undefined;
    for (let index = 0; index < this.extensions; index++) {
      const bitmap = this.bitmaps[index] ?? new Bitmap(this.bits);
      this.bitmaps[index] = bitmap;
      const start = bitmap.findClear(0, pages, align);
      if (start === -1) continue;
      bitmap.take(start, pages);
      return this.base + BigInt(index * this.bits + start) * BigInt(PAGE_SIZE);
    }
    return undefined;
  }

  free(address: bigint, bytes: number): void {
    const page = Number((address - this.base) / BigInt(PAGE_SIZE));
    this.bitmaps[Math.floor(page / this.bits)]?.free(page % this.bits, Math.ceil(bytes / PAGE_SIZE));
  }
}

function mapList(window: Window, machine: Machine, list: Scatterlist, device: Device): MapResult {
  if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
  const chunks = cutChunks(list, device.maxSegmentSize);
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (const chunk of chunks) {
    const bytes = alignUp(chunk.size, PAGE_SIZE);
    const start = window.allocate(bytes);
    if (start === undefined) {
      freeSegments(window, segments);
      const errno = since(machine.kernel, 5, 15) ? ENOMEM : EINVAL;
      return failure(ID, errno, `no ${sizeText(bytes)} in a row in the IOVA window (a block has at most 128 MiB)`);
    }
    blocks.push({ start, bytes });
    const dma = start + BigInt(chunk.offset);
    segments.push({ dma, length: chunk.size - chunk.offset, pieces: chunkPieces(list, chunk) });
  }
  return layout(
    ID,
    segments,
    blocks,
    (after, gap) => explainBlock(list, chunks, after, gap, device),
    () => chunks.map((chunk, i) => describe(chunk, blocks[i]?.start ?? 0n)),
  );
}

function explainBlock(list: Scatterlist, chunks: readonly Chunk[], after: number, gap: bigint, device: Device) {
  const [chunk, next] = [chunks[after], chunks[after + 1]];
  if (!chunk || !next) return { cause: 'new-allocation' as const, why: 'a block of its own' };
  const { cause, why } = explainCut(list, chunk, next.first, device);
  return { cause, why: `${why}: a new block, ${placeText(gap)}` };
}

function describe(chunk: Chunk, start: bigint): string {
  const last = chunk.first + chunk.count - 1;
  const entries = chunk.count === 1 ? `entry ${chunk.first}` : `entries ${chunk.first} to ${last}`;
  return `${entries}: ${sizeText(chunk.size - chunk.offset)} in a block at ${hex(start)}, first fit from the bottom`;
}

/** Frees from address and length as Linux does, so pages before an offset of a page or more stay taken. */
function freeSegments(window: Window, segments: readonly Segment[]): void {
  for (const { dma, length } of segments) {
    const inPage = dma % BigInt(PAGE_SIZE);
    window.free(dma - inPage, alignUp(Number(inPage) + length, PAGE_SIZE));
  }
}
