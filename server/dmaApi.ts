/**
 * What DMA Lens knows about the kernel's DMA interfaces, as one table. Recognition, hovers, highlighting and docs read
 * it. Arguments count from 0. Follows Documentation/core-api/dma-api.rst and include/linux/{dma-mapping,scatterlist}.h,
 * Linux 4.4 to 6.18.
 */

export type Role =
  | 'map' // starts a streaming mapping
  | 'unmap'
  | 'sync'
  | 'allocate' // memory that is mapped from the start
  | 'free'
  | 'check' // dma_mapping_error()
  | 'configure' // masks and limits
  | 'build' // builds a scatterlist
  | 'read' // reads a field of a scatterlist entry
  | 'walk' // iterates a scatterlist
  | 'attach' // yields a table that somebody else mapped
  | 'measure' // returns the length of the leading contiguous run
  | 'consume'; // takes mapped segments, such as dmaengine_prep_slave_sg()

/** How the result tells failure. */
export type Failure = 'zero' | 'nonzero' | 'negative' | 'mapping-error' | 'null' | 'err-ptr';

export interface DmaFunction {
  readonly name: string;
  readonly role: Role;
  readonly fails?: Failure;
  /** Index of the device argument. */
  readonly device?: number;
  /** Index of the scatterlist argument. */
  readonly list?: number;
  /** Index of the `struct sg_table *` argument; -1: the result is the table. */
  readonly table?: number;
  /** Index of the entry count argument. */
  readonly count?: number;
  /** Index of the direction argument. */
  readonly direction?: number;
  /** Index of the address argument, or of the pointer that receives it. */
  readonly address?: number;
  /** Index of the length argument, bytes. */
  readonly length?: number;
  /** Which side a walk sees. */
  readonly side?: 'cpu' | 'dma' | 'count';
  /** Index of the iteration variable of a walk. */
  readonly iterator?: number;
  readonly releasedBy?: string;
  /** First and last kernel with it, as `major.minor`. */
  readonly since?: string;
  readonly until?: string;
  readonly doc: string;
}

const MAP_SG = 'Maps a scatterlist. Returns how many segments the device sees, which may be fewer than the entries passed; 0 on failure.';
const MAP_ONE = 'Maps one range. The result must be tested with dma_mapping_error() before use.';

