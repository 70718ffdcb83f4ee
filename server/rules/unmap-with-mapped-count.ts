import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
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
    for (const { call, count, map, mapFunction, original } of fn.unmapsWithMappedCount) {
      const given = file.text(count.span);
      const from = `${map.call.name ?? 'the map call'}()${mapFunction && mapFunction !== fn.flow.ir.name ? ` in ${mapFunction}()` : ''}`;
      const wanted =
        original === undefined ? 'the count that was passed in' : `'${original}', the count that was passed in`;
      const verb = map.api?.fails === 'nonzero' ? 'set to the mapped count' : 'returned';
      yield {
        span: count.span,
        message: `${call.call.name ?? 'the release'}() is given '${given}', which ${from} ${verb}; it needs ${wanted}`,
        related: [{ span: map.call.span, message: 'the mapped count comes from here' }],
        fixes:
          original === undefined
            ? []
            : [{ title: `Use '${original}'`, automatic: true, edits: [{ span: count.span, newText: original }] }],
      };
    }
  },
};
