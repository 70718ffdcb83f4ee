import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { OriginalCountWalk } from '../facts/walkFindings';
import type { Fix, Problem } from '../types';
import type { Rule } from './rule';

export const originalCountWalksDma: Rule = {
  id: 'original-count-walks-dma',
  title: 'DMA segments are counted with the number of entries before mapping',
  severity: 'error',
  why: `An IOMMU may merge entries: after mapping, only the first segments, as many as the map call returned, have a DMA
address. Behind them the DMA fields hold what was there before, or an error value. A loop, a DMA engine or a fixed index
that goes by the count before mapping, or on to the list's end, hands these to the device.`,
  bad: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    struct scatterlist *sg;
    int i, mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    for_each_sg(sgl, sg, nents, i)
    //                   ^^^^^ error: this walk reads DMA addresses of 'nents' entries, the count before mapping; only 'mapped' of them are mapped
        add_descriptor(host, sg_dma_address(sg), sg_dma_len(sg));
    return 0;
}`,
  good: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    struct scatterlist *sg;
    int i, mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    for_each_sg(sgl, sg, mapped, i)
        add_descriptor(host, sg_dma_address(sg), sg_dma_len(sg));
    return 0;
}`,
  fix: `Puts the variable that holds the map result in place of the count, or for_each_sgtable_dma_sg() in place of
for_each_sgtable_sg(). Where the result was not kept, the author must keep it.`,
  silent: `A list of one entry; a count that sizes an array; a walk that ends at the first segment without length, or when
all bytes are handed out; a mapped count that is compared with the original one; functions that fill in DMA addresses
themselves.`,
  reference:
    'Documentation/core-api/dma-api.rst, dma_map_sg(): "loop count times (note: this can be less than nents times)".',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    const reported = new Set<number>();
    for (const one of fn.originalCountWalks) {
      if (reported.has(one.span.start)) continue;
      reported.add(one.span.start);
      yield {
        span: one.span,
        message: message(one, file),
        related: [
          ...(one.map ? [{ span: one.map.call.nameSpan, message: mappedWhere(one) }] : []),
          ...(one.read && one.by !== 'index'
            ? [{ span: one.read.span, message: 'the DMA side of an entry is read here' }]
            : []),
        ],
        fixes: fixes(one, file),
      };
    }
  },
};

function mappedWhere(one: OriginalCountWalk): string {
  return one.mapFunction ? `mapped here, in ${one.mapFunction}()` : 'mapped here';
}

function message(one: OriginalCountWalk, file: FileFacts): string {
  const given = file.text(one.span);
  const only = one.mappedName ? `only '${one.mappedName}' of them are mapped` : 'fewer may be mapped';
  if (one.by === 'index') {
    return `this reads the DMA address of an entry by its number; when entries are merged, fewer than ${fixedCount(one, file)} are mapped`;
  }
  if (one.by === 'call')
    return `${one.callee ?? 'the function'}() is given '${given}', the count before mapping; ${only}`;
  if (one.by === 'end')
    return 'this walk reads DMA addresses until the list ends, but fewer entries may be mapped than it has';
  if (/^for_each_sgtable_/.test(given))
    return `${given.replace(/\(.*/, '')}() walks all entries, but DMA addresses are read; fewer may be mapped`;
  return `this walk reads DMA addresses of '${given}' entries, the count before mapping; ${only}`;
}

function fixedCount(one: OriginalCountWalk, file: FileFacts): string {
  const index = one.map?.api?.count;
  const span = index === undefined ? undefined : one.map?.call.args[index]?.span;
  return span ? file.text(span) : 'all';
}

function fixes(one: OriginalCountWalk, file: FileFacts): readonly Fix[] {
  const given = file.text(one.span);
  if (one.by === 'loop' && given.startsWith('for_each_sgtable_sg')) {
    const span = { start: one.span.start, end: one.span.start + 'for_each_sgtable_sg'.length };
    return [
      {
        title: 'Use for_each_sgtable_dma_sg()',
        automatic: true,
        edits: [{ span, newText: 'for_each_sgtable_dma_sg' }],
      },
    ];
  }
  if (!one.mappedName || one.by === 'index' || one.by === 'end') return [];
  return [{ title: `Use '${one.mappedName}'`, automatic: true, edits: [{ span: one.span, newText: one.mappedName }] }];
}
