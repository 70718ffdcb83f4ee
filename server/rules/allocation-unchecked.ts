import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const allocationUnchecked: Rule = {
  id: 'allocation-unchecked',
  title: 'Coherent memory is used without a test that there is any',
  severity: 'error',
  why: `dma_alloc_coherent() returns NULL when there is no memory, and leaves the DMA address as it was. Only the pointer tells;
dma_mapping_error() is for streaming mappings, and says nothing about an address that was never written.`,
  bad: `
int open_ring(struct ring *ring)
{
    struct desc *desc = dma_alloc_coherent(ring->dev, 4096, &ring->dma, GFP_KERNEL);
    //                  ^^^^^^^^^^^^^^^^^^ error: the result of dma_alloc_coherent() is never tested; it is NULL when there is no memory

    desc->control = 0;
    ring->desc = desc;
    return 0;
}`,
  good: `
int open_ring(struct ring *ring)
{
    struct desc *desc = dma_alloc_coherent(ring->dev, 4096, &ring->dma, GFP_KERNEL);

    if (!desc)
        return -ENOMEM;
    desc->control = 0;
    ring->desc = desc;
    return 0;
}`,
  fix: 'None is offered: what must be undone on failure is for the author to say.',
  silent: `Memory that the function does not touch itself and hands to somebody who may test it; memory kept in a field whose
name is tested anywhere in the file.`,
  reference: 'Documentation/core-api/dma-api.rst, dma_alloc_coherent(): returns NULL if the allocation failed.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { allocation, misread, use, kept } of fn.untestedAllocations) {
      if (kept !== undefined && isTestedSomewhere(kept, file)) continue;
      const name = `${allocation.call.name ?? 'the allocation'}()`;
      yield {
        span: allocation.call.nameSpan,
        message: misread
          ? `the result of ${name} is never tested; dma_mapping_error() says nothing about an allocation`
          : `the result of ${name} is never tested; it is NULL when there is no memory`,
        related: [
          ...(misread ? [{ span: misread, message: 'tested here in the wrong way' }] : []),
          ...(use ? [{ span: use, message: 'used here' }] : []),
        ],
      };
    }
  },
};

/** Some code of the file asks whether a field of that name is there, in whatever way. */
function isTestedSomewhere(name: string, { source }: FileFacts): boolean {
  const field = `\\b${name}\\b(?:\\[[^\\]]*\\])*`;
  const asks = [
    `!\\s*\\(*[\\w>.()[\\]-]*${field}(?!\\s*(?:->|\\())`,
    `${field}\\s*\\)*\\s*(?:[!=]=|\\?|&&|\\|\\|)`,
    `(?:&&|\\|\\||\\b(?:if|while)\\s*\\()\\s*\\(*[\\w>.()[\\]-]*${field}\\s*\\)`,
    `(?:likely|WARN_ON\\w*|BUG_ON|IS_ERR\\w*)\\s*\\([^;]*${field}`,
  ];
  return new RegExp(asks.join('|')).test(source.slice(0));
}
