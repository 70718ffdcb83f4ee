/**
 * One table allocation per entry, merged with the segment before when it comes to lie right behind it: the mapping loop
 * that powerpc and sparc64 share. Follows ppc_iommu_map_sg() in arch/powerpc/kernel/iommu.c and dma_4u_map_sg() in
 * arch/sparc/kernel/iommu.c, Linux 4.4 to 6.12.
 */

import { boundaryPages } from './bitmap';
import type { IommuTable } from './iommuTable';
import { layout, physicalStart, sizeText, wholeEntry } from './layout';
import type { BreakCause, Device, MapResult, Piece, Scatterlist, Segment, SgEntry } from './types';

/** What a backend adds to the loop. */
export interface TableSpace {
  readonly id: string;
  readonly table: IommuTable;
  /** Device address of the first table entry. */
  readonly start: bigint;
  readonly pageShift: number;
  readonly merges: boolean;
  /** Highest IOMMU page in reach of the device; Infinity where the mask is not consulted. */
  highestPage(device: Device): number;
  alignOrder(entry: SgEntry): number;
  pool(cpu: number): number;
  /** A further test before a merge into the segment in slot `slot` of the list. */
  mayMerge(list: Scatterlist, slot: number, length: number, device: Device): boolean;
  /** The failure of an allocation for entry `index`. */
  fail(index: number, pages: number): MapResult;
}

type Reason = 'offset' | 'end' | 'limit' | 'boundary' | 'place' | 'off';

/** Maps a list of at least one entry. */
export function mapBehind(space: TableSpace, list: Scatterlist, device: Device, cpu: number): MapResult {
  const pageBytes = 2 ** space.pageShift;
  const segments: { dma: bigint; length: number; pieces: Piece[] }[] = [];
  const reasons: Reason[] = [];
  const steps: { pages: number; start: number }[] = [];
  const highestPage = space.highestPage(device);
  const boundary = boundaryPages(device.segmentBoundary, pageBytes);
  const pool = space.pool(cpu);
  let handle = 0;
  /** Byte offset in the table where the entry before ended; -1 for none. */
  let expected = -1;
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (!entry) continue;
    if (entry.length === 0) {
      // An empty first entry keeps its slot as a segment without bytes.
      if (i === 0) segments.push({ dma: 0n, length: 0, pieces: [] });
      expected = -1;
      continue;
    }
    const inPage = Number(physicalStart(entry) % BigInt(pageBytes));
    const pages = Math.ceil((inPage + entry.length) / pageBytes);
    const alignOrder = space.alignOrder(entry);
    const start = space.table.allocate({ pages, alignOrder, handle, highestPage, boundary, pool });
    if (start === -1) {
      freeBehind(space, segments);
      return space.fail(i, pages);
    }
    handle = start + pages;
    steps.push({ pages, start });
    const address = start * pageBytes + inPage;
    const last = segments.at(-1);
    const reason = last && joins(space, list, segments.length - 1, last.length, entry, address === expected, device);
    if (last && reason === undefined) {
      last.length += entry.length;
      last.pieces.push(wholeEntry(list, i));
    } else {
      if (reason) reasons.push(why(reason, inPage, expected, pageBytes));
      segments.push({ dma: space.start + BigInt(address), length: entry.length, pieces: [wholeEntry(list, i)] });
    }
    expected = address + entry.length;
  }
  return layout(
    space.id,
    segments,
    segments.map((one) => blockOf(one, pageBytes)),
    (after, gap) => explain(reasons[after] ?? 'place', segments[after + 1], gap, device, pageBytes),
    () => describe(steps, segments.length, list.length, pageBytes),
  );
}

/** Frees from address and length of each segment, up to the first without bytes. */
export function freeBehind(space: TableSpace, segments: readonly Segment[]): void {
  const pageBytes = 2 ** space.pageShift;
  for (const segment of segments) {
    if (segment.length === 0) return;
    const { start, bytes } = blockOf(segment, pageBytes);
    space.table.free(Number(start - space.start) / pageBytes, bytes / pageBytes);
  }
}

function blockOf(segment: Segment, pageBytes: number): { readonly start: bigint; readonly bytes: number } {
  const inPage = segment.dma % BigInt(pageBytes);
  return { start: segment.dma - inPage, bytes: Math.ceil((Number(inPage) + segment.length) / pageBytes) * pageBytes };
}

/** Undefined when the entry joins the segment before. */
function joins(
  space: TableSpace,
  list: Scatterlist,
  slot: number,
  length: number,
  entry: SgEntry,
  isBehind: boolean,
  device: Device,
): Reason | undefined {
  if (!space.merges) return 'off';
  if (!isBehind) return 'place';
  if (device.maxSegmentSize < (length + entry.length) % 2 ** 32) return 'limit';
  return space.mayMerge(list, slot, length + entry.length, device) ? undefined : 'boundary';
}

/** An entry that lies elsewhere could not lie right behind if an end or a start is off the IOMMU page. */
function why(reason: Reason, inPage: number, expected: number, pageBytes: number): Reason {
  if (reason !== 'place') return reason;
  if (expected % pageBytes !== 0) return 'end';
  return inPage === 0 ? 'place' : 'offset';
}

function explain(
  reason: Reason,
  next: Segment | undefined,
  gap: bigint,
  device: Device,
  pageBytes: number,
): { readonly cause: BreakCause; readonly why: string } {
  const entry = next?.pieces[0]?.entry ?? 0;
  const page = `${sizeText(pageBytes)} IOMMU page`;
  switch (reason) {
    case 'off':
      return { cause: 'never-merges', why: 'merging is switched off' };
    case 'end':
      return { cause: 'granule', why: `the entry before entry ${entry} ends inside a ${page}` };
    case 'offset':
      return { cause: 'granule', why: `entry ${entry} starts inside a ${page}` };
    case 'limit':
      return { cause: 'segment-limit', why: `a segment may have ${sizeText(device.maxSegmentSize)}` };
    case 'boundary':
      return {
        cause: 'segment-limit',
        why: `merged, it might cross a ${sizeText(device.segmentBoundary + 1n)} boundary`,
      };
    case 'place': {
      const where = gap < 0n ? 'at a lower address' : `${sizeText(gap)} further up`;
      return { cause: 'new-allocation', why: `entry ${entry} got its IOMMU pages in another place, ${where}` };
    }
  }
}

function describe(
  steps: readonly { readonly pages: number; readonly start: number }[],
  segments: number,
  entries: number,
  pageBytes: number,
): readonly string[] {
  const pages = (count: number) => (count === 1 ? '1 IOMMU page' : `${count} IOMMU pages`);
  return [
    ...steps.map(({ pages: count, start }) => `${pages(count)} of ${sizeText(pageBytes)} from table entry ${start} on`),
    `merge ${entries} entries into ${segments} segments`,
  ];
}
