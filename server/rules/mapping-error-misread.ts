import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { CallFact } from '../facts/flow';
import type { Fix, Problem, Span } from '../types';
import type { Rule } from './rule';

export const mappingErrorMisread: Rule = {
  id: 'mapping-error-misread',
  title: 'A mapped address is tested for failure by comparing it with a number',
  severity: 'error',
  why: `A failed mapping is all ones on today's kernels, and was something else on others; 0 can be a good DMA address. A
comparison with 0 or a negative number therefore lets a failed mapping through. dma_mapping_error() knows the value.`,
  bad: `
int post(struct ring *ring, struct page *page, size_t len)
{
    dma_addr_t addr = dma_map_page(ring->dev, page, 0, len, DMA_TO_DEVICE);

    if (!addr)
    //  ^^^^^ error: the result of dma_map_page() is compared with 0; only dma_mapping_error() tells a failed mapping
        return -ENOMEM;
    writel(lower_32_bits(addr), ring->regs + RING_ADDR);
    return 0;
}`,
  good: `
int post(struct ring *ring, struct page *page, size_t len)
{
    dma_addr_t addr = dma_map_page(ring->dev, page, 0, len, DMA_TO_DEVICE);

    if (dma_mapping_error(ring->dev, addr))
        return -ENOMEM;
    writel(lower_32_bits(addr), ring->regs + RING_ADDR);
    return 0;
}`,
  fix: 'Puts dma_mapping_error() with the device of the map call in place of the comparison, where it is a plain test of the address.',
  silent: `An address that is also tested with dma_mapping_error(), or compared with DMA_MAPPING_ERROR; a field that uses 0
as its own mark for "not mapped" and is tested only for that.`,
  reference: 'Documentation/core-api/dma-api-howto.rst, "Handling Errors": only dma_mapping_error() is generic.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { map, misread, inverted, keeper } of fn.untestedAddresses) {
      if (inverted) {
        yield {
          span: withNot(inverted, file),
          message: `dma_mapping_error() is true when the mapping failed; here success is taken for failure`,
          related: [{ span: map.call.nameSpan, message: 'mapped here' }],
        };
      }
      if (!misread) continue;
      const span = withNot(misread.span, file);
      yield {
        span,
        message: `the result of ${map.call.name ?? 'the mapping'}() is compared with ${misread.with}; only dma_mapping_error() tells a failed mapping`,
        related: [{ span: map.call.nameSpan, message: 'mapped here' }],
        fixes: fixOf(map, span, keeper && file.text(keeper), file),
      };
    }
  },
};

/** The lowering turns `!x` into a branch on `x`; the reader sees the whole of it. */
function withNot(span: Span, file: FileFacts): Span {
  const start = span.start - 1;
  return file.text({ start, end: span.start }) === '!' ? { start, end: span.end } : span;
}

function fixOf(map: CallFact, span: Span, name: string | undefined, file: FileFacts): readonly Fix[] {
  const device = map.api?.device === undefined ? undefined : map.call.args[map.api.device];
  const text = file.text(span);
  if (name === undefined || !device || !map.call.name?.startsWith('dma_')) return [];
  const call = `dma_mapping_error(${file.text(device.span)}, ${name})`;
  const newText = text === `!${name}` || text === `${name} == 0` ? call : text === name ? `!${call}` : undefined;
  if (newText === undefined) return [];
  return [{ title: 'Use dma_mapping_error()', automatic: true, edits: [{ span, newText }] }];
}
