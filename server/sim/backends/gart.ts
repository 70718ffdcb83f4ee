/**
 * The x86 GART: entries that the device cannot reach (or all of them when forced) are remapped into an aperture, the
 * others keep their physical address. Neighbours merge only with iommu=merge. Follows gart_map_sg() and alloc_iommu() in
 * arch/x86/kernel/amd_gart_64.c, Linux 4.4 to 6.12.
 */

import { Bitmap, boundaryPages } from '../bitmap';
import { deviceLimit, failure, hex, layout, PAGE_SIZE, physicalStart, since, sizeText, wholeEntry } from '../layout';
import type {
  Backend,
  BreakCause,
  Device,
  DmaSpace,
  Machine,
  MapResult,
  Piece,
  Scatterlist,
  Segment,
  SgEntry,
} from '../types';

const ID = 'gart';
const ENOMEM = -12;
const EINVAL = -22;
const PAGE = BigInt(PAGE_SIZE);
/** Aperture that Linux makes in memory when the firmware has none. */
const DEFAULT_START = 0x20000000n;
const DEFAULT_BYTES = 0x4000000n;
/** Table entries hold physical addresses of 40 bits. */
const MAX_PHYSICAL = 2n ** 40n;
/** Until 4.20 the first pages stand in for failed mappings. */
const EMERGENCY_PAGES = 32;

export const gart: Backend = {
  id: ID,
  title: 'x86 GART',
  source: 'arch/x86/kernel/amd_gart_64.c',
  open: openSpace,
};

function openSpace(machine: Machine): DmaSpace {
  const aperture = new Aperture(machine);
  return {
    backend: ID,
    mapSg(list, device) {
      if (list.length === 0) return failure(ID, EINVAL, 'the list is empty');
      const empty = list.findIndex((entry) => entry.length === 0);
      if (empty !== -1) return failure(ID, EINVAL, `entry ${empty} is empty, which Linux treats as a bug`);
      return mapRuns(aperture, list, device) ?? mapSingly(aperture, list, device);
    },
    mapPage: (entry, device) => mapPage(aperture, entry, device),
    unmap: (mapping) => aperture.freeSegments(mapping.segments),
  };
}

class Aperture {
  readonly start: bigint;
  readonly merges: boolean;
  readonly isForced: boolean;
  readonly machine: Machine;
  private readonly taken: Bitmap;
  private next = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    this.start = machine.windowStart ?? DEFAULT_START;
    this.merges = machine.merge ?? false;
    this.isForced = this.merges || (machine.force ?? false);
    this.taken = new Bitmap(Number((machine.windowBytes ?? DEFAULT_BYTES) / PAGE));
    if (!since(machine.kernel, 5, 0)) this.taken.take(0, EMERGENCY_PAGES);
  }

  needs(entry: SgEntry, device: Device): boolean {
    return this.isForced || !reaches(entry, device);
  }

  /** First page of a run; undefined when the aperture has no room. */
  allocate(pages: number, device: Device): number | undefined {
    const { segmentBoundary } = device;
    const request = {
      from: this.next,
      limit: this.taken.bits,
      count: pages,
      align: 1,
      boundary: boundaryPages(segmentBoundary, PAGE_SIZE),
      shift: Number(((this.start & segmentBoundary) + PAGE - 1n) / PAGE),
    };
    let page = this.taken.takeArea(request);
    if (page === -1) page = this.taken.takeArea({ ...request, from: 0 });
    if (page === -1) return undefined;
    this.next = page + pages < this.taken.bits ? page + pages : 0;
    return page;
  }

  /** Frees what lies in the aperture, from address and length as Linux does. */
  freeSegments(segments: readonly Segment[]): void {
    for (const { dma, length } of segments) {
      if (dma < this.start || this.start + BigInt(this.taken.bits) * PAGE <= dma) continue;
      const page = Number((dma - this.start) / PAGE);
      const count = pagesOf(Number(dma % PAGE), length);
      this.taken.free(page, count);
      if (this.next <= page) this.next = page + count;
    }
  }
}

interface Run {
  readonly first: number;
  readonly count: number;
  readonly pages: number;
  readonly isMapped: boolean;
}

/** Undefined when the aperture is full; what was mapped until then is given back. */
function mapRuns(aperture: Aperture, list: Scatterlist, device: Device): MapResult | undefined {
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (const run of runsOf(aperture, list, device)) {
    const entry = list[run.first];
    if (!entry) continue;
    const pieces: Piece[] = [];
    let length = 0;
    for (let i = run.first; i < run.first + run.count; i++) {
      pieces.push(wholeEntry(list, i));
      length += list[i]?.length ?? 0;
    }
    if (!run.isMapped) {
      segments.push({ dma: physicalStart(entry), length, pieces });
      continue;
    }
    const page = aperture.allocate(run.pages, device);
    if (page === undefined) {
      aperture.freeSegments(segments);
      return undefined;
    }
    const start = aperture.start + BigInt(page) * PAGE;
    blocks.push({ start, bytes: run.pages * PAGE_SIZE });
    // The whole offset is added, so an offset of a page or more points past the mapping.
    segments.push({ dma: start + BigInt(entry.offset), length, pieces });
  }
  return describe(aperture, list, device, segments, blocks);
}

