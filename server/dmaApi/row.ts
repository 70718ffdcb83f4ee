/** What a row of the table of DMA interfaces says. */

export type Role =
  | 'map' // starts a streaming mapping
  | 'unmap'
  | 'sync'
  | 'allocate' // memory that is mapped from the start
  | 'free'
  | 'check' // dma_mapping_error()
  | 'configure' // masks and limits
  | 'query' // tells a limit, a mask, a direction, or an address that somebody else mapped
  | 'build' // builds a scatterlist
  | 'fill' // fills, marks or chains entries of a list
  | 'copy' // reads or writes the memory of a list with the CPU
  | 'read' // reads a field of a scatterlist entry
  | 'walk' // iterates a scatterlist
  | 'attach' // yields a table that somebody else mapped
  | 'measure' // returns the length of the leading contiguous run
  | 'consume' // takes mapped segments, such as dmaengine_prep_slave_sg()
  | 'delegate' // takes a list or buffer that it maps itself
  | 'iova'; // the explicit IOVA interface, dma_iova_*()

/** How the result tells failure. */
export type Failure = 'zero' | 'nonzero' | 'negative' | 'mapping-error' | 'null' | 'err-ptr' | 'false';

/** What the result is. Absent: nothing. */
export type Result =
  | 'mapped count'
  | 'entry count'
  | '0 or -errno'
  | 'DMA address'
  | 'pointer'
  | 'page'
  | 'table'
  | 'list'
  | 'pool'
  | 'bytes'
  | 'mask'
  | 'boolean'
  | 'descriptor'
  | 'device'
  | 'direction'
  | 'entry';

export interface DmaFunction {
  readonly name: string;
  readonly role: Role;
  readonly returns?: Result;
  readonly fails?: Failure;
  /** Index of the device argument (or of the pci_dev, ib_device, usb_device, dma_chan that stands for it). */
  readonly device?: number;
  /** Index of the scatterlist argument. */
  readonly list?: number;
  /** Index of the `struct sg_table *` argument; -1: the result is the table. */
  readonly table?: number;
  /** Index of the entry count argument. */
  readonly count?: number;
  /** Index of the direction argument. */
  readonly direction?: number;
  /** Index of the buffer that is mapped, of the DMA address, or of the pointer that receives it. */
  readonly address?: number;
  /** Index of the kernel's own address, or page, of memory that was allocated. */
  readonly memory?: number;
  /** Index of an offset, bytes. */
  readonly offset?: number;
  /** Index of the length argument, bytes. */
  readonly length?: number;
  /** Index of the DMA_ATTR_* argument. */
  readonly attributes?: number;
  /** Index of the pool argument. */
  readonly pool?: number;
  /** Which side a walk sees. */
  readonly side?: 'cpu' | 'dma' | 'count';
  /** Index of the iteration variable of a walk. */
  readonly iterator?: number;
  /** The function that undoes it. */
  readonly releasedBy?: string;
  /** First and last kernel with it, as `major.minor`. Absent: 4.2 and before; still there. */
  readonly since?: string;
  readonly until?: string;
  readonly doc: string;
}
