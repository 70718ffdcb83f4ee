import type { FileFacts, FunctionFacts } from '../facts/facts';
import { type Fix, isAtLeast, type Problem, type Span } from '../types';
import type { Rule } from './rule';

export const zeroedAgain: Rule = {
  id: 'zeroed-again',
  title: 'Coherent memory is cleared although it comes cleared',
  severity: 'information',
  why: 'Since 5.0, dma_alloc_coherent() and its kin always return zeroed memory. Clearing it again costs time and nothing else.',
  bad: `
int open_ring(struct ring *ring)
{
    ring->desc = dma_alloc_coherent(ring->dev, 4096, &ring->dma, GFP_KERNEL);
    if (!ring->desc)
        return -ENOMEM;
    memset(ring->desc, 0, 4096);
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^^ information: dma_alloc_coherent() has returned zeroed memory
    return 0;
}`,
  good: `
int open_ring(struct ring *ring)
{
    ring->desc = dma_alloc_coherent(ring->dev, 4096, &ring->dma, GFP_KERNEL);
    if (!ring->desc)
        return -ENOMEM;
    return 0;
}`,
  fix: 'Removes the memset().',
  silent:
    'Memory that something may have been written to in between, or that is wiped before it is freed; memory of a pool; kernels before 5.0.',
  reference: 'scripts/coccinelle/api/alloc/zalloc-simple.cocci: memset() after dma_alloc_coherent() is redundant.',
  since: { major: 5, minor: 0 },

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    if (!isAtLeast(file.kernel, 5, 0)) return;
    for (const { allocation, span } of fn.secondClears) {
      yield {
        span,
        message: `${allocation.call.name ?? 'the allocation'}() has returned zeroed memory`,
        related: [{ span: allocation.call.nameSpan, message: 'allocated here' }],
        fixes: fixesOf(file, span),
      };
    }
  },
};

/** Takes the whole line away, where nothing else stands on it and no \`if\` in front of it needs a statement. */
function fixesOf({ source }: FileFacts, span: Span): readonly Fix[] {
  const start = source.lastIndexOf('\n', span.start - 1) + 1;
  const rest = /^[ \t]*;[ \t]*\r?\n/.exec(source.slice(span.end))?.[0].length;
  if (rest === undefined || source.slice(start, span.start).trim() !== '') return [];
  // Otherwise it is the only statement under an `if` or a loop.
  if (!/(?:[;{}]|\*\/)\s*$/.test(source.slice(0, start))) return [];
  const end = span.end + rest;
  // Of two empty lines around it one is enough.
  const gap = /\n[ \t]*\r?\n$/.test(source.slice(0, start))
    ? (/^[ \t]*\r?\n/.exec(source.slice(end))?.[0].length ?? 0)
    : 0;
  return [{ title: 'Remove the memset()', automatic: true, edits: [{ span: { start, end: end + gap }, newText: '' }] }];
}
