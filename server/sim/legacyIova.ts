/**
 * The generic IOVA allocator as the vendors' own drivers used it before the common layer: sizes always rounded to a
 * power of two, 32-bit addresses first. Follows intel_alloc_iova() in drivers/iommu/intel-iommu.c, Linux 4.4 to 5.10, and
 * dma_ops_alloc_iova() in drivers/iommu/amd_iommu.c, Linux 4.8 to 5.4.
 */

import { IovaDomain } from './iova';
import { PAGE_SIZE, powerOfTwoAtLeast, since } from './layout';
import type { Machine } from './types';

const PAGE = BigInt(PAGE_SIZE);
/** First page above 32-bit addresses. */
const PFN32 = 2 ** 32 / PAGE_SIZE;

export class LegacyIova {
  private readonly domain: IovaDomain;
  /** A failed 32-bit attempt empties the caches, too, before Linux 4.15. */
  private readonly flushesFirst: boolean;

  constructor(machine: Machine) {
    const { kernel, strict = true } = machine;
    this.domain = new IovaDomain({ kernel, startPfn: 1, pfn32: PFN32, strict, hasCaches: since(kernel, 4, 9) });
    for (const { start, end } of machine.reserved ?? []) this.domain.reserve(Number(start / PAGE), Number(end / PAGE));
    this.flushesFirst = !since(machine.kernel, 4, 15);
  }

  /** Address of a block of `pages` at or below `limit`, below 4 GiB if possible; undefined when nothing fits. */
  allocate(pages: number, limit: bigint, tries32First: boolean, cpu: number): bigint | undefined {
    const size = powerOfTwoAtLeast(pages);
    const highest = Number(limit / PAGE);
    let pfn = 0;
    if (tries32First && PFN32 <= highest) pfn = this.domain.allocateFast(size, PFN32 - 1, this.flushesFirst, cpu);
    if (pfn === 0) pfn = this.domain.allocateFast(size, highest, true, cpu);
    return pfn === 0 ? undefined : BigInt(pfn) * PAGE;
  }

  free(address: bigint, pages: number, cpu: number): void {
    this.domain.freeFast(Number(address / PAGE), powerOfTwoAtLeast(pages), cpu);
  }
}
