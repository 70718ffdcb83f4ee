/**
 * 32-bit ARM with an IOMMU: entries are joined into chunks, each chunk gets a block of the window, first fit from the
 * bottom. Follows iommu_map_sg() and __alloc_iova() in arch/arm/mm/dma-mapping.c, Linux 4.4 to 6.12.
 */

import { Bitmap } from '../bitmap';
import { alignUp, failure, layout, PAGE_SIZE, powerOfTwoAtLeast, since, sizeText, wholeEntry } from '../layout';
import type { Backend, Device, DmaSpace, Machine, MapResult, Piece, Scatterlist, Segment } from '../types';

const ID = 'arm-iommu';
const ENOMEM = -12;
const EINVAL = -22;
/** One bitmap is a page of bits. */
const BITMAP_BITS = PAGE_SIZE * 8;
const DEFAULT_WINDOW = 2n ** 32n;
const DEFAULT_ORDER = 8;

export const armIommu: Backend = {
  id: ID,
  title: '32-bit ARM IOMMU',
  source: 'arch/arm/mm/dma-mapping.c',
  open: openSpace,
};

interface Chunk {
  readonly first: number;
  readonly count: number;
  readonly offset: number;
  /** Bytes, the leading offset included. */
  readonly size: number;
}

function openSpace(machine: Machine): DmaSpace {
  const window = new Window(machine);
  return {
    backend: ID,
    mapSg: (list, device) => mapList(window, machine, list, device),
    mapPage(entry, device) {
      const result = mapList(window, machine, [entry], device);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap(mapping) {
      for (const block of mapping.blocks) window.free(block.start, block.bytes);
    },
  };
}

class Window {
  private readonly base: bigint;
  private readonly order: number;
  private readonly most: number;
  private readonly bits: number;
  private readonly bitmaps: Bitmap[] = [];

  constructor(machine: Machine) {
    this.base = machine.windowStart ?? 0n;
    this.order = machine.maxAlignmentOrder ?? DEFAULT_ORDER;
    const pages = Number((machine.windowBytes ?? DEFAULT_WINDOW) / BigInt(PAGE_SIZE));
    this.bits = Math.min(pages, BITMAP_BITS);
    this.most = Math.max(1, Math.floor(pages / this.bits));
    this.bitmaps.push(new Bitmap(this.bits));
  }

  /** A block of `bytes`; undefined when no bitmap has room. */
  allocate(bytes: number): bigint | undefined {
    const pages = Math.ceil(bytes / PAGE_SIZE);
    const align = Math.min(powerOfTwoAtLeast(pages), 2 ** this.order);
    for (let index = 0; index < this.most; index++) {
      const bitmap = this.bitmaps[index] ?? new Bitmap(this.bits);
      const isNew = this.bitmaps.length <= index;
      const start = bitmap.findClear(0, pages, align);
      if (isNew && start === -1) return undefined;
      if (isNew) this.bitmaps.push(bitmap);
      if (start === -1) continue;
      bitmap.fill(start, pages, true);
      return this.base + BigInt((index * this.bits + start) * PAGE_SIZE);
    }
    return undefined;
  }

  free(address: bigint, bytes: number): void {
    const page = Number((address - this.base) / BigInt(PAGE_SIZE));
    this.bitmaps[Math.floor(page / this.bits)]?.fill(page % this.bits, Math.ceil(bytes / PAGE_SIZE), false);
  }
}

function mapList(window: Window, machine: Machine, list: Scatterlist, device: Device): MapResult {
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (const chunk of cut(list, device.maxSegmentSize)) {
    const bytes = chunkBytes(list, chunk);
    const start = window.allocate(bytes);
    if (start === undefined) {
      for (const block of blocks) window.free(block.start, block.bytes);
      return failure(ID, since(machine.kernel, 5, 15) ? ENOMEM : EINVAL, `no ${sizeText(bytes)} in the IOVA window (a block has at most 128 MiB)`);
    }
    blocks.push({ start, bytes });
    const pieces: Piece[] = Array.from({ length: chunk.count }, (_one, i) => wholeEntry(list, chunk.first + i));
    segments.push({ dma: start + BigInt(chunk.offset), length: chunk.size - chunk.offset, pieces });
  }
  return layout(
    ID,
    segments,
    blocks,
    (after) => {
      const next = segments[after + 1]?.pieces[0]?.entry ?? 0;
      const limit = sizeText(device.maxSegmentSize);
      if ((list[next]?.offset ?? 0) !== 0) return { cause: 'granule', why: `entry ${next} starts off a page: a new block` };
      const over = device.maxSegmentSize < (segments[after]?.length ?? 0) + (list[next]?.length ?? 0);
      return over
        ? { cause: 'segment-limit', why: `more than the ${limit} segment limit: a new block, aligned to its own size` }
        : { cause: 'granule', why: `entry ${next - 1} ends off a page: a new block` };
    },
    () => segments.map((segment, i) => `chunk ${i}: entries ${segment.pieces[0]?.entry}..${segment.pieces.at(-1)?.entry}, ${sizeText(segment.length)}, own block`),
  );
}

/** Joins entries until an offset, an end off a page, or the segment limit asks for a new chunk. */
function cut(list: Scatterlist, limit: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const head = list[0];
  if (!head) return chunks;
  let first = 0;
  let offset = head.offset;
  let size = head.offset + head.length;
  for (let i = 1; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    if (entry.offset !== 0 || size % PAGE_SIZE !== 0 || limit < (size + entry.length) % 2 ** 32) {
      chunks.push({ first, count: i - first, offset, size });
      first = i;
      offset = entry.offset;
      size = entry.offset;
    }
    size += entry.length;
  }
  chunks.push({ first, count: list.length - first, offset, size });
  return chunks;
}

function chunkBytes(list: Scatterlist, chunk: Chunk): number {
  let bytes = 0;
  for (let i = chunk.first; i < chunk.first + chunk.count; i++) {
    bytes += alignUp((list[i]?.offset ?? 0) + (list[i]?.length ?? 0), PAGE_SIZE);
  }
  return bytes;
}
