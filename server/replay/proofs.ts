/** What follows from how a platform works, so that no search has to show it. */

import { deviceLimit, since, sizeText } from '../sim/layout';
import type { Device, Kernel } from '../sim/types';
import type { ListShape, Predicate } from './types';

/** The driver picks the addresses, or the block is made for the list. */
const ONE_RANGE_BY_CONSTRUCTION: ReadonlyMap<string, string> = new Map([
  ['iommu-api', 'the driver picks the addresses itself'],
  ['dma-iova', 'ranges are linked into one IOVA block'],
  ['noncontiguous-alloc', 'the allocation has one DMA segment by contract'],
  ['sva', 'the device uses the addresses of the process'],
]);
/** One IOVA block holds the whole list in its order. */
const ONE_BLOCK = new Set(['iommu-dma', 'iommu-dma-4.4', 'iommu-dma-v6', 'intel-legacy']);
/** One segment for each entry, whatever the lengths. */
const NEVER_MERGES = new Set([
  'direct',
  'swiotlb',
  'iommu-dma-untrusted',
  'iommu-dma-4.4',
  'iommu-dma-v6',
  'intel-legacy',
  'amd-legacy',
  'xen-swiotlb',
  'gart',
]);
/** Of these, the ones whose addresses keep the place in the page. */
const KEEPS_OFFSET = new Set(['direct', 'iommu-dma-4.4', 'intel-legacy', 'amd-legacy', 'gart']);
/** Page 0 is never handed out. */
const SPARES_ZERO = new Set([...ONE_BLOCK, 'iommu-dma-untrusted', 'amd-legacy', 'swiotlb']);
const LARGEST_LIST = 1n << 32n;

/** Why the predicate cannot be broken; undefined when only trying can tell. */
export function proofOf(
  predicate: Predicate,
  shape: ListShape,
  device: Device,
  kernel: Kernel,
  id: string,
): string | undefined {
  const { kind } = predicate;
  if (shape.kind === 'one-entry' && COUNTS_SEGMENTS.has(kind)) return 'one entry is one segment';
  switch (kind) {
    case 'contiguous-size':
      return oneRange(shape, device, kernel, id);
    case 'same-count':
    case 'cpu-lengths':
      return NEVER_MERGES.has(id) ? 'every entry stays a segment of its own' : undefined;
    case 'cpu-offsets':
      return KEEPS_OFFSET.has(id) ? 'every entry stays a segment and keeps its place in the page' : undefined;
    case 'ascending':
      return ONE_BLOCK.has(id) && !shape.hasPeerMemory ? 'one IOVA block holds the list in its order' : undefined;
    case 'nonzero':
      return SPARES_ZERO.has(id) ? 'address 0 is never handed out' : undefined;
    case 'address-below':
      return deviceLimit(device) < 1n << BigInt(predicate.bits)
        ? `the mask keeps addresses below 2^${predicate.bits}`
        : undefined;
    default:
      return undefined;
  }
}

const COUNTS_SEGMENTS: ReadonlySet<Predicate['kind']> = new Set([
  'contiguous-size',
  'single-segment',
  'first-length-covers',
  'same-count',
  'cpu-lengths',
  'ascending',
]);

function oneRange(shape: ListShape, device: Device, kernel: Kernel, id: string): string | undefined {
  const constructed = ONE_RANGE_BY_CONSTRUCTION.get(id);
  if (constructed !== undefined) return constructed;
  if (shape.kind === 'any' || shape.hasPeerMemory) return undefined;
  if (id === 'intel-legacy') return 'one IOVA block holds the list, and nothing is padded';
  const isPaddedAtBoundary = id === 'iommu-dma' || (id === 'amd-legacy' && since(kernel, 4, 8));
  if (!isPaddedAtBoundary || device.segmentBoundary + 1n < LARGEST_LIST) return undefined;
  const bound = device.segmentBoundary < 2n ** 63n ? ` up to ${sizeText(device.segmentBoundary + 1n)}` : '';
  return `one IOVA block holds the list${bound}, and nothing is padded between whole pages`;
}
