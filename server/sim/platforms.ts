/** The platforms: a backend on a machine with the device parameters that matter. Ids are stable. */

import { armIommu } from './backends/armIommu';
import { direct, swiotlb } from './backends/direct';
import { iommuDma, iommuDmaUntrusted } from './backends/iommuDma';
import { iommuDma44, iommuDmaV6 } from './backends/iommuDma44';
import { since } from './layout';
import type { Backend, Device, DmaSpace, Kernel, Machine } from './types';

export interface Platform {
  readonly id: string;
  /** As it reads in a sentence: `without an IOMMU`. */
  readonly phrase: string;
  readonly title: string;
  readonly doc: string;
  readonly backend: Backend;
  /** Part of the set that is replayed unless other platforms are asked for. */
  isDefault(kernel: Kernel): boolean;
  /** What the platform fixes of the machine and the device. */
  readonly machine?: Partial<Machine>;
  readonly device?: Partial<Device>;
  /** Kernel to take when the target is outside the backend's life. */
  readonly kernel?: Kernel;
}

const HAS_COMMON_LAYER = { major: 4, minor: 7 };

export const PLATFORMS: readonly Platform[] = [
  {
    id: 'direct',
    phrase: 'without an IOMMU',
    title: 'No IOMMU, or IOMMU in passthrough',
    doc: 'Every entry keeps its physical address; nothing is merged.',
    backend: direct,
    isDefault: () => true,
  },
  {
    id: 'swiotlb',
    phrase: 'with SWIOTLB',
    title: 'SWIOTLB bounce buffers, 32-bit device',
    doc: 'Every entry is copied to slots of its own in the bounce pool.',
    backend: swiotlb,
    isDefault: () => true,
    device: { dmaMask: 0xffffffffn },
  },
  {
    id: 'iommu-dma',
    phrase: 'with iommu-dma',
    title: 'IOMMU, common mapping layer of the target kernel',
    doc: 'One IOVA block per list; entries are merged up to the segment limit.',
    backend: iommuDma,
    isDefault: (kernel) => since(kernel, HAS_COMMON_LAYER.major, HAS_COMMON_LAYER.minor),
  },
  {
    id: 'iommu-dma-4.4',
    phrase: 'with iommu-dma of 4.4',
    title: 'IOMMU, common mapping layer of 4.4 to 4.6',
    doc: 'One segment per entry, each aligned to the power of two of its length: holes.',
    backend: iommuDma44,
    isDefault: (kernel) => !since(kernel, HAS_COMMON_LAYER.major, HAS_COMMON_LAYER.minor),
    kernel: { major: 4, minor: 4 },
  },
  {
    id: 'iommu-dma-v6',
    phrase: 'with iommu-dma as first posted',
    title: 'IOMMU, common mapping layer as posted before 4.4',
    doc: 'As 4.4, with wrong addresses for offsets beyond a granule.',
    backend: iommuDmaV6,
    isDefault: () => false,
    kernel: { major: 4, minor: 4 },
  },
  {
    id: 'iommu-dma-untrusted',
    phrase: 'behind an IOMMU as an untrusted device',
    title: 'IOMMU, untrusted device (Thunderbolt)',
    doc: 'Every entry is mapped on its own, unaligned ones through bounce buffers.',
    backend: iommuDmaUntrusted,
    isDefault: (kernel) => since(kernel, 5, 15),
  },
  {
    id: 'arm-iommu',
    phrase: 'on 32-bit ARM with an IOMMU',
    title: '32-bit ARM IOMMU',
    doc: 'Entries are joined up to the segment limit (64 KiB by default); each chunk has a block of its own.',
    backend: armIommu,
    isDefault: () => true,
    device: { dmaMask: 0xffffffffn },
  },
];

export function platform(id: string): Platform | undefined {
  return PLATFORMS.find((one) => one.id === id);
}

/** Ids of the platforms that a driver for `kernel` should work on. */
export function defaultPlatforms(kernel: Kernel): readonly string[] {
  return PLATFORMS.filter((one) => one.isDefault(kernel)).map((one) => one.id);
}

/** A PCI device as the PCI core sets it up, with a 64-bit mask. */
export const DEFAULT_DEVICE: Device = {
  dmaMask: 2n ** 64n - 1n,
  busDmaLimit: 0n,
  maxSegmentSize: 65536,
  segmentBoundary: 0xffffffffn,
  minAlignMask: 0,
  coherent: true,
  untrusted: false,
  pci: true,
  dmaRanges: [],
};

/** A fresh space of the platform and the device that goes with it; `hints` are what the driver declares. */
export function openPlatform(
  id: string,
  kernel: Kernel,
  hints: Partial<Device> = {},
): { space: DmaSpace; device: Device } | undefined {
  const found = platform(id);
  if (!found) return undefined;
  const machine: Machine = { kernel: found.kernel ?? kernel, ...found.machine };
  return { space: found.backend.open(machine), device: { ...DEFAULT_DEVICE, ...hints, ...found.device } };
}
