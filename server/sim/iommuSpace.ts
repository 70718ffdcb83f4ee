/** What all users of the generic IOVA allocator share: a domain set up for a machine, and the 32-bit-first rule. */

import { IovaDomain } from './iova';
import { deviceLimit, powerOfTwoAtLeast, since } from './layout';
import type { Device, Kernel, Machine } from './types';

const FOUR_GIB = 2 ** 32;
/** Address width that IOMMUs commonly have. */
const DEFAULT_APERTURE_END = 2n ** 48n - 1n;

export class IommuSpace {
  readonly granule: number;
  readonly machine: Machine;
  private readonly domain: IovaDomain;
  /** 6.6 and later: cleared for good once 32-bit addresses ran out. */
  private tries32First = true;

  constructor(machine: Machine) {
    this.machine = machine;
    this.granule = machine.granule ?? 4096;
    const start = Number((machine.apertureStart ?? 0n) / BigInt(this.granule));
    this.domain = new IovaDomain({
      kernel: machine.kernel,
      startPfn: Math.max(1, start),
      pfn32: FOUR_GIB / this.granule,
      strict: machine.strict ?? true,
      hasCaches: usesFastPath(machine.kernel),
    });
    for (const range of machine.reserved ?? []) {
      this.domain.reserve(Number(range.start / BigInt(this.granule)), Number(range.end / BigInt(this.granule)));
    }
  }

  /**
   * An IOVA block of `bytes` (a multiple of the granule, above 0). Returns its address, or undefined when nothing fits.
   * Follows iommu_dma_alloc_iova() in drivers/iommu/dma-iommu.c.
   */
  allocate(bytes: number, device: Device, cpu: number): bigint | undefined {
    const { kernel } = this.machine;
    let size = bytes / this.granule;
    const isFast = usesFastPath(kernel);
    if (isFast && size < 32) size = powerOfTwoAtLeast(size);
    const limit = this.limitOf(device);
    const highest = Number(limit / BigInt(this.granule));
    let pfn = 0;
    const isForced = this.machine.forcedac === true && since(kernel, 5, 13);
    const wants32 = isFast && device.pci && !isForced && BigInt(FOUR_GIB) <= limit;
    if (wants32 && this.tries32First) {
      pfn = this.domain.allocateFast(size, FOUR_GIB / this.granule - 1, false, cpu);
      if (pfn === 0 && since(kernel, 6, 6)) this.tries32First = false;
    }
    if (pfn === 0) pfn = this.domain.allocateFast(size, highest, true, cpu);
    return pfn === 0 ? undefined : BigInt(pfn) * BigInt(this.granule);
  }

  /** Gives back the block at `address` of `bytes`. */
  free(address: bigint, bytes: number, cpu: number): void {
    this.domain.freeFast(Number(address / BigInt(this.granule)), bytes / this.granule, cpu);
  }

  private limitOf(device: Device): bigint {
    const { kernel } = this.machine;
    const limit = limitBefore(device, kernel) ?? deviceLimit(device);
    const aperture = this.machine.apertureEnd ?? DEFAULT_APERTURE_END;
    return since(kernel, 4, 8) && aperture < limit ? aperture : limit;
  }
}

/** The caches, sizes rounded to a power of two, and 32-bit addresses first came together. */
function usesFastPath(kernel: Kernel): boolean {
  return since(kernel, 4, 11);
}

/** Until 4.18 the bus has no limit; until 5.3 it is a mask like that of the device. */
function limitBefore(device: Device, kernel: Kernel): bigint | undefined {
  if (!since(kernel, 4, 19)) return device.dmaMask;
  if (since(kernel, 5, 4)) return undefined;
  return device.busDmaLimit === 0n ? device.dmaMask : device.dmaMask & device.busDmaLimit;
}
