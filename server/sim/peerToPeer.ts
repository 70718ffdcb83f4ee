/**
 * Lists of peer-to-peer memory before dma_map_sg() took them: drivers called pci_p2pdma_map_sg(), which looks at the first
 * page only. Follows drivers/pci/p2pdma.c, Linux 4.20 to 5.19. Since 6.0 every backend decides page by page.
 */

import { failure, hex, layout, physicalStart, since, sizeText, wholeEntry } from './layout';
import type { Kernel, MapResult, Scatterlist } from './types';

const EINVAL = -22;

/** Undefined where the list takes the ordinary way. */
export function mapPeers(id: string, list: Scatterlist, kernel: Kernel): MapResult | undefined {
  const memory = list[0]?.p2p;
  if (!memory || memory.via === 'host-bridge' || !since(kernel, 4, 20) || since(kernel, 6, 0)) return undefined;
  if (memory.via === 'unsupported') {
    return failure(id, EINVAL, 'the list is peer-to-peer memory that the device cannot reach');
  }
  const segments = list.map((entry, i) => ({
    dma: physicalStart(entry) + memory.busOffset,
    length: entry.length,
    pieces: [wholeEntry(list, i)],
    bus: true,
  }));
  return layout(
    id,
    segments,
    [],
    () => ({ cause: 'bus-address', why: 'peer-to-peer memory keeps its bus address' }),
    () => segments.map((one, i) => `entry ${i}: ${sizeText(one.length)} at its bus address ${hex(one.dma)}`),
  );
}
