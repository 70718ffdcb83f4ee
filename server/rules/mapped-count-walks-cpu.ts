import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const mappedCountWalksCpu: Rule = {
  id: 'mapped-count-walks-cpu',
  title: 'Pages of a list are counted with the number of mapped segments',
  severity: 'error',
  why: `An IOMMU may merge entries, so fewer segments are mapped than the list has entries. Pages, lengths and CPU addresses
belong to the entries: a walk over the mapped count leaves those at the end out.`,
  bad: `
void copy(struct buffer *buf, struct sg_table *sgt, void *to)
{
    struct scatterlist *sg;
    int i;

    for_each_sgtable_dma_sg(sgt, sg, i)
 // ^^^^^^^^^^^^^^^^^^^^^^^ error: this walk reads the CPU's pages of the entries, but ends after the mapped segments
        to = append(to, sg_virt(sg), sg->length);
}`,
  good: `
void copy(struct buffer *buf, struct sg_table *sgt, void *to)
{
    struct scatterlist *sg;
    int i;

    for_each_sgtable_sg(sgt, sg, i)
        to = append(to, sg_virt(sg), sg->length);
}`,
  fix: 'Puts for_each_sgtable_sg() in place of for_each_sgtable_dma_sg(). A count must be chosen by the author.',
  silent: 'A list of one entry; a walk that reads the DMA side of its entries only.',
  reference:
    'include/linux/scatterlist.h: for_each_sgtable_sg() walks orig_nents entries, for_each_sgtable_dma_sg() nents segments.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { walk, read, address } of fn.cpuWalks) {
      const given = file.text(walk.boundSpan);
      const isMacro = given.startsWith('for_each_sgtable_dma_sg');
      const span = { start: walk.boundSpan.start, end: walk.boundSpan.start + 'for_each_sgtable_dma_sg'.length };
      const what = read.what === 'length' ? 'lengths' : 'pages';
      const ends = `ends after the mapped segments${isMacro ? '' : ` ('${given}')`}`;
      yield {
        span: isMacro ? span : walk.boundSpan,
        message: address
          ? `this walk reads pages and DMA addresses of the same entries, which do not belong together when entries are merged, and ${ends}`
          : `this walk reads the CPU's ${what} of the entries, but ${ends}`,
        related: [
          { span: read.span, message: "the CPU's side of an entry is read here" },
          ...(address ? [{ span: address.span, message: 'the DMA side is read here' }] : []),
        ],
        fixes:
          isMacro && !address
            ? [
                {
                  title: 'Use for_each_sgtable_sg()',
                  automatic: true,
                  edits: [{ span, newText: 'for_each_sgtable_sg' }],
                },
              ]
            : [],
      };
    }
  },
};
