/**
 * A translation table shared out in pools, and the mapping loop on top of it: one allocation per entry, merged when it
 * comes to lie right behind the last. powerpc and sparc64 have the same code up to the switches in TableOptions.
 * Follows arch/powerpc/kernel/iommu.c and arch/sparc/kernel/iommu-common.c, Linux 4.4 to 6.12. Numbers are table
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

  /** First entry of a run; -1 when no pool has room. */
  allocate(request: TableRequest): number {
    const { pages } = request;
    const isLarge = this.largePool !== undefined && SMALL < pages;
    const count = this.pools.length;
    let number = request.pool & (count - 1);
    let pool = isLarge ? this.largePool : this.pools[number];
    // The own pool from the hint, then from its start; each pool from its start; the large pool.
    for (let pass = 0; pool; pass++) {
      const found = this.tryPool(pool, request, pass);
      if (found) {
        const end = found.start + pages;
        const { block } = this.options;
        found.pool.hint = isLarge ? end : Math.ceil(end / block) * block;
        return found.start;
      }
      // Linux resets the hint of the pool that it ended up in.
      if (pass === 0) {
        this.reached(pool, request, pass).hint = this.reached(pool, request, pass).start;
        pool = this.reached(pool, request, pass);
      } else if (pass <= count && !(isLarge && this.options.endsShort)) {
        number = (number + 1) & (count - 1);
        pool = this.pools[number];
        if (pool) pool.hint = pool.start;
      } else if (pass === count + 1 && this.largePool) {
        pool = this.largePool;
        pool.hint = pool.start;
      } else {
        return -1;
      }
    }
    return -1;
  }

  free(start: number, count: number): void {
    this.map.free(start, count);
  }
}

function newPool(start: number, end: number): Pool {
  return { start, end, hint: start };
}
