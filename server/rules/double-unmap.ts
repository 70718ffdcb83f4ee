import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const doubleUnmap: Rule = {
  id: 'double-unmap',
  title: 'A mapping is released twice',
  severity: 'error',
  why: `After the first release the IOVA may belong to another mapping, of this device or of another that shares the space.
The second release takes that one away while it is in use.`,
  bad: `
int send(struct host *host, struct scatterlist *sgl, int nents)
{
    int ret;

    if (!dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE))
        return -EIO;
    ret = run(host, sgl);
    if (ret)
        dma_unmap_sg(host->dev, sgl, nents, DMA_TO_DEVICE);
    dma_unmap_sg(host->dev, sgl, nents, DMA_TO_DEVICE);
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: dma_unmap_sg() has already released this on one of the ways that lead here
    return ret;
}`,
  good: `
int send(struct host *host, struct scatterlist *sgl, int nents)
{
    int ret;

    if (!dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE))
        return -EIO;
    ret = run(host, sgl);
    dma_unmap_sg(host->dev, sgl, nents, DMA_TO_DEVICE);
    return ret;
}`,
  fix: `None is offered: which of the two is one too many is for the author to say.`,
  silent: `Another mapping of the same list in between; addresses that change from one round of a loop to the next; conditions that exclude each other.`,
  reference: `dma-debug: "device driver tries to free DMA memory it has not allocated".`,

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { release, kind, span } of fn.lateUses) {
      if (kind !== 'released again') continue;
      yield {
        span,
        message: `${release.call.name ?? 'the release'}() has already released this on one of the ways that lead here`,
        related: [{ span: release.call.span, message: 'released here first' }],
      };
    }
  },
};