/** Neighbours share a run where they may be merged; an entry that keeps its physical address is a run of its own. */
function runsOf(aperture: Aperture, list: Scatterlist, device: Device): readonly Run[] {
  const runs: Run[] = [];
  let first = 0;
  let pages = 0;
  let length = 0;
  let isMapped = false;
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const before = list[i - 1];
    if (before && reasonToPart(aperture, before, entry, length, device) !== undefined) {
      runs.push({ first, count: i - first, pages, isMapped });
      first = i;
      pages = 0;
      length = 0;
    }
    length += entry.length;
    pages += pagesOf(entry.offset % PAGE_SIZE, entry.length);
    isMapped = aperture.needs(entry, device);
  }
  runs.push({ first, count: list.length - first, pages, isMapped });
  return runs;
}

/** Undefined when `entry` joins the run of `length` bytes that ends with `before`. */
function reasonToPart(
  aperture: Aperture,
  before: SgEntry,
  entry: SgEntry,
  length: number,
  device: Device,
): { readonly cause: BreakCause; readonly why: string } | undefined {
  const [isMapped, wasMapped] = [aperture.needs(entry, device), aperture.needs(before, device)];
  if (!isMapped && !wasMapped) return { cause: 'physical', why: 'the device reaches both: they keep their addresses' };
  if (!isMapped || !wasMapped) return { cause: 'new-allocation', why: 'only one of the two is remapped' };
  if (entry.offset !== 0) return { cause: 'granule', why: 'an entry starts off a page' };
  if ((before.offset + before.length) % PAGE_SIZE !== 0) return { cause: 'granule', why: 'an entry ends off a page' };
  if (!aperture.merges) return { cause: 'never-merges', why: 'merging is off unless iommu=merge is given' };
  if (device.maxSegmentSize < (length + entry.length) % 2 ** 32) {
    return { cause: 'segment-limit', why: `a segment may have ${sizeText(device.maxSegmentSize)}` };
  }
  return undefined;
}

/** The way out of a full aperture when forced: entry by entry, and only those that the device cannot reach. */
function mapSingly(aperture: Aperture, list: Scatterlist, device: Device): MapResult {
  const full = failure(ID, since(aperture.machine.kernel, 5, 15) ? ENOMEM : EINVAL, 'the aperture is full');
  if (!aperture.isForced) return full;
  const segments: Segment[] = [];
  const blocks: { start: bigint; bytes: number }[] = [];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    const dma = reaches(entry, device) ? physicalStart(entry) : mapArea(aperture, entry, device);
    if (dma === undefined) {
      aperture.freeSegments(segments);
      return full;
    }
    if (!reaches(entry, device)) blocks.push(blockOf(dma, entry.length));
    segments.push({ dma, length: entry.length, pieces: [wholeEntry(list, i)] });
  }
  return describe(aperture, list, device, segments, blocks);
}

function mapPage(aperture: Aperture, entry: SgEntry, device: Device): MapResult {
  const list = [entry];
  const phys = physicalStart(entry);
  const mapped = aperture.needs(entry, device) ? mapArea(aperture, entry, device) : phys;
  const isRefused = MAX_PHYSICAL < phys + BigInt(entry.length);
  // A full aperture does not matter for what the device reaches.
  const dma = mapped ?? (reaches(entry, device) && !isRefused ? phys : undefined);
  if (dma === undefined) return failure(ID, ENOMEM, 'the aperture is full, or the page lies above 1 TiB');
  const blocks = dma === phys ? [] : [blockOf(dma, entry.length)];
  return describe(aperture, list, device, [{ dma, length: entry.length, pieces: [wholeEntry(list, 0)] }], blocks);
}

/** Address of one entry in the aperture; undefined when it is full or the memory is above 1 TiB. */
function mapArea(aperture: Aperture, entry: SgEntry, device: Device): bigint | undefined {
  const phys = physicalStart(entry);
  if (MAX_PHYSICAL < phys + BigInt(entry.length)) return undefined;
  const page = aperture.allocate(pagesOf(Number(phys % PAGE), entry.length), device);
  return page === undefined ? undefined : aperture.start + BigInt(page) * PAGE + (phys % PAGE);
}

function describe(
  aperture: Aperture,
  list: Scatterlist,
  device: Device,
  segments: readonly Segment[],
  blocks: readonly { readonly start: bigint; readonly bytes: number }[],
): MapResult {
  return layout(
    ID,
    segments,
    blocks,
    (after) => {
      const next = segments[after + 1]?.pieces[0]?.entry ?? 0;
      const [before, entry] = [list[next - 1], list[next]];
      const parts = before && entry && reasonToPart(aperture, before, entry, segments[after]?.length ?? 0, device);
      return parts ?? { cause: 'new-allocation', why: 'the aperture was too full for one run' };
    },
    () => segments.map((one) => `${entriesOf(one)}: ${sizeText(one.length)} at ${hex(one.dma)}`),
  );
}

function entriesOf(segment: Segment): string {
  const first = segment.pieces[0]?.entry ?? 0;
  return segment.pieces.length === 1 ? `entry ${first}` : `entries ${first} to ${first + segment.pieces.length - 1}`;
}

function reaches(entry: SgEntry, device: Device): boolean {
  return physicalStart(entry) + BigInt(entry.length) - 1n <= deviceLimit(device);
}

function pagesOf(inPage: number, length: number): number {
  return Math.ceil((inPage + length) / PAGE_SIZE);
}

function blockOf(dma: bigint, length: number): { readonly start: bigint; readonly bytes: number } {
  const inPage = dma % PAGE;
  return { start: dma - inPage, bytes: pagesOf(Number(inPage), length) * PAGE_SIZE };
}
