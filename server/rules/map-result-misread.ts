import type { MisreadResult } from '../facts/counts';
import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const mapResultMisread: Rule = {
  id: 'map-result-misread',
  title: 'The result of mapping a scatterlist is read against its convention',
  severity: 'error',
  why: `dma_map_sg() returns how many segments the device sees, and 0 on failure; it is never negative. dma_map_sgtable()
returns 0 on success and a negative errno on failure; the count is in the table. Mixing the two lets failures through,
or takes 0 for a count of segments.`,
  bad: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (mapped < 0)
    //  ^^^^^^^^^^ error: dma_map_sg() is never negative; it returns 0 when the mapping fails
        return mapped;
    write_descriptors(host, sgl, mapped);
    return 0;
}`,
  good: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    write_descriptors(host, sgl, mapped);
    return 0;
}`,
  fix: 'None is right mechanically: the errno that the code then returns must change too.',
  silent: `Tests such as <= 0 that see the failure among others; scsi_dma_map() and wrappers of the file, which return a
negative errno; a result that is also tested the right way.`,
  reference: 'Documentation/core-api/dma-api.rst, dma_map_sg() and dma_map_sgtable(): what they return on failure.',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const one of fn.misreadResults) {
      yield {
        span: one.span,
        message: message(one),
        related: [{ span: one.map.call.nameSpan, message: 'mapped here' }],
      };
    }
  },
};

function message({ map, as }: MisreadResult): string {
  const name = `${map.call.name ?? 'the map call'}()`;
  switch (as) {
    case 'negative errno':
      return `${name} is never negative; it returns 0 when the mapping fails`;
    case 'zero on failure':
      return `${name} returns 0 on success; here success is taken for failure`;
    case 'nonzero on failure':
      return `${name} returns the number of segments, and 0 on failure; here success is taken for failure`;
    case 'count':
      return `${name} returns 0 or a negative errno, no count; the mapped count is in the table's nents`;
  }
}
