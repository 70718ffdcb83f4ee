import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const syncMismatch: Rule = {
  id: 'sync-mismatch',
  title: 'A sync does not fit the mapping',
  severity: 'error',
  why: `A sync acts on a mapping that is there, in the direction that it was made for. In another direction the caches of the
wrong side are written back or thrown away; after the release the address belongs to somebody else.`,
  bad: `
void receive(struct host *host, void *data)
{
    dma_addr_t addr = dma_map_single(host->dev, data, 512, DMA_FROM_DEVICE);

    if (dma_mapping_error(host->dev, addr))
        return;
    run(host, addr);
    dma_sync_single_for_cpu(host->dev, addr, 512, DMA_TO_DEVICE);
    //                                            ^^^^^^^^^^^^^ error: dma_sync_single_for_cpu() is given another direction than dma_map_single(), which has 'DMA_FROM_DEVICE'
    parse(host, data);
    dma_unmap_single(host->dev, addr, 512, DMA_FROM_DEVICE);
}`,
  good: `
void receive(struct host *host, void *data)
{
    dma_addr_t addr = dma_map_single(host->dev, data, 512, DMA_FROM_DEVICE);

    if (dma_mapping_error(host->dev, addr))
        return;
    run(host, addr);
    dma_sync_single_for_cpu(host->dev, addr, 512, DMA_FROM_DEVICE);
    parse(host, data);
    dma_unmap_single(host->dev, addr, 512, DMA_FROM_DEVICE);
}`,
  fix: `Offers to put the direction of the map call in place of the other one. Never automatic: where the code needs the
sync as it is, the mapping has the wrong direction.`,
  silent: `Directions that are not constants; a mapping for both directions; an address or list that other calls of the function
map in another way; a list that is mapped again in between.`,
  reference:
    'Documentation/core-api/dma-api.rst, dma_sync_single_for_cpu(): all the parameters must be those of the mapping. dma-debug: "syncs DMA memory with different direction", "tries to sync DMA memory it has not allocated".',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { sync, map, why, span } of fn.wrongSyncs) {
      const [name, from] = [sync.call.name ?? 'the sync', `${map.call.name ?? 'the map call'}()`];
      const wanted = map.api?.direction === undefined ? undefined : map.call.args[map.api.direction];
      const text = wanted && file.text(wanted.span);
      yield why === 'released'
        ? {
            span,
            message: `${name}() comes after ${from} has released this`,
            related: [{ span: map.call.nameSpan, message: 'released here' }],
          }
        : {
            span,
            message: `${name}() is given another direction than ${from}, which has '${text}'`,
            related: [{ span: map.call.nameSpan, message: 'mapped here' }],
            fixes: text
              ? [{ title: `Use '${text}'; ${DECIDE}`, automatic: false, edits: [{ span, newText: text }] }]
              : [],
          };
    }
  },
};

/** The sync may be what the code needs. */
const DECIDE = 'whether the mapping has the right one is for you to say';
