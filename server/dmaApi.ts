/**
 * What DMA Lens knows about the kernel's DMA interfaces, as one table. Recognition, hovers, highlighting and docs read
 * it. Arguments count from 0. Follows Documentation/core-api/dma-api.rst, include/linux/{dma-mapping,scatterlist}.h and
 * the headers of the subsystems, Linux 4.2 to 6.18.
 */

import { DEVICE } from './dmaApi/device';
import { FRAMEWORKS } from './dmaApi/frameworks';
import { LEGACY } from './dmaApi/legacy';
import { LISTS } from './dmaApi/lists';
import { MEMORY } from './dmaApi/memory';
import type { DmaFunction } from './dmaApi/row';
import { STREAMING } from './dmaApi/streaming';

export { CONTRACTS, type Contract } from './dmaApi/contracts';
export type { DmaFunction, Failure, Result, Role } from './dmaApi/row';

/** The table in parts, in the order in which people read about them. */
export const DMA_API_PARTS: readonly { readonly title: string; readonly rows: readonly DmaFunction[] }[] = [
  { title: 'Streaming mappings', rows: STREAMING },
  { title: 'Scatterlists', rows: LISTS },
  { title: 'Memory that is mapped from the start', rows: MEMORY },
  { title: 'Masks, limits and explicit IOVAs', rows: DEVICE },
  { title: 'Subsystems', rows: FRAMEWORKS },
  { title: 'PCI names, until 5.17', rows: LEGACY },
];

export const DMA_API: readonly DmaFunction[] = DMA_API_PARTS.flatMap((part) => part.rows);
const BY_NAME: ReadonlyMap<string, DmaFunction> = new Map(DMA_API.map((row) => [row.name, row]));

/** The row of a function, or undefined when it is no DMA interface. */
export function dmaFunction(name: string | undefined): DmaFunction | undefined {
  return name === undefined ? undefined : BY_NAME.get(name);
}

/**
 * Matches a text that may map, release or look at a mapping; what it does not match need not be parsed. Interrupt
 * vectors and ROMs of PCI devices are allocated and mapped under similar names, and do not matter.
 */
export const MENTIONS_DMA =
  /dmam?_(?:map|unmap|sync|z?alloc|free|mapping_error|pool|p2pdma|iova|set)_|dma_mapping_error|pci_(?:un)?map_(?:single|page|sg)\b|pci_p2pdma_(?:un)?map_|pci_dma_|pci_z?alloc_consistent|pci_free_consistent|pci_pool_|pci_set_(?:consistent_)?dma_|sg_dma_|dma_address|scsi_dma_|_dma_sg\b|frag_dma_map|dma_buf_(?:un)?map_attachment|get_pages_sgt|vb2_dma_|prime_get_contiguous|gadget_(?:un)?map_request|rq_dma_(?:un)?map|host1x_bo_pin|sg_alloc_table/;
