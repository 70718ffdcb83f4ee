/** The platforms: a backend on a machine with the device parameters that matter. Ids are stable. */

import { amdLegacy } from './backends/amdLegacy';
import { armIommu } from './backends/armIommu';
import { dmaIova, iommuApi, noncontiguousAlloc, sva } from './backends/callerControlled';
import { direct, swiotlb } from './backends/direct';
import { gart } from './backends/gart';
import { intelLegacy } from './backends/intelLegacy';
import { iommuDma, iommuDmaUntrusted } from './backends/iommuDma';
import { iommuDma44, iommuDmaV6 } from './backends/iommuDma44';
import { powerpcTce } from './backends/powerpcTce';
import { s390Pci } from './backends/s390Pci';
import { sparcIommu } from './backends/sparcIommu';
import { xenSwiotlb } from './backends/xenSwiotlb';
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
  // Until 4.6 only platform devices of arm64 took this way; their mask has 32 bits unless the driver asks for more.
  {
    id: 'iommu-dma-4.4',
    phrase: 'with iommu-dma of 4.4',
    title: 'IOMMU, common mapping layer of 4.4 to 4.6',
    doc: 'One segment per entry, each aligned to the power of two of its length: holes.',
    backend: iommuDma44,
    isDefault: (kernel) => !since(kernel, HAS_COMMON_LAYER.major, HAS_COMMON_LAYER.minor),
    device: { dmaMask: 0xffffffffn, pci: false },
  },
  {
    id: 'iommu-dma-v6',
    phrase: 'with iommu-dma as first posted',
    title: 'IOMMU, common mapping layer as posted before 4.4',
    doc: 'As 4.4, with wrong addresses for offsets beyond a granule.',
    backend: iommuDmaV6,
    isDefault: () => false,
    device: { dmaMask: 0xffffffffn, pci: false },
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
  {
    id: 'intel-legacy',
    phrase: 'with Intel VT-d of that time',
    title: 'Intel VT-d, own mapping code (up to 5.10)',
    doc: 'One IOVA block per list, one segment per entry, no padding, no merging.',
    backend: intelLegacy,
    isDefault: (kernel) => !since(kernel, 5, 11),
  },
  {
    id: 'amd-legacy',
    phrase: 'with AMD-Vi of that time',
    title: 'AMD-Vi, own mapping code (up to 5.4)',
    doc: 'One segment per entry; a crossed boundary leaves a hole behind the entry.',
    backend: amdLegacy,
    isDefault: (kernel) => !since(kernel, 5, 5),
  },
  {
    id: 'powerpc-tce',
    phrase: 'on powerpc',
    title: 'powerpc TCE table',
    doc: 'An allocation per entry, merged when they happen to be adjacent; small and large ones live apart.',
    backend: powerpcTce,
    isDefault: () => false,
  },
  {
    id: 'gart',
    phrase: 'with the x86 GART',
    title: 'x86 GART',
    doc: 'Maps only what the device cannot reach; merges only with iommu=merge.',
    backend: gart,
    isDefault: () => false,
  },
  {
    id: 's390-pci',
    phrase: 'on s390',
    title: 's390 PCI, own mapping code (up to 6.6)',
    doc: 'Chunks as on 32-bit ARM, placed next-fit without alignment.',
    backend: s390Pci,
    isDefault: () => false,
  },
  {
    id: 'sparc-iommu',
    phrase: 'on sparc64',
    title: 'sparc64 IOMMU',
    doc: 'An allocation of 8 KiB pages per entry, merged when adjacent.',
    backend: sparcIommu,
    isDefault: () => false,
  },
  {
    id: 'xen-swiotlb',
    phrase: 'in a Xen guest',
    title: 'Xen guest',
    doc: 'Machine addresses; what is not contiguous there bounces.',
    backend: xenSwiotlb,
    isDefault: () => false,
  },
  {
    id: 'iommu-api',
    phrase: 'with an IOMMU domain of its own',
    title: 'IOMMU API: the driver picks the IOVA',
    doc: 'A way out: contiguous as asked, where there is an IOMMU.',
    backend: iommuApi,
    isDefault: () => false,
  },
  {
    id: 'dma-iova',
    phrase: 'with dma_iova_link()',
    title: 'dma_iova_*: ranges linked into one IOVA block',
    doc: 'A way out since 6.16: contiguous by construction, with a fallback where there is no IOMMU.',
    backend: dmaIova,
    isDefault: () => false,
  },
  {
    id: 'noncontiguous-alloc',
    phrase: 'with dma_alloc_noncontiguous()',
    title: 'dma_alloc_noncontiguous()',
    doc: 'A way out since 5.13: one DMA segment on every platform.',
    backend: noncontiguousAlloc,
    isDefault: () => false,
  },
  {
    id: 'sva',
    phrase: 'with shared virtual addressing',
    title: 'Shared virtual addressing',
    doc: 'A way out: the device uses the addresses of the process.',
    backend: sva,
    isDefault: () => false,
  },
];

/** The kernel that the platform is simulated on: the target, or the nearest with this backend. */
export function kernelOf(found: Platform, target: Kernel): Kernel {
  const { since: first, until: last } = found.backend;
  if (first && !since(target, first.major, first.minor)) return first;
  return last && since(target, last.major, last.minor) ? last : target;
}

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
  const machine: Machine = { kernel: kernelOf(found, kernel), ...found.machine };
  return { space: found.backend.open(machine), device: { ...DEFAULT_DEVICE, ...hints, ...found.device } };
}
