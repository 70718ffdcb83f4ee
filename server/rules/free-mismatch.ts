import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const freeMismatch: Rule = {
  id: 'free-mismatch',
  title: 'Coherent memory is freed with another size than it was allocated with',
  severity: 'error',
  why: `The size says how many pages and how much IOVA space go back. With another one, a part is lost, or memory that
belongs to somebody else is given away.`,
  bad: `
int open_ring(struct ring *ring)
{
    ring->desc = dma_alloc_coherent(ring->dev, ring->count * sizeof(struct desc), &ring->dma, GFP_KERNEL);
    return ring->desc ? 0 : -ENOMEM;
}

void close_ring(struct ring *ring)
{
    dma_free_coherent(ring->dev, ring->count * sizeof(struct slot), ring->desc, ring->dma);
    //                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: dma_free_coherent() is given another size than dma_alloc_coherent() in open_ring(), which has 'ring->count * sizeof(struct desc)'
}`,
  good: `
int open_ring(struct ring *ring)
{
    ring->desc = dma_alloc_coherent(ring->dev, ring->count * sizeof(struct desc), &ring->dma, GFP_KERNEL);
    return ring->desc ? 0 : -ENOMEM;
}

void close_ring(struct ring *ring)
{
    dma_free_coherent(ring->dev, ring->count * sizeof(struct desc), ring->desc, ring->dma);
}`,
  fix: 'None is offered: which of the two sizes is meant is for the author to say.',
  silent: `Sizes that are kept in fields or variables of their own, and so may be the same; memory that the field may have
got from elsewhere.`,
  reference:
    'Documentation/core-api/dma-api.rst, dma_free_coherent(): size must be the same as that passed to the allocation. dma-debug: "frees DMA memory with different size".',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { free, allocation, allocationFunction, span } of fn.wrongFrees) {
      const index = allocation.api?.length;
      const size = index === undefined ? undefined : allocation.call.args[index];
      const isHere = allocationFunction === fn.flow.ir.name;
      const from = `${allocation.call.name ?? 'the allocation'}()${isHere ? '' : ` in ${allocationFunction}()`}`;
      yield {
        span,
        message: `${free.call.name ?? 'the free'}() is given another size than ${from}, which has '${size ? file.text(size.span) : ''}'`,
        related: [{ span: allocation.call.nameSpan, message: 'allocated here' }],
      };
    }
  },
};
