import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import { isReadElsewhere } from './otherReads';
import type { Rule } from './rule';

export const cpuAddressForDevice: Rule = {
  id: 'cpu-address-for-device',
  title: 'A physical address is given to a device whose memory is mapped',
  severity: 'error',
  why: `A device sees DMA addresses. They are the physical ones only where there is no IOMMU, no offset between bus and
memory and no bounce buffer. The code maps the memory and then hands out sg_phys(), page_to_phys() or virt_to_phys() of
it: behind an IOMMU the device faults or touches memory that belongs to somebody else.`,
  bad: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    struct scatterlist *sg;
    int i, n = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!n)
        return -EIO;
    for_each_sg(sgl, sg, n, i) {
        host->desc[i].addr = sg_phys(sg);
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: sg_phys() is given to the device, but the memory is mapped: it needs sg_dma_address()
        host->desc[i].len = sg_dma_len(sg);
    }
    return 0;
}`,
  good: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    struct scatterlist *sg;
    int i, n = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!n)
        return -EIO;
    for_each_sg(sgl, sg, n, i) {
        host->desc[i].addr = sg_dma_address(sg);
        host->desc[i].len = sg_dma_len(sg);
    }
    return 0;
}`,
  fix: 'Puts sg_dma_address() in place of sg_phys(), where the statement reads it once; offered only, where the function has others. Other cases need the author.',
  silent: `Page tables and iommu_map(), which want physical addresses; cache maintenance; exporters that fill in DMA addresses;
memory that is not seen to be mapped.`,
  reference:
    'Documentation/core-api/dma-api-howto.rst, "CPU and DMA addresses": a device sees bus addresses, which need not be physical ones.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    const uses = fn.physicalUses.map((one) => one.span);
    const hasMore = isReadElsewhere(fn, file, /\bsg_phys\(/g, uses);
    for (const { span, by, instead, evidence } of fn.physicalUses) {
      const text = file.text(span);
      const reads = [...text.matchAll(/\bsg_phys\(/g)];
      const at = reads[0]?.index;
      // Offsets in the normalised text are those of the source only where nothing was folded.
      const isVerbatim = text.length === span.end - span.start;
      const isMechanical = by === 'sg_phys()' && at !== undefined && reads.length === 1 && isVerbatim;
      yield {
        span,
        message: `${by} is given to the device, but the memory is mapped: it needs ${instead}`,
        related: [{ span: evidence.span, message: evidence.text }],
        fixes: isMechanical
          ? [
              {
                title: hasMore
                  ? 'Use sg_dma_address() here, and decide what the other sg_phys() of the function are for'
                  : 'Use sg_dma_address()',
                automatic: !hasMore,
                edits: [
                  {
                    span: { start: span.start + at, end: span.start + at + 'sg_phys'.length },
                    newText: 'sg_dma_address',
                  },
                ],
              },
            ]
          : [],
      };
    }
  },
};
