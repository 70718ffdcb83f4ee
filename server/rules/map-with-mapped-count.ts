import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import { givenMappedCount } from './mapped-count';
import type { Rule } from './rule';

export const mapWithMappedCount: Rule = {
  id: 'map-with-mapped-count',
  title: 'A list is mapped again with the count of an earlier mapping',
  severity: 'error',
  why: `An IOMMU may merge entries, so the mapped count can be smaller than the list. A list that is mapped again with it
loses the entries at its end: they are not mapped the second time, and the device never sees them.`,
  bad: `
int restart(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    dma_unmap_sg(dev, sgl, nents, DMA_TO_DEVICE);
    if (!dma_map_sg(dev, sgl, mapped, DMA_FROM_DEVICE))
    //                        ^^^^^^ error: dma_map_sg() is given 'mapped', which dma_map_sg() returned; it needs 'nents', the count that was passed in
        return -EIO;
    return 0;
}`,
  good: `
int restart(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    dma_unmap_sg(dev, sgl, nents, DMA_TO_DEVICE);
    if (!dma_map_sg(dev, sgl, nents, DMA_FROM_DEVICE))
        return -EIO;
    return 0;
}`,
  fix: `Puts the expression that was passed to the first map call in place of the mapped count, where it still has the same
value. In a table, use orig_nents.`,
  silent: 'A list of one entry; a field that some function of the file also sets to another count.',
  reference:
    'include/linux/scatterlist.h, struct sg_table: nents is the number of mapped entries, orig_nents the size of the list.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    yield* givenMappedCount(fn, file, fn.mapsWithMappedCount);
  },
};
