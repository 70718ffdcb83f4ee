/**
 * The nouns of the simulator: what the CPU built, what the device asks for, what the device sees.
 * Addresses are `bigint` at this surface, lengths and counts are `number`; inside, page frame numbers fit a `number`.
 */

/** A kernel release such as 6.12. */
export interface Kernel {
  readonly major: number;
  readonly minor: number;
}

/** What the CPU built. `page` is the physical address of the entry's page, `offset` (bytes) may exceed a page. */
export interface SgEntry {
  readonly page: bigint;
  readonly offset: number;
  readonly length: number;
  /** Peer-to-peer memory: reached by a bus address (`bus`), through the host bridge, or not at all. */
  readonly p2p?: P2pMemory;
}

export type P2pMemory =
  | { readonly via: 'bus'; readonly busOffset: bigint }
  | { readonly via: 'host-bridge' }
  | { readonly via: 'unsupported' };

export type Scatterlist = readonly SgEntry[];

/** Numbers as in enum dma_data_direction: 0 both ways, 1 to the device, 2 from the device. */
export type Direction = 0 | 1 | 2;

/** One firmware `dma-ranges` entry: CPU addresses from `cpuStart` appear to the device from `dmaStart` on. */
export interface DmaRange {
  readonly cpuStart: bigint;
  readonly dmaStart: bigint;
  readonly size: bigint;
}

/** What Linux knows about the device when it maps. */
export interface Device {
  /** Highest address the device reaches, inclusive. */
  readonly dmaMask: bigint;
  /** Inclusive limit of the bus; 0 when there is none. */
  readonly busDmaLimit: bigint;
  /** Bytes, 32-bit unsigned. */
  readonly maxSegmentSize: number;
  /** Power of two minus one. */
  readonly segmentBoundary: bigint;
  /** Low address bits that a mapping must keep. */
  readonly minAlignMask: number;
  readonly coherent: boolean;
  readonly untrusted: boolean;
  readonly pci: boolean;
  readonly dmaRanges: readonly DmaRange[];
}

/** Bytes `offset`..`offset + length` of input entry `entry`. */
export interface Piece {
  readonly entry: number;
  readonly offset: number;
  readonly length: number;
}

/** What the device sees, with the input bytes behind it in order. */
export interface Segment {
  readonly dma: bigint;
  readonly length: number;
  readonly pieces: readonly Piece[];
  /** The bytes were copied to a bounce buffer. */
  readonly bounced?: boolean;
  /** A PCI bus address, not an IOVA. */
  readonly bus?: boolean;
}

/** Why the device's view has a hole, or starts a new segment, behind a segment. */
export type BreakCause =
  | 'power-of-two-pad' // 4.4 to 4.6 align each entry to a power of two
  | 'boundary-pad' // padded so that the next entry does not cross the segment boundary
  | 'granule' // an end or start is no multiple of the IOMMU's granule
  | 'segment-limit' // max_seg_size reached: a new segment, adjacent or not
  | 'new-allocation' // the next entry got an allocation of its own
  | 'bounce' // bounced: the address is that of a bounce slot
  | 'physical' // no translation: the physical memory itself is scattered
  | 'bus-address' // peer-to-peer memory in between
  | 'never-merges'; // adjacent, but this backend keeps one segment per entry

/** What happens between segment `after` and the next one. */
export interface Break {
  readonly after: number;
  /** Bytes between the end of one and the start of the next; negative when the next one starts lower; 0 adjacent. */
  readonly gap: bigint;
  readonly cause: BreakCause;
  /** One phrase for people, such as `48 KiB pad: 64 KiB entry is aligned to 64 KiB`. */
  readonly why: string;
}

/** A successful mapping: a value that can be handed back to unmap. */
export interface MappedLayout {
  readonly ok: true;
  readonly backend: string;
  readonly segments: readonly Segment[];
  /** One for each pair of neighbouring segments. */
  readonly breaks: readonly Break[];
  /** Blocks of IOVA space that hold the mapping (start, bytes), pads included; empty where there is no IOVA space. */
  readonly blocks: readonly { readonly start: bigint; readonly bytes: number }[];
  /** What the algorithm did, step by step, for people. */
  readonly steps: readonly string[];
}

/** `errno` is what `dma_map_sgtable()` returns (negative); `dma_map_sg()` returns 0 for every failure. */
export interface MapFailure {
  readonly ok: false;
  readonly backend: string;
  readonly errno: number;
  readonly reason: string;
}

export type MapResult = MappedLayout | MapFailure;

/** Inclusive address range. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Everything a backend can be told about the machine. Absent fields take the backend's defaults. */
export interface Machine {
  readonly kernel: Kernel;
  readonly pageSize?: number;
  /** IOVA granule in bytes: the smallest page of the IOMMU domain. */
  readonly granule?: number;
  /** Highest IOVA, inclusive. */
  readonly apertureEnd?: bigint;
  readonly apertureStart?: bigint;
  readonly reserved?: readonly AddressRange[];
  /** iommu.strict: freed IOVAs are reusable at once. */
  readonly strict?: boolean;
  readonly forcedac?: boolean;
  readonly cpus?: number;
  readonly swiotlb?: SwiotlbPool;
  /** Backend-specific table: IOMMU page shift, window start and bytes, number of pools, merge switches. */
  readonly ioPageShift?: number;
  readonly windowStart?: bigint;
  readonly windowBytes?: bigint;
  readonly pools?: number;
  /** powerpc: table entries that small allocations of different lists keep between each other; 16 when absent. */
  readonly block?: number;
  readonly merge?: boolean;
  /** GART: iommu=force, every entry is remapped; iommu=merge implies it. */
  readonly force?: boolean;
  /** Xen: machine frame behind a guest frame (4 KiB frames). Absent: neighbours are never machine-contiguous. */
  readonly machineFrame?: (frame: number) => number;
  /** arm32: CONFIG_ARM_DMA_IOMMU_ALIGNMENT. */
  readonly maxAlignmentOrder?: number;
}

export interface SwiotlbPool {
  readonly start: bigint;
  /** Exclusive; equal to `start` when there is no pool. */
  readonly end: bigint;
  readonly areas: number;
  readonly force: boolean;
}

/** The state that Linux keeps for a device: an IOVA domain, a window bitmap, a bounce pool. */
export interface DmaSpace {
  readonly backend: string;
  /** dma_map_sgtable(). `cpu` selects the per-CPU caches, 0 when absent. */
  mapSg(list: Scatterlist, device: Device, direction: Direction, cpu?: number): MapResult;
  /** dma_map_page(): one entry, one segment. */
  mapPage(entry: SgEntry, device: Device, direction: Direction, cpu?: number): MapResult;
  unmap(layout: MappedLayout, cpu?: number): void;
  /**
   * Says that the next bounce of an area is known to lie at `address`; only the first word counts, later searches go on
   * by themselves. Returns the area, which is that of the CPU; undefined where `address` is not in the bounce pool.
   */
  seekBounce?(address: bigint): number | undefined;
}

/** A mapping backend of Linux. */
export interface Backend {
  /** Platform id, stable. */
  readonly id: string;
  readonly title: string;
  /** Kernel files this follows, with versions. */
  readonly source: string;
  /** First and last kernel (inclusive) with this code; absent: open. */
  readonly since?: Kernel;
  readonly until?: Kernel;
  /** Opens an empty space on this machine. */
  open(machine: Machine): DmaSpace;
}
