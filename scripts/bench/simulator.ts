/** How fast mappings are simulated. The baseline copies the same entries in a plain loop. */

import { direct, swiotlb } from '../../server/sim/backends/direct';
import { iommuDma } from '../../server/sim/backends/iommuDma';
import { DEFAULT_DEVICE } from '../../server/sim/platforms';
import type { Backend, DmaSpace, MappedLayout, Scatterlist, SgEntry } from '../../server/sim/types';
import { compared, medianSeconds, type Part, type Row } from './part';

const KERNEL = { major: 6, minor: 12 };
const PAGE = 4096;
const LIST = 1000;
/** Lists per run. */
const LISTS = 200;
const LIVE = 100_000;
const LONG = 1_000_000;

export const simulator: Part = async () => {
  const list = scatteredPages(LIST);
  const copying = (LISTS * LIST) / medianSeconds(() => repeat(LISTS, () => copyEntries(list)));
  const rows: Row[] = [];
  for (const backend of [iommuDma, direct, swiotlb]) {
    const space = backend.open({ kernel: KERNEL });
    const seconds = medianSeconds(() => repeat(LISTS, () => mapAndUnmap(space, list)));
    const name = `${backend.id}: map and unmap ${LIST} entries`;
    rows.push(compared(name, (LISTS * LIST) / seconds, 'entries/s', copying));
  }
  const pages = scatteredPages(LIVE);
  const copyingPages = medianSeconds(() => void copyEntries(pages), 5);
  rows.push(
    compared(
      `iommu-dma: ${LIVE} live mappings`,
      medianSeconds(() => holdAll(pages), 5, 1),
      's',
      copyingPages,
    ),
    compared(
      `iommu-dma: ${LIVE} live mappings, as many freed`,
      medianSeconds(() => churn(pages), 5, 1),
      's',
      copyingPages,
    ),
  );
  const long = scatteredPages(LONG);
  const copyingLong = medianSeconds(() => void copyEntries(long), 3, 1);
  for (const backend of [iommuDma, direct]) {
    const seconds = medianSeconds(() => mapAndUnmap(open(backend), long), 3, 1);
    rows.push(compared(`${backend.id}: a list of ${LONG} entries`, seconds, 's', copyingLong));
  }
  return rows;
};

/** Single pages, no two of them adjacent. */
function scatteredPages(count: number): Scatterlist {
  return Array.from({ length: count }, (_one, i) => ({ page: BigInt((i + 1) * 2 * PAGE), offset: 0, length: PAGE }));
}

function copyEntries(list: Scatterlist): readonly SgEntry[] {
  const copies: SgEntry[] = [];
  for (const { page, offset, length } of list) copies.push({ page, offset, length });
  return copies;
}

function open(backend: Backend): DmaSpace {
  return backend.open({ kernel: KERNEL });
}

function repeat(times: number, work: () => void): void {
  for (let i = 0; i < times; i++) work();
}

function mapAndUnmap(space: DmaSpace, list: Scatterlist): void {
  const result = space.mapSg(list, DEFAULT_DEVICE, 1);
  if (!result.ok) throw new Error(`${result.backend}: ${result.reason}`);
  space.unmap(result);
}

function holdAll(pages: Scatterlist): void {
  const space = open(iommuDma);
  for (const page of pages) mapOne(space, page);
}

/** Every other mapping is followed by an unmapping, of one from anywhere in the history. */
function churn(pages: Scatterlist): void {
  const space = open(iommuDma);
  const live: MappedLayout[] = [];
  for (let i = 0; i < 2 * pages.length; i++) {
    const page = pages[i % pages.length];
    if (!page) continue;
    live.push(mapOne(space, { ...page, length: PAGE * (1 + ((i * 7919) % 97)) }));
    if (i % 2 === 0) continue;
    const which = (i * 104_729) % live.length;
    const gone = live[which];
    const last = live.pop();
    if (!gone || !last) continue;
    if (gone !== last) live[which] = last;
    space.unmap(gone);
  }
}

function mapOne(space: DmaSpace, entry: SgEntry): MappedLayout {
  const result = space.mapPage(entry, DEFAULT_DEVICE, 1);
  if (!result.ok) throw new Error(`${result.backend}: ${result.reason}`);
  return result;
}
