import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const dmaAddressAfterUnmap: Rule = {
  id: 'dma-address-after-unmap',
  title: 'DMA fields of a list are read after it was released',
  severity: 'error',
  why: `After the release, the DMA address and length of an entry mean nothing: the IOVA may belong to another mapping, and
some backends overwrite the fields.`,
  bad: `
size_t finish(struct host *host, struct scatterlist *sgl, int nents)
{
    dma_unmap_sg(host->dev, sgl, nents, DMA_FROM_DEVICE);
    return sg_dma_len(sgl);
    //     ^^^^^^^^^^^^^^^ error: the DMA side of the list is read after its release
}`,
  good: `
size_t finish(struct host *host, struct scatterlist *sgl, int nents)
{
    size_t length = sg_dma_len(sgl);

    dma_unmap_sg(host->dev, sgl, nents, DMA_FROM_DEVICE);
    return length;
}`,
  fix: `None is offered: the value must be read before the release, or be taken from the CPU side.`,
  silent: `A list that is mapped again in between.`,
  reference: `Documentation/core-api/dma-api-howto.rst: the DMA fields are valid between mapping and unmapping.`,

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { release, kind, span } of fn.lateUses) {
      if (kind !== 'read') continue;
      yield {
        span,
        message: 'the DMA side of the list is read after its release',
        related: [{ span: release.call.span, message: 'released here' }],
      };
    }
  },
};
