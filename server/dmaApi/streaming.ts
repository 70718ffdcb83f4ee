/** Streaming mappings: one range, a list, a table. */

import type { DmaFunction } from './row';

const MAP_SG =
  'Maps a scatterlist. Returns how many segments the device sees, which may be fewer than the entries passed; 0 on failure.';
const MAP_ONE = 'Maps one range. The result must be tested with dma_mapping_error() before use.';

/** (dev, sgl, entries, direction[, attributes]) */
export const MAP_LIST = {
  role: 'map',
  returns: 'mapped count',
  fails: 'zero',
  device: 0,
  list: 1,
  count: 2,
  direction: 3,
  doc: MAP_SG,
} as const satisfies Partial<DmaFunction>;

/** (dev, sgt, direction, attributes) */
export const MAP_TABLE = {
  role: 'map',
  returns: '0 or -errno',
  fails: 'nonzero',
  device: 0,
  table: 1,
  direction: 2,
  attributes: 3,
  since: '5.8',
  doc: 'Maps a whole sg_table. Returns 0, or a negative errno; the mapped count is in sgt->nents.',
} as const satisfies Partial<DmaFunction>;

/** (dev, address, length, direction[, attributes]) */
export const MAP_RANGE = {
  role: 'map',
  returns: 'DMA address',
  fails: 'mapping-error',
  device: 0,
  address: 1,
  length: 2,
  direction: 3,
  doc: MAP_ONE,
} as const satisfies Partial<DmaFunction>;

/** (dev, page, offset, length, direction[, attributes]) */
export const MAP_PAGE = { ...MAP_RANGE, offset: 2, length: 3, direction: 4 } as const satisfies Partial<DmaFunction>;

/** (dev, sgl, entries, direction[, attributes]) */
export const UNMAP_LIST = {
  role: 'unmap',
  device: 0,
  list: 1,
  count: 2,
  direction: 3,
} as const satisfies Partial<DmaFunction>;
export const UNMAP_TABLE = {
  role: 'unmap',
  device: 0,
  table: 1,
  direction: 2,
  attributes: 3,
  since: '5.8',
  doc: 'Releases a mapped sg_table, with its original count.',
} as const satisfies Partial<DmaFunction>;
/** (dev, dma, length, direction[, attributes]) */
export const UNMAP_RANGE = {
  role: 'unmap',
  device: 0,
  address: 1,
  length: 2,
  direction: 3,
} as const satisfies Partial<DmaFunction>;
export const SYNC_LIST = { ...UNMAP_LIST, role: 'sync' } as const satisfies Partial<DmaFunction>;
export const SYNC_TABLE = {
  role: 'sync',
  device: 0,
  table: 1,
  direction: 2,
  since: '5.8',
} as const satisfies Partial<DmaFunction>;
export const SYNC_RANGE = { ...UNMAP_RANGE, role: 'sync' } as const satisfies Partial<DmaFunction>;

const takesCountOf = (map: string) => `Releases a mapped scatterlist. Takes the count that was passed to ${map}().`;
const releases = (map: string) => `Releases what ${map}() mapped.`;
const TO_CPU = 'Hands a mapped range to the CPU.';
const TO_DEVICE = 'Hands a mapped range to the device.';
const LIST_TO_CPU = 'Hands a mapped list to the CPU. Takes the original count.';
const LIST_TO_DEVICE = 'Hands a mapped list to the device. Takes the original count.';

