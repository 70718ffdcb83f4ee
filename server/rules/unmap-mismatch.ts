import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Fix, Problem, Span } from '../types';
import type { Rule } from './rule';

export const unmapMismatch: Rule = {
  id: 'unmap-mismatch',
  title: 'A mapping is released in another way than it was made',
  severity: 'error',
  why: `The parameters of a release must be those of the mapping. Another direction leaves caches as they are, or throws away
what the CPU wrote; another size leaves part of the range mapped; the function for lists takes an address for a list.`,
  bad: `
void finish(struct host *host, void *data)
{
    dma_addr_t addr = dma_map_single(host->dev, data, 512, DMA_FROM_DEVICE);

    if (dma_mapping_error(host->dev, addr))
        return;
    run(host, addr);
    dma_unmap_single(host->dev, addr, 512, DMA_TO_DEVICE);
    //                                     ^^^^^^^^^^^^^ error: dma_unmap_single() is given another direction than dma_map_single(), which has 'DMA_FROM_DEVICE'
}`,
  good: `
void finish(struct host *host, void *data)
{
    dma_addr_t addr = dma_map_single(host->dev, data, 512, DMA_FROM_DEVICE);

    if (dma_mapping_error(host->dev, addr))
        return;
    run(host, addr);
    dma_unmap_single(host->dev, addr, 512, DMA_FROM_DEVICE);
}`,
  fix: `Puts the argument of the map call in place of the other one, where both stand in one function. Automatic only for
a direction, and only where another release of the function has the right one: else the map call may be wrong.`,
  silent: `Arguments that are not constants; an address that several map calls of the file make in different ways; dma_unmap_page() for dma_map_single(), which have been one function since 5.2.`,
  reference: `Documentation/core-api/dma-api.rst, dma_unmap_single(): all the parameters passed in must be identical to those passed to the mapping API. dma-debug: "frees DMA memory with different direction".`,

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { release, map, mapFunction, what, span, isOdd } of fn.mismatches) {
      const name = release.call.name ?? 'the release';
      const from = `${map.call.name ?? 'the map call'}()${mapFunction && mapFunction !== fn.flow.ir.name ? ` in ${mapFunction}()` : ''}`;
      const index = what === 'kind' || what === 'address' ? undefined : map.api?.[what];
      const wanted = index === undefined ? undefined : map.call.args[index];
      const text = wanted && file.text(wanted.span);
      yield {
        span,
        message:
          what === 'kind'
            ? `${name}() releases another kind of mapping than ${from} makes`
            : what === 'address'
              ? `${name}() is given the memory itself, not the DMA address that ${from} returned`
              : `${name}() is given another ${what} than ${from}, which has '${text}'`,
        related:
          mapFunction && mapFunction !== fn.flow.ir.name ? [] : [{ span: map.call.nameSpan, message: 'mapped here' }],
        fixes: text && !mapFunction ? [fixOf(span, text, what === 'direction' && isOdd)] : [],
      };
    }
  },
};

/** Where the releases of a function differ, the one that does not fit is wrong; else it may be the map call. */
function fixOf(span: Span, newText: string, automatic: boolean): Fix {
  const title = automatic ? `Use '${newText}'` : `Use '${newText}'; which of the two is right is for you to say`;
  return { title, automatic, edits: [{ span, newText }] };
}
