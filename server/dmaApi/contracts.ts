/** What frameworks promise the functions that drivers put into their tables of operations, and expect of them. */

/** Who makes and ends the mapping that a callback is about. */
export type MappedBy =
  | 'callback' // the callback maps, and hands the mapping to its caller
  | 'framework' // what the callback is given is mapped already
  | 'nobody'; // the callback must not expect a mapping

export interface Contract {
  /** Name of the struct of operations. */
  readonly ops: string;
  /** Name of its field. */
  readonly field: string;
  readonly mappedBy: MappedBy;
  /** Index of the `struct sg_table *` argument that it is about; -1: the result. */
  readonly table?: number;
  /** Index of the scatterlist argument. */
  readonly list?: number;
  /** Index of the direction argument. */
  readonly direction?: number;
  /** The callback releases what another callback, or the framework, mapped. */
  readonly releases?: true;
  /** Who may look at what the CPU side of the table says. */
  readonly cpuSide: 'everybody' | 'exporter';
  readonly doc: string;
}

/** Rows of the operations that are about mappings, Linux 4.4 to 6.18. */
export const CONTRACTS: readonly Contract[] = [
  {
    ops: 'dma_buf_ops',
    field: 'map_dma_buf',
    mappedBy: 'callback',
    table: -1,
    direction: 1,
    cpuSide: 'exporter',
    doc: 'Maps the buffer for the device of the attachment and returns the table; the importer sees its DMA side only.',
  },
  {
    ops: 'dma_buf_ops',
    field: 'unmap_dma_buf',
    mappedBy: 'callback',
    table: 1,
    direction: 2,
    releases: true,
    cpuSide: 'exporter',
    doc: 'Releases the table that map_dma_buf() returned.',
  },
  {
    ops: 'drm_driver',
    field: 'gem_prime_import_sg_table',
    mappedBy: 'framework',
    table: 2,
    cpuSide: 'exporter',
    doc: 'Is given a table that the exporter mapped for this device, in as many segments as it took.',
  },
  {
    ops: 'drm_driver',
    field: 'gem_prime_get_sg_table',
    mappedBy: 'nobody',
    table: -1,
    cpuSide: 'everybody',
    doc: 'Returns the pages of an object; DRM maps them for each importer.',
  },
  {
    ops: 'drm_gem_object_funcs',
    field: 'get_sg_table',
    mappedBy: 'nobody',
    table: -1,
    cpuSide: 'everybody',
    doc: 'Returns the pages of an object; DRM maps them for each importer.',
  },
  {
    ops: 'vb2_mem_ops',
    field: 'get_userptr',
    mappedBy: 'callback',
    cpuSide: 'everybody',
    doc: 'Pins pages of user space and maps them until put_userptr().',
  },
  {
    ops: 'vb2_mem_ops',
    field: 'put_userptr',
    mappedBy: 'callback',
    releases: true,
    cpuSide: 'everybody',
    doc: 'Releases what get_userptr() mapped.',
  },
  {
    ops: 'vb2_mem_ops',
    field: 'map_dmabuf',
    mappedBy: 'callback',
    cpuSide: 'exporter',
    doc: 'Asks the exporter for a mapped table, until unmap_dmabuf().',
  },
  {
    ops: 'vb2_mem_ops',
    field: 'unmap_dmabuf',
    mappedBy: 'callback',
    releases: true,
    cpuSide: 'exporter',
    doc: 'Gives the table back that map_dmabuf() got.',
  },
  {
    ops: 'vb2_mem_ops',
    field: 'prepare',
    mappedBy: 'framework',
    cpuSide: 'everybody',
    doc: 'Hands a mapped buffer to the device.',
  },
  {
    ops: 'vb2_mem_ops',
    field: 'finish',
    mappedBy: 'framework',
    cpuSide: 'everybody',
    doc: 'Hands a mapped buffer back to the CPU.',
  },
  {
    ops: 'vb2_ops',
    field: 'buf_init',
    mappedBy: 'framework',
    cpuSide: 'everybody',
    doc: 'Sees planes that videobuf2 mapped, or is about to map again.',
  },
  {
    ops: 'vb2_ops',
    field: 'buf_prepare',
    mappedBy: 'framework',
    cpuSide: 'everybody',
    doc: 'Sees planes that videobuf2 mapped.',
  },
  {
    ops: 'vb2_ops',
    field: 'buf_queue',
    mappedBy: 'framework',
    cpuSide: 'everybody',
    doc: 'Gives planes that videobuf2 mapped to the device.',
  },
  {
    ops: 'dma_map_ops',
    field: 'map_sg',
    mappedBy: 'callback',
    list: 1,
    direction: 3,
    cpuSide: 'everybody',
    doc: 'Makes the addresses that dma_map_sg() promises.',
  },
  {
    ops: 'dma_map_ops',
    field: 'unmap_sg',
    mappedBy: 'callback',
    list: 1,
    direction: 3,
    releases: true,
    cpuSide: 'everybody',
    doc: 'Ends what map_sg() made.',
  },
  {
    ops: 'dma_map_ops',
    field: 'map_page',
    mappedBy: 'callback',
    direction: 4,
    cpuSide: 'everybody',
    doc: 'Makes the address that dma_map_page() promises.',
  },
  {
    ops: 'dma_map_ops',
    field: 'unmap_page',
    mappedBy: 'callback',
    direction: 3,
    releases: true,
    cpuSide: 'everybody',
    doc: 'Ends what map_page() made.',
  },
  {
    ops: 'dma_map_ops',
    field: 'get_sgtable',
    mappedBy: 'nobody',
    table: 1,
    cpuSide: 'everybody',
    doc: 'Describes the pages of an allocation.',
  },
];
