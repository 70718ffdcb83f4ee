/**
 * A translation table shared out in pools. powerpc and sparc64 have the same allocator up to the switches in
 * TableOptions. Follows arch/powerpc/kernel/iommu.c and arch/sparc/kernel/iommu-common.c, Linux 4.4 to 6.12. Numbers are table
 * entries (IOMMU pages) from the start of the table.
 */

import { Bitmap } from './bitmap';
import { powerOfTwoAtLeast } from './layout';

export interface TableOptions {
  readonly entries: number;
  /** Number of the first IOMMU page. */
  readonly firstPage: number;
  /** A power of two. */
  readonly pools: number;
  /** More than 15 pages come from the top quarter. */
  readonly hasLargePool: boolean;
  /** A pool leaves out its last entry. */
  readonly endsShort: boolean;
  /** The next small search starts on a multiple of this many entries. */
  readonly block: number;
}

export interface TableRequest {
  readonly pages: number;
  readonly alignOrder: number;
  /** Where the last entry of this list ended; 0 for none. */
  readonly handle: number;
  /** Highest IOMMU page in reach; Infinity for no limit. */
  readonly highestPage: number;
  readonly boundary: number;
  readonly pool: number;
}

interface Pool {
  readonly start: number;
  readonly end: number;
  hint: number;
}

const SMALL = 15;

export class IommuTable {
  private readonly map: Bitmap;
  private readonly options: TableOptions;
  private readonly pools: readonly Pool[];
  private readonly largePool: Pool | undefined;

  constructor(options: TableOptions) {
    this.options = options;
    this.map = new Bitmap(options.entries);
    const { entries, hasLargePool, endsShort } = options;
    const pools = powerOfTwoAtLeast(options.pools);
    const size = Math.floor((hasLargePool ? Math.floor((entries * 3) / 4) : entries) / pools);
    this.pools = Array.from({ length: pools }, (_one, i) => newPool(size * i, size * (i + 1) - (endsShort ? 1 : 0)));
    this.largePool = hasLargePool ? newPool(size * pools, entries) : undefined;
  }

  /** Takes pages for good. */
  reserve(start: number, count: number): void {
    this.map.take(start, count);
  }

  /** First entry of a run, which is taken; -1 when no pool has room. */
  allocate(request: TableRequest): number {
    const { pages, alignOrder, boundary } = request;
    const count = this.pools.length;
    const isLarge = SMALL < pages && this.largePool !== undefined;
    let number = request.pool & (count - 1);
    let pool = isLarge ? this.largePool : this.pools[number];
    // From the hint, then the same pool from its start, then every pool, at last the large one.
    for (let pass = 0; pool; pass++) {
      const area = this.areaOf(pool, request, pass);
      pool = area.pool;
      const { from, limit } = area;
      const shift = this.options.firstPage;
      const start = this.map.takeArea({ from, limit, count: pages, align: 2 ** alignOrder, boundary, shift });
      if (start !== -1) {
        const unit = isLarge ? 1 : this.options.block;
        pool.hint = Math.ceil((start + pages) / unit) * unit;
        return start;
      }
      if (count + 1 < pass) return -1;
      if (0 < pass && pass <= count) {
        number = (number + 1) & (count - 1);
        pool = this.pools[number];
      } else if (pass === count + 1) {
        pool = this.largePool;
      }
      if (pool) pool.hint = pool.start;
    }
    return -1;
  }

  /** Where to search: on from this list's last entry if that lies in the pool, else from the hint; below the mask. */
  private areaOf(pool: Pool, request: TableRequest, pass: number): { pool: Pool; from: number; limit: number } {
    const { handle, highestPage } = request;
    const goesOn = pass === 0 && handle !== 0 && pool.start <= handle && handle < pool.end;
    const wanted = goesOn ? handle : pool.hint;
    const from = pool.end <= wanted ? pool.start : wanted;
    if (pool.end + this.options.firstPage <= highestPage) return { pool, from, limit: pool.end };
    const limit = highestPage - this.options.firstPage + 1;
    const masked = from % (highestPage + 1);
    const first = this.pools[0] ?? pool;
    return limit <= masked || 0 < pass ? { pool: first, from: first.start, limit } : { pool, from: masked, limit };
  }

  free(start: number, count: number): void {
    this.map.free(start, count);
  }
}

function newPool(start: number, end: number): Pool {
  return { start, end, hint: start };
}
