/**
 * s390 PCI before it used the common layer: blocks of a bitmap window, next fit upwards, without alignment.
 * Follows s390_dma_map_sg() and dma_alloc_address() in arch/s390/pci/pci_dma.c: one block per entry in Linux 4.4 to 4.8,
 * one per chunk in 4.9 to 6.6. The DMA mask is not consulted, as there.
 */

import { Bitmap, boundaryPages } from '../bitmap';
import { type Chunk, chunkPieces, cutChunks, explainCut, placeText } from '../chunks';
import { alignUp, failure, hex, layout, PAGE_SIZE, physicalStart, since, sizeText, wholeEntry } from '../layout';
import type {
  Backend,
  BreakCause,
  Device,
  DmaSpace,
  Machine,
  MapResult,
  Scatterlist,
  Segment,
  SgEntry,
} from '../types';

const ID = 's390-pci';
const ENOMEM = -12;
const EINVAL = -22;
const DEFAULT_START = 0x100000000n;
const DEFAULT_BYTES = 0x100000000n;
const PAGE = BigInt(PAGE_SIZE);

export const s390Pci: Backend = {
  id: ID,
  title: 's390 PCI',
  source: 'arch/s390/pci/pci_dma.c',
  since: { major: 4, minor: 4 },
  until: { major: 6, minor: 6 },
  open: openSpace,
};

function openSpace(machine: Machine): DmaSpace {
  const window = new Window(machine);
  return {
    backend: ID,
    mapSg(list, device) {
      if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
      return since(machine.kernel, 4, 9) ? mapChunks(window, machine, list, device) : mapEntries(window, list, device);
    },
    mapPage(entry, device) {
      const result = mapEntries(window, [entry], device);
      return result.ok ? result : failure(ID, ENOMEM, result.reason);
    },
    unmap: (mapping) => freeSegments(window, mapping.segments),
  };
}

/** The window. In lazy mode freed pages wait in a second bitmap until the search wraps. */
class Window {
  private readonly start: bigint;
  private readonly taken: Bitmap;
  private readonly isStrict: boolean;
  /** Linux 4.9: freed pages are collected; before, the search only moves past them. */
  private readonly collects: boolean;
  private waiting: { readonly page: number; readonly count: number }[] = [];
  private next = 0;

  constructor(machine: Machine) {
    this.start = machine.windowStart ?? DEFAULT_START;
    this.taken = new Bitmap(Number((machine.windowBytes ?? DEFAULT_BYTES) / PAGE));
    this.isStrict = machine.strict ?? false;
    this.collects = since(machine.kernel, 4, 9);
  }

  /** Address of a block; undefined when the window has no room. */
  allocate(pages: number, device: Device): bigint | undefined {
    const request = {
      from: this.next,
      limit: this.taken.bits,
      count: pages,
      align: 1,
      boundary: boundaryPages(device.segmentBoundary, PAGE_SIZE),
      shift: Number(this.start / PAGE),
    };
    let page = this.taken.takeArea(request);
    if (page === -1) {
      for (const one of this.waiting) this.taken.free(one.page, one.count);
      this.waiting = [];
      page = this.taken.takeArea({ ...request, from: 0 });
      if (page === -1) return undefined;
    }
    this.next = page + pages;
    return this.start + BigInt(page) * PAGE;
  }

  free(address: bigint, count: number): void {
    const page = Number((address - this.start) / PAGE);
    if (this.collects && !this.isStrict) {
      this.waiting.push({ page, count });
      return;
    }
    this.taken.free(page, count);
    if (!this.isStrict && this.next <= page) this.next = page + count;
  }
}

function mapChunks(window: Window, machine: Machine, list: Scatterlist, device: Device): MapResult {
  const chunks = cutChunks(list, device.maxSegmentSize);
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (const chunk of chunks) {
    const bytes = alignUp(chunk.size, PAGE_SIZE);
    const start = window.allocate(bytes / PAGE_SIZE, device);
    if (start === undefined) {
      freeSegments(window, segments);
      return failure(ID, since(machine.kernel, 5, 15) ? ENOMEM : EINVAL, noRoom(bytes));
    }
    blocks.push({ start, bytes });
    const dma = start + BigInt(chunk.offset);
    segments.push({ dma, length: chunk.size - chunk.offset, pieces: chunkPieces(list, chunk) });
  }
  return layout(
    ID,
    segments,
    blocks,
    (after, gap) => explainChunk(list, chunks, after, gap, device),
    () =>
      segments.map((one, i) => `chunk ${i}: ${sizeText(one.length)} at ${hex(one.dma)}, behind the last allocation`),
  );
}

function explainChunk(list: Scatterlist, chunks: readonly Chunk[], after: number, gap: bigint, device: Device) {
  const [chunk, next] = [chunks[after], chunks[after + 1]];
  if (!chunk || !next) return { cause: 'new-allocation' as const, why: 'a block of its own' };
  const { cause, why } = explainCut(list, chunk, next.first, device);
  return { cause, why: `${why}: a new block, ${placeText(gap)}` };
}

/** One block per entry, from the page that its first byte is in. */
function mapEntries(window: Window, list: Scatterlist, device: Device): MapResult {
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const inPage = Number(physicalStart(entry) % PAGE);
    const bytes = alignUp(inPage + entry.length, PAGE_SIZE);
    const start = window.allocate(bytes / PAGE_SIZE, device);
    if (start === undefined) {
      freeSegments(window, segments);
      return failure(ID, EINVAL, noRoom(bytes));
    }
    blocks.push({ start, bytes });
    segments.push({ dma: start + BigInt(inPage), length: entry.length, pieces: [wholeEntry(list, i)] });
  }
  return layout(
    ID,
    segments,
    blocks,
    (after, gap) => explainEntry(list[after], list[after + 1], after, gap),
    () =>
      segments.map((one, i) => `entry ${i}: ${sizeText(one.length)} at ${hex(one.dma)}, behind the last allocation`),
  );
}

function explainEntry(
  entry: SgEntry | undefined,
  next: SgEntry | undefined,
  after: number,
  gap: bigint,
): { readonly cause: BreakCause; readonly why: string } {
  if (gap === 0n) return { cause: 'never-merges', why: 'one segment per entry' };
  if (entry && (physicalStart(entry) + BigInt(entry.length)) % PAGE !== 0n) {
    return { cause: 'granule', why: `entry ${after} ends off a page` };
  }
  if (next && physicalStart(next) % PAGE !== 0n)
    return { cause: 'granule', why: `entry ${after + 1} starts off a page` };
  return { cause: 'new-allocation', why: `entry ${after + 1} got a block of its own, ${placeText(gap)}` };
}

/** Frees from address and length, so pages before an offset of a page or more stay taken. */
function freeSegments(window: Window, segments: readonly Segment[]): void {
  for (const { dma, length } of segments) {
    const inPage = dma % PAGE;
    window.free(dma - inPage, Math.ceil((Number(inPage) + length) / PAGE_SIZE));
  }
}

function noRoom(bytes: number): string {
  return `no ${sizeText(bytes)} in a row in the DMA window`;
}
