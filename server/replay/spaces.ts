/** Spaces to map in: one that nothing has used yet, and one in which other mappings have left holes. */

import { since } from '../sim/layout';
import { kernelOf, openPlatform, platform } from '../sim/platforms';
import type { Device, DmaSpace, Kernel, MappedLayout, MapResult, Scatterlist } from '../sim/types';

/**
 * Platforms that place each entry, or each chunk, on its own: what others have left free decides where, so that a list
 * which comes out in one piece on an empty machine may not do so later.
 */
const PLACES_APART = new Set(['arm-iommu', 's390-pci', 'sparc-iommu', 'powerpc-tce']);
/** The bounce pool belongs to all devices of the machine: it is never empty for long. */
const SHARES_POOL = new Set(['swiotlb', 'xen-swiotlb']);

const PAGE = 4096;
const WINDOW_PAGES = 128;
/** Pages at the end that stay free: of a table, the last ones are never handed out. */
const LEFT_IN_POOL = 1;
const LEFT_IN_TABLE = 3;
/** Of its bitmaps the first page is never handed out, and the last one is. */
const LEFT_IN_BITMAP = 2;
const BITMAP_BYTES = 128n << 20n;
/** A hole of one page near the start, and a wide one. */
const HOLE = 3;
const WIDE_HOLE = { from: 40, to: 104 };
const POOL_START = 0x7c000000n;

/** Whether it matters what other mappings have done before: never, for one owner of the space, or always. */
export function othersIn(id: string, kernel: Kernel): 'never' | 'sometimes' | 'always' {
  if (SHARES_POOL.has(id)) return 'always';
  return PLACES_APART.has(id) || isOldAmd(id, kernel) ? 'sometimes' : 'never';
}

/** Before Linux 4.8 AMD-Vi placed each entry on its own, in bitmaps of 128 MiB. */
function isOldAmd(id: string, kernel: Kernel): boolean {
  return id === 'amd-legacy' && !since(kernel, 4, 8);
}

/** Maps one list in a space that nothing else has used. */
export function mapFresh(id: string, kernel: Kernel, hints: Partial<Device>, list: Scatterlist): MapResult {
  const opened = openPlatform(id, kernel, hints);
  if (!opened) return { ok: false, backend: id, errno: -22, reason: `no platform '${id}'` };
  return opened.space.mapSg(list, opened.device, 1);
}

/**
 * A small window or pool that others have nearly filled and partly left again: one page is free behind the last
 * mapping, one near the start, and a wide hole between.
 */
export function openUsed(
  id: string,
  kernel: Kernel,
  hints: Partial<Device>,
): { space: DmaSpace; device: Device } | undefined {
  const opened = openPlatform(id, kernel, hints);
  const found = platform(id);
  if (!opened || !found) return undefined;
  const { device } = opened;
  const pageBytes = id === 'sparc-iommu' ? 2 * PAGE : PAGE;
  const bytes = BigInt(WINDOW_PAGES * pageBytes);
  const swiotlb = { start: POOL_START, end: POOL_START + bytes, areas: 1, force: true };
  const target = kernelOf(found, kernel);
  const isBitmap = isOldAmd(id, target);
  const window = isBitmap
    ? { reserved: [...(found.machine?.reserved ?? []), { start: bytes, end: BITMAP_BYTES - 1n }] }
    : { windowBytes: bytes, pools: 1, strict: true };
  const space = found.backend.open({
    ...found.machine,
    ...(SHARES_POOL.has(id) ? { swiotlb } : window),
    kernel: target,
  });
  const taken: MappedLayout[] = [];
  const left = SHARES_POOL.has(id) ? LEFT_IN_POOL : isBitmap ? LEFT_IN_BITMAP : LEFT_IN_TABLE;
  for (let i = 0; i < WINDOW_PAGES - left; i++) {
    const mapping = space.mapSg([{ page: BigInt(i * pageBytes), offset: 0, length: pageBytes }], device, 1);
    if (!mapping.ok) break;
    taken.push(mapping);
  }
  taken.forEach((mapping, i) => {
    if (i === HOLE || (WIDE_HOLE.from <= i && i < WIDE_HOLE.to)) space.unmap(mapping);
  });
  return { space, device };
}
