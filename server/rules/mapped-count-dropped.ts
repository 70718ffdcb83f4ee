import type { DroppedCount } from '../facts/droppedCounts';
import type { FileFacts, FunctionFacts } from '../facts/facts';
import { type Fix, isAtLeast, type Problem } from '../types';
import type { Rule } from './rule';

export const mappedCountDropped: Rule = {
  id: 'mapped-count-dropped',
  title: 'A table is mapped, but its nents keeps the count from before',
  severity: 'error',
  why: `In a mapped sg_table, nents says how many DMA segments there are, orig_nents how many entries. dma_map_sg() knows
nothing of the table: whoever calls it must put the result into nents. Where that is forgotten, the next user walks
entries that have no DMA address when an IOMMU merged some of them.`,
  bad: `
struct sg_table *map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
    struct sg_table *sgt = attach->priv;

    if (!dma_map_sg(attach->dev, sgt->sgl, sgt->nents, dir))
    //   ^^^^^^^^^^ error: dma_map_sg() maps 'sgt', but its nents never takes the mapped count; the table is returned as a mapped one
        return ERR_PTR(-ENOMEM);
    return sgt;
}`,
  good: `
struct sg_table *map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
    struct sg_table *sgt = attach->priv;

    if (dma_map_sgtable(attach->dev, sgt, dir, 0))
        return ERR_PTR(-ENOMEM);
    return sgt;
}`,
  fix: `Offers dma_map_sgtable() (since 5.8), which sets nents; its result is 0 on success, so that the test must be turned
round and the unmap call changed with it. Before 5.8: sgt->nents = dma_map_sg(dev, sgt->sgl, sgt->orig_nents, dir).`,
  silent: `A table of one entry; a result that is kept as a count somewhere; a table that nobody in the file takes for a mapped
one.`,
  reference:
    'include/linux/scatterlist.h, struct sg_table: nents is the number of mapped entries, orig_nents the size of the list.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const one of fn.droppedCounts) {
      const { map, table, taker } = one;
      const taken =
        taker.kind === 'returned'
          ? 'the table is returned as a mapped one'
          : `${taker.function}() walks nents entries of such a table`;
      yield {
        span: map.call.nameSpan,
        message: `${map.call.name ?? 'the call'}() maps '${file.text(table.span)}', but its nents never takes the mapped count; ${taken}`,
        related: [{ span: taker.span, message: taker.kind === 'returned' ? 'returned here' : 'walked here' }],
        fixes: fixes(one, fn, file),
      };
    }
  },
};

/** The call alone cannot be replaced where its result is kept or tested in other words than `!call()` and `call() == 0`. */
function fixes({ map, table }: DroppedCount, fn: FunctionFacts, file: FileFacts): readonly Fix[] {
  const { name, args, span } = map.call;
  const [device, , , direction, attrs] = args;
  if (!isAtLeast(file.kernel, 5, 8) || !/^dma_map_sg(?:_attrs)?$/.test(name ?? '') || !device || !direction) return [];
  const test = fn.flow.branches.find(
    (branch) => branch.test.key === map.result.key || branch.test.key === `(${map.result.key}==0)`,
  );
  const before = test && file.text({ start: span.start - 1, end: span.start });
  const after = test && file.text({ start: span.end, end: span.end + 5 });
  const isNegated = before === '!' && test?.test.key === map.result.key;
  const isCompared = after === ' == 0' && test?.test.key === `(${map.result.key}==0)`;
  if (!isNegated && !isCompared) return [];
  const sgt = table.isAddress ? `&${file.text(table.span)}` : file.text(table.span);
  const call = `dma_map_sgtable(${file.text(device.span)}, ${sgt}, ${file.text(direction.span)}, ${attrs ? file.text(attrs.span) : '0'})`;
  const replaced = isNegated ? { start: span.start - 1, end: span.end } : { start: span.start, end: span.end + 5 };
  return [
    {
      title: 'Use dma_map_sgtable(), and dma_unmap_sgtable() where the table is released',
      automatic: false,
      edits: [{ span: replaced, newText: call }],
    },
  ];
}
