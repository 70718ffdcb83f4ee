import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const dmaAddressBeforeMap: Rule = {
  id: 'dma-address-before-map',
  title: 'DMA fields of a list are read before it is mapped',
  severity: 'error',
  why: `sg_dma_address() and sg_dma_len() hold nothing before the list is mapped: zero, or what an earlier use left there.`,
  bad: `
int start(struct host *host, struct scatterlist *sg, void *data, size_t len)
{
    sg_init_one(sg, data, len);
    host->addr = sg_dma_address(sg);
    //           ^^^^^^^^^^^^^^^^^^ error: the DMA side of the list is read before the list is mapped
    if (!dma_map_sg(host->dev, sg, 1, DMA_TO_DEVICE))
        return -EIO;
    return 0;
}`,
  good: `
int start(struct host *host, struct scatterlist *sg, void *data, size_t len)
{
    sg_init_one(sg, data, len);
    if (!dma_map_sg(host->dev, sg, 1, DMA_TO_DEVICE))
        return -EIO;
    host->addr = sg_dma_address(sg);
    return 0;
}`,
  fix: `None is offered: the read must move behind the map call and its test.`,
  silent: `A list that the function did not build itself; a loop that comes back to the read after mapping.`,
  reference: `Documentation/core-api/dma-api.rst, dma_map_sg(): the DMA fields are filled in by the map call.`,

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { map, span } of fn.earlyReads) {
      yield {
        span,
        message: 'the DMA side of the list is read before the list is mapped',
        related: [{ span: map.call.nameSpan, message: 'mapped only here' }],
      };
    }
  },
};