/** Rows for Documentation/core-api/dma-api.rst, part "Streaming DMA mappings". */
export const STREAMING: readonly DmaFunction[] = [
  { ...MAP_RANGE, name: 'dma_map_single', releasedBy: 'dma_unmap_single' },
  { ...MAP_RANGE, name: 'dma_map_single_attrs', attributes: 4, releasedBy: 'dma_unmap_single_attrs' },
  { ...MAP_PAGE, name: 'dma_map_page', releasedBy: 'dma_unmap_page' },
  { ...MAP_PAGE, name: 'dma_map_page_attrs', attributes: 5, releasedBy: 'dma_unmap_page_attrs', since: '4.9' },
  {
    ...MAP_RANGE,
    name: 'dma_map_resource',
    attributes: 4,
    releasedBy: 'dma_unmap_resource',
    since: '4.9',
    doc: 'Maps device memory (MMIO), not RAM. The result must be tested with dma_mapping_error() before use.',
  },
  {
    ...MAP_RANGE,
    name: 'dma_map_phys',
    attributes: 4,
    releasedBy: 'dma_unmap_phys',
    since: '6.18',
    doc: 'Maps a physical range; DMA_ATTR_MMIO for device memory. The result must be tested with dma_mapping_error().',
  },
  {
    role: 'map',
    returns: 'DMA address',
    fails: 'mapping-error',
    name: 'dma_map_bvec',
    device: 0,
    address: 1,
    direction: 2,
    attributes: 3,
    releasedBy: 'dma_unmap_page',
    since: '5.1',
    doc: MAP_ONE,
  },
  { ...MAP_PAGE, name: 'skb_frag_dma_map', releasedBy: 'dma_unmap_page' },
  { ...MAP_LIST, name: 'dma_map_sg', releasedBy: 'dma_unmap_sg' },
  { ...MAP_LIST, name: 'dma_map_sg_attrs', attributes: 4, releasedBy: 'dma_unmap_sg_attrs' },
  { ...MAP_TABLE, name: 'dma_map_sgtable', releasedBy: 'dma_unmap_sgtable' },
  { ...MAP_LIST, name: 'pci_p2pdma_map_sg', releasedBy: 'pci_p2pdma_unmap_sg', since: '4.20', until: '5.19' },
  {
    ...MAP_LIST,
    name: 'pci_p2pdma_map_sg_attrs',
    attributes: 4,
    releasedBy: 'pci_p2pdma_unmap_sg_attrs',
    since: '5.4',
    until: '5.19',
  },

  { ...UNMAP_RANGE, name: 'dma_unmap_single', doc: releases('dma_map_single') },
  { ...UNMAP_RANGE, name: 'dma_unmap_single_attrs', attributes: 4, doc: releases('dma_map_single_attrs') },
  { ...UNMAP_RANGE, name: 'dma_unmap_page', doc: releases('dma_map_page') },
  { ...UNMAP_RANGE, name: 'dma_unmap_page_attrs', attributes: 4, since: '4.9', doc: releases('dma_map_page_attrs') },
  { ...UNMAP_RANGE, name: 'dma_unmap_resource', attributes: 4, since: '4.9', doc: releases('dma_map_resource') },
  { ...UNMAP_RANGE, name: 'dma_unmap_phys', attributes: 4, since: '6.18', doc: releases('dma_map_phys') },
  { ...UNMAP_LIST, name: 'dma_unmap_sg', doc: takesCountOf('dma_map_sg') },
  { ...UNMAP_LIST, name: 'dma_unmap_sg_attrs', attributes: 4, doc: takesCountOf('dma_map_sg_attrs') },
  { ...UNMAP_TABLE, name: 'dma_unmap_sgtable' },
  { ...UNMAP_LIST, name: 'pci_p2pdma_unmap_sg', since: '4.20', until: '5.19', doc: takesCountOf('pci_p2pdma_map_sg') },
  {
    ...UNMAP_LIST,
    name: 'pci_p2pdma_unmap_sg_attrs',
    attributes: 4,
    since: '5.4',
    until: '5.19',
    doc: takesCountOf('pci_p2pdma_map_sg_attrs'),
  },

  { ...SYNC_RANGE, name: 'dma_sync_single_for_cpu', doc: TO_CPU },
  { ...SYNC_RANGE, name: 'dma_sync_single_for_device', doc: TO_DEVICE },
  {
    ...SYNC_RANGE,
    name: 'dma_sync_single_range_for_cpu',
    offset: 2,
    length: 3,
    direction: 4,
    doc: 'Hands part of a mapped range to the CPU.',
  },
  {
    ...SYNC_RANGE,
    name: 'dma_sync_single_range_for_device',
    offset: 2,
    length: 3,
    direction: 4,
    doc: 'Hands part of a mapped range to the device.',
  },
  { ...SYNC_LIST, name: 'dma_sync_sg_for_cpu', doc: LIST_TO_CPU },
  { ...SYNC_LIST, name: 'dma_sync_sg_for_device', doc: LIST_TO_DEVICE },
  { ...SYNC_TABLE, name: 'dma_sync_sgtable_for_cpu', doc: 'Hands a mapped sg_table to the CPU.' },
  { ...SYNC_TABLE, name: 'dma_sync_sgtable_for_device', doc: 'Hands a mapped sg_table to the device.' },

  {
    name: 'dma_mapping_error',
    role: 'check',
    returns: '0 or -errno',
    device: 0,
    address: 1,
    doc: 'Tells whether a mapping of one range failed. Takes the variable that received the result of the map call.',
  },
];
