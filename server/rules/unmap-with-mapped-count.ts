import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import { givenMappedCount } from './mapped-count';
import type { Rule } from './rule';

export const unmapWithMappedCount: Rule = {
  id: 'unmap-with-mapped-count',
  title: 'dma_unmap_sg() is given the count that dma_map_sg() returned',
  severity: 'error',
  why: `An IOMMU may merge entries, so the mapped count can be smaller than the list. Unmapping walks the original list
and needs the original count: with the smaller one, entries at the end stay mapped, or are not handed back to the CPU.`,
  bad: `
void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return;
    dma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);
    //                     ^^^^^^ error: dma_unmap_sg() is given 'mapped', which dma_map_sg() returned; it needs 'nents', the count that was passed in
}`,
  good: `
void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return;
    program_hardware(sgl, mapped);
    dma_unmap_sg(dev, sgl, nents, DMA_TO_DEVICE);
}`,
  fix: `Puts the expression that was passed to the map call in place of the mapped count, where it still has the same value.
Where it has not, the original count must be kept by the author.`,
  silent: 'A list of one entry; a field that some function of the file also sets to another count.',
  reference:
    'Documentation/core-api/dma-api.rst, dma_unmap_sg(): the count must be the one passed in, not the one returned. dma-debug: "unmaps DMA sg list with different entry count".',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    yield* givenMappedCount(fn, file, fn.unmapsWithMappedCount);
  },
};
