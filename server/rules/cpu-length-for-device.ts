import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import { isReadElsewhere } from './otherReads';
import type { Rule } from './rule';

export const cpuLengthForDevice: Rule = {
  id: 'cpu-length-for-device',
  title: "The CPU's length of an entry is used beside its DMA address",
  severity: 'error',
  why: `When an IOMMU merges entries, the first one's DMA length covers them all while its length stays what the CPU set.
A descriptor with the DMA address of a segment and the CPU's length of an entry transfers too little, or, further down
the list, too much.`,
  bad: `
void fill(struct host *host, struct scatterlist *sgl, int mapped)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, mapped, i) {
        host->desc[i].addr = sg_dma_address(sg);
        host->desc[i].size = sg->length;
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: the CPU's length is given to the device beside the DMA address; use sg_dma_len()
    }
}`,
  good: `
void fill(struct host *host, struct scatterlist *sgl, int mapped)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, mapped, i) {
        host->desc[i].addr = sg_dma_address(sg);
        host->desc[i].size = sg_dma_len(sg);
    }
}`,
  fix: `Puts sg_dma_len() in place of the length, where the statement reads it once. Where the function reads that length
elsewhere too, a sum of the lengths for instance, the fix is only offered.`,
  silent: `A list of one entry; a length that drives copying, syncing or a sum; a walk that reads sg_dma_len() too; functions
that fill in DMA addresses themselves.`,
  reference:
    'Documentation/core-api/dma-api.rst: use sg_dma_address() and sg_dma_len() where you previously accessed sg->address and sg->length.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    const lengths = fn.cpuFields.filter((one) => one.what === 'length').map((one) => one.span);
    for (const { what, span, address } of fn.cpuFields) {
      if (what !== 'length') continue;
      const read = /\b(\w+)->length\b/g;
      const text = file.text(span);
      const matches = [...text.matchAll(read)];
      const [only] = matches;
      const at = only?.index;
      // Offsets in the normalised text are those of the source only where nothing was folded.
      const isVerbatim = text.length === span.end - span.start;
      const same = new RegExp(`\\b${only?.[1]}->length\\b`, 'g');
      const hasMore = isReadElsewhere(fn, file, same, lengths);
      yield {
        span,
        message: "the CPU's length is given to the device beside the DMA address; use sg_dma_len()",
        related: [{ span: address.span, message: 'the DMA address is read here' }],
        fixes:
          only && at !== undefined && matches.length === 1 && isVerbatim
            ? [
                {
                  title: hasMore
                    ? `Use sg_dma_len() here, and decide what the other reads of '${only[0]}' mean`
                    : 'Use sg_dma_len()',
                  automatic: !hasMore,
                  edits: [
                    {
                      span: { start: span.start + at, end: span.start + at + only[0].length },
                      newText: `sg_dma_len(${only[1]})`,
                    },
                  ],
                },
              ]
            : [],
      };
    }
  },
};