export const DMA_API: readonly DmaFunction[] = [
  { name: 'dma_map_sg', role: 'map', device: 0, list: 1, count: 2, direction: 3, fails: 'zero', releasedBy: 'dma_unmap_sg', doc: MAP_SG },
  { name: 'dma_map_sg_attrs', role: 'map', device: 0, list: 1, count: 2, direction: 3, fails: 'zero', releasedBy: 'dma_unmap_sg_attrs', doc: MAP_SG },
  { name: 'pci_map_sg', role: 'map', device: 0, list: 1, count: 2, direction: 3, fails: 'zero', releasedBy: 'pci_unmap_sg', until: '5.17', doc: MAP_SG },
  { name: 'ib_dma_map_sg', role: 'map', device: 0, list: 1, count: 2, direction: 3, fails: 'zero', releasedBy: 'ib_dma_unmap_sg', doc: MAP_SG },
  { name: 'ib_dma_map_sg_attrs', role: 'map', device: 0, list: 1, count: 2, direction: 3, fails: 'zero', releasedBy: 'ib_dma_unmap_sg_attrs', doc: MAP_SG },
  { name: 'pci_p2pdma_map_sg', role: 'map', device: 0, list: 1, count: 2, direction: 3, fails: 'zero', releasedBy: 'pci_p2pdma_unmap_sg', since: '4.20', until: '5.19', doc: MAP_SG },
  { name: 'dma_map_sgtable', role: 'map', device: 0, table: 1, direction: 2, fails: 'nonzero', releasedBy: 'dma_unmap_sgtable', since: '5.8', doc: 'Maps a whole sg_table. Returns 0, or a negative errno; the mapped count is in sgt->nents.' },
  { name: 'ib_dma_map_sgtable_attrs', role: 'map', device: 0, table: 1, direction: 2, fails: 'nonzero', releasedBy: 'ib_dma_unmap_sgtable_attrs', since: '5.8', doc: 'Maps a whole sg_table. Returns 0, or a negative errno.' },
  { name: 'scsi_dma_map', role: 'map', fails: 'negative', releasedBy: 'scsi_dma_unmap', doc: 'Maps the data of a SCSI command. Returns the mapped count, 0 when there is no data, negative on failure.' },
  { name: 'dma_map_single', role: 'map', device: 0, address: 1, length: 2, direction: 3, fails: 'mapping-error', releasedBy: 'dma_unmap_single', doc: MAP_ONE },
  { name: 'dma_map_single_attrs', role: 'map', device: 0, address: 1, length: 2, direction: 3, fails: 'mapping-error', releasedBy: 'dma_unmap_single_attrs', doc: MAP_ONE },
  { name: 'dma_map_page', role: 'map', device: 0, address: 1, length: 3, direction: 4, fails: 'mapping-error', releasedBy: 'dma_unmap_page', doc: MAP_ONE },
  { name: 'dma_map_page_attrs', role: 'map', device: 0, address: 1, length: 3, direction: 4, fails: 'mapping-error', releasedBy: 'dma_unmap_page_attrs', since: '4.9', doc: MAP_ONE },
  { name: 'dma_map_resource', role: 'map', device: 0, address: 1, length: 2, direction: 3, fails: 'mapping-error', releasedBy: 'dma_unmap_resource', since: '4.9', doc: MAP_ONE },
  { name: 'dma_map_phys', role: 'map', device: 0, address: 1, length: 2, direction: 3, fails: 'mapping-error', releasedBy: 'dma_unmap_phys', since: '6.18', doc: MAP_ONE },
  { name: 'dma_map_bvec', role: 'map', device: 0, address: 1, direction: 2, fails: 'mapping-error', releasedBy: 'dma_unmap_page', since: '5.1', doc: MAP_ONE },
  { name: 'skb_frag_dma_map', role: 'map', device: 0, address: 1, length: 3, direction: 4, fails: 'mapping-error', releasedBy: 'dma_unmap_page', doc: MAP_ONE },
  { name: 'pci_map_single', role: 'map', device: 0, address: 1, length: 2, direction: 3, fails: 'mapping-error', releasedBy: 'pci_unmap_single', until: '5.17', doc: MAP_ONE },
  { name: 'pci_map_page', role: 'map', device: 0, address: 1, length: 3, direction: 4, fails: 'mapping-error', releasedBy: 'pci_unmap_page', until: '5.17', doc: MAP_ONE },

  { name: 'dma_unmap_sg', role: 'unmap', device: 0, list: 1, count: 2, direction: 3, doc: 'Releases a mapped scatterlist. Takes the count that was passed to dma_map_sg().' },
  { name: 'dma_unmap_sg_attrs', role: 'unmap', device: 0, list: 1, count: 2, direction: 3, doc: 'Releases a mapped scatterlist. Takes the count that was passed to dma_map_sg_attrs().' },
  { name: 'pci_unmap_sg', role: 'unmap', device: 0, list: 1, count: 2, direction: 3, until: '5.17', doc: 'Releases a mapped scatterlist. Takes the count that was passed to pci_map_sg().' },
  { name: 'ib_dma_unmap_sg', role: 'unmap', device: 0, list: 1, count: 2, direction: 3, doc: 'Releases a mapped scatterlist. Takes the count that was passed to ib_dma_map_sg().' },
  { name: 'ib_dma_unmap_sg_attrs', role: 'unmap', device: 0, list: 1, count: 2, direction: 3, doc: 'Releases a mapped scatterlist. Takes the count that was passed to ib_dma_map_sg_attrs().' },
  { name: 'pci_p2pdma_unmap_sg', role: 'unmap', device: 0, list: 1, count: 2, direction: 3, since: '4.20', until: '5.19', doc: 'Releases a mapped scatterlist. Takes the count that was passed to pci_p2pdma_map_sg().' },
  { name: 'dma_unmap_sgtable', role: 'unmap', device: 0, table: 1, direction: 2, since: '5.8', doc: 'Releases a mapped sg_table.' },
  { name: 'ib_dma_unmap_sgtable_attrs', role: 'unmap', device: 0, table: 1, direction: 2, since: '5.8', doc: 'Releases a mapped sg_table.' },
  { name: 'scsi_dma_unmap', role: 'unmap', doc: 'Releases the data of a SCSI command.' },
  { name: 'dma_unmap_single', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, doc: 'Releases what dma_map_single() mapped.' },
  { name: 'dma_unmap_single_attrs', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, doc: 'Releases what dma_map_single_attrs() mapped.' },
  { name: 'dma_unmap_page', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, doc: 'Releases what dma_map_page() mapped.' },
  { name: 'dma_unmap_page_attrs', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, since: '4.9', doc: 'Releases what dma_map_page_attrs() mapped.' },
  { name: 'dma_unmap_resource', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, since: '4.9', doc: 'Releases what dma_map_resource() mapped.' },
  { name: 'dma_unmap_phys', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, since: '6.18', doc: 'Releases what dma_map_phys() mapped.' },
  { name: 'pci_unmap_single', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, until: '5.17', doc: 'Releases what pci_map_single() mapped.' },
  { name: 'pci_unmap_page', role: 'unmap', device: 0, address: 1, length: 2, direction: 3, until: '5.17', doc: 'Releases what pci_map_page() mapped.' },

  { name: 'dma_sync_sg_for_cpu', role: 'sync', device: 0, list: 1, count: 2, direction: 3, doc: 'Hands a mapped list to the CPU. Takes the original count.' },
  { name: 'dma_sync_sg_for_device', role: 'sync', device: 0, list: 1, count: 2, direction: 3, doc: 'Hands a mapped list to the device. Takes the original count.' },
  { name: 'dma_sync_sgtable_for_cpu', role: 'sync', device: 0, table: 1, direction: 2, since: '5.8', doc: 'Hands a mapped sg_table to the CPU.' },
  { name: 'dma_sync_sgtable_for_device', role: 'sync', device: 0, table: 1, direction: 2, since: '5.8', doc: 'Hands a mapped sg_table to the device.' },
  { name: 'dma_sync_single_for_cpu', role: 'sync', device: 0, address: 1, length: 2, direction: 3, doc: 'Hands a mapped range to the CPU.' },
  { name: 'dma_sync_single_for_device', role: 'sync', device: 0, address: 1, length: 2, direction: 3, doc: 'Hands a mapped range to the device.' },

  { name: 'dma_alloc_coherent', role: 'allocate', device: 0, length: 1, address: 2, fails: 'null', releasedBy: 'dma_free_coherent', doc: 'Allocates memory that is one contiguous DMA range on every platform.' },
  { name: 'dma_alloc_attrs', role: 'allocate', device: 0, length: 1, address: 2, fails: 'null', releasedBy: 'dma_free_attrs', doc: 'Allocates memory that is one contiguous DMA range on every platform.' },
  { name: 'dma_alloc_wc', role: 'allocate', device: 0, length: 1, address: 2, fails: 'null', releasedBy: 'dma_free_wc', doc: 'Allocates write-combined memory, one contiguous DMA range.' },
  { name: 'dma_alloc_noncontiguous', role: 'allocate', device: 0, length: 1, table: -1, fails: 'null', releasedBy: 'dma_free_noncontiguous', since: '5.13', doc: 'Allocates pages that are one contiguous DMA range: the table it returns has one mapped segment.' },
  { name: 'dma_free_coherent', role: 'free', device: 0, length: 1, address: 3, doc: 'Frees what dma_alloc_coherent() returned.' },
  { name: 'dma_free_attrs', role: 'free', device: 0, length: 1, address: 3, doc: 'Frees what dma_alloc_attrs() returned.' },
  { name: 'dma_free_noncontiguous', role: 'free', device: 0, length: 1, table: 2, since: '5.13', doc: 'Frees what dma_alloc_noncontiguous() returned.' },

  { name: 'dma_mapping_error', role: 'check', device: 0, address: 1, doc: 'Tells whether a mapping of one range failed.' },
  { name: 'pci_dma_mapping_error', role: 'check', device: 0, address: 1, until: '5.17', doc: 'Tells whether a mapping of one range failed.' },
  { name: 'ib_dma_mapping_error', role: 'check', device: 0, address: 1, doc: 'Tells whether a mapping of one range failed.' },

  { name: 'dma_set_max_seg_size', role: 'configure', device: 0, length: 1, doc: 'Declares the longest segment, in bytes, that the device takes. Default 64 KiB.' },
  { name: 'dma_set_seg_boundary', role: 'configure', device: 0, length: 1, doc: 'Declares the mask of addresses that a segment must not cross.' },
  { name: 'dma_set_mask', role: 'configure', device: 0, fails: 'nonzero', doc: 'Declares which addresses the device reaches.' },
  { name: 'dma_set_coherent_mask', role: 'configure', device: 0, fails: 'nonzero', doc: 'Declares which addresses the device reaches for allocations.' },
  { name: 'dma_set_mask_and_coherent', role: 'configure', device: 0, fails: 'nonzero', since: '3.13', doc: 'Declares which addresses the device reaches.' },
  { name: 'vb2_dma_contig_set_max_seg_size', role: 'configure', device: 0, length: 1, since: '4.8', doc: 'Raises the longest segment so that an IOMMU may merge a whole buffer.' },

  { name: 'sg_alloc_table_from_pages', role: 'build', table: 0, fails: 'nonzero', doc: 'Builds a list from pages; physically adjacent pages share an entry.' },
  { name: 'sg_alloc_table_from_pages_segment', role: 'build', table: 0, fails: 'nonzero', since: '5.15', doc: 'Builds a list from pages with a limit on the length of an entry.' },
  { name: '__sg_alloc_table_from_pages', role: 'build', table: 0, fails: 'nonzero', until: '5.14', doc: 'Builds a list from pages with a limit on the length of an entry.' },
  { name: 'sg_alloc_table', role: 'build', table: 0, count: 1, fails: 'nonzero', doc: 'Allocates a list of entries to be filled.' },
  { name: 'sg_init_one', role: 'build', list: 0, doc: 'Makes a list of one entry.' },
  { name: 'sg_init_table', role: 'build', list: 0, count: 1, doc: 'Prepares an array of entries.' },
  { name: 'drm_prime_pages_to_sg', role: 'build', table: -1, fails: 'err-ptr', doc: 'Builds a table from pages.' },

  { name: 'sg_dma_address', role: 'read', list: 0, side: 'dma', doc: 'DMA address of a mapped segment. Valid for the first nents segments after mapping.' },
  { name: 'sg_dma_len', role: 'read', list: 0, side: 'dma', doc: 'Bytes of a mapped segment. Valid for the first nents segments after mapping.' },

  { name: 'for_each_sg', role: 'walk', list: 0, iterator: 1, count: 2, side: 'count', doc: 'Walks a list: over the original count for pages, over the mapped count for DMA addresses.' },
  { name: 'for_each_sgtable_sg', role: 'walk', table: 0, iterator: 1, side: 'cpu', since: '5.8', doc: 'Walks the entries that the CPU built (orig_nents).' },
  { name: 'for_each_sgtable_dma_sg', role: 'walk', table: 0, iterator: 1, side: 'dma', since: '5.8', doc: 'Walks the mapped segments (nents).' },
  { name: 'for_each_sg_page', role: 'walk', list: 0, count: 2, side: 'cpu', doc: 'Walks a list page by page on the CPU side.' },
  { name: 'for_each_sg_dma_page', role: 'walk', list: 0, count: 2, side: 'dma', since: '5.1', doc: 'Walks a list page by page on the DMA side.' },
  { name: 'for_each_sgtable_page', role: 'walk', table: 0, side: 'cpu', since: '5.8', doc: 'Walks a table page by page on the CPU side.' },
  { name: 'for_each_sgtable_dma_page', role: 'walk', table: 0, side: 'dma', since: '5.8', doc: 'Walks a table page by page on the DMA side.' },
  { name: 'scsi_for_each_sg', role: 'walk', iterator: 1, count: 2, side: 'count', doc: 'Walks the data of a SCSI command.' },

  { name: 'dma_buf_map_attachment', role: 'attach', table: -1, fails: 'err-ptr', releasedBy: 'dma_buf_unmap_attachment', doc: 'Yields a table that the exporter mapped for this device.' },
  { name: 'dma_buf_map_attachment_unlocked', role: 'attach', table: -1, fails: 'err-ptr', releasedBy: 'dma_buf_unmap_attachment_unlocked', since: '6.2', doc: 'Yields a table that the exporter mapped for this device.' },
  { name: 'vb2_dma_sg_plane_desc', role: 'attach', table: -1, doc: 'Yields the table that videobuf2 mapped for a plane.' },
  { name: 'drm_gem_shmem_get_pages_sgt', role: 'attach', table: -1, fails: 'err-ptr', doc: 'Yields the mapped table of a shmem object.' },

  { name: 'drm_prime_get_contiguous_size', role: 'measure', table: 0, since: '5.10', doc: 'Length in bytes of the leading contiguous run of DMA addresses.' },

  { name: 'dmaengine_prep_slave_sg', role: 'consume', list: 1, count: 2, doc: 'Takes mapped segments and the mapped count.' },
];

const BY_NAME: ReadonlyMap<string, DmaFunction> = new Map(DMA_API.map((row) => [row.name, row]));

/** The row of a function, or undefined when it is no DMA interface. */
export function dmaFunction(name: string | undefined): DmaFunction | undefined {
  return name === undefined ? undefined : BY_NAME.get(name);
}

/** Matches a text that may use the DMA API; what it does not match need not be parsed. */
export const MENTIONS_DMA =
  /(?:dma|pci)_(?:p2pdma_)?(?:map|unmap|sync|alloc|zalloc|free|mapping_error|pool)_|dma_mapping_error|sg_dma_|dma_address|scsi_dma_|_dma_sg\b|dma_buf_map_attachment|vb2_dma_|prime_get_contiguous|dma_set_|dma_iova_/;
