import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import { givenMappedCount } from './mapped-count';
import type { Rule } from './rule';

export const syncWithMappedCount: Rule = {
  id: 'sync-with-mapped-count',
  title: 'dma_sync_sg_for_cpu() or _for_device() is given the count that dma_map_sg() returned',
  severity: 'error',
  why: `An IOMMU may merge entries, so the mapped count can be smaller than the list. Syncing walks the original list and
needs the original count: with the smaller one, the entries at the end keep stale cache lines.`,
  bad: `
int receive(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_FROM_DEVICE);

    if (!mapped)
        return -EIO;
    wait_for_device(sgl, mapped);
    dma_sync_sg_for_cpu(dev, sgl, mapped, DMA_FROM_DEVICE);
    //                            ^^^^^^ error: dma_sync_sg_for_cpu() is given 'mapped', which dma_map_sg() returned; it needs 'nents', the count that was passed in
    return 0;
}`,
  good: `
int receive(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_FROM_DEVICE);

    if (!mapped)
        return -EIO;
    wait_for_device(sgl, mapped);
    dma_sync_sg_for_cpu(dev, sgl, nents, DMA_FROM_DEVICE);
    return 0;
}`,
  fix: `Puts the expression that was passed to the map call in place of the mapped count, where it still has the same value.
Where it has not, the original count must be kept by the author.`,
  silent: 'A list of one entry; a field that some function of the file also sets to another count.',
  reference:
    'Documentation/core-api/dma-api.rst, dma_sync_sg_for_cpu(): all the parameters must be the same as those passed into the map call.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    yield* givenMappedCount(fn, file, fn.syncsWithMappedCount);
  },
};
