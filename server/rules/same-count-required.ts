import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const sameCountRequired: Rule = {
  id: 'same-count-required',
  title: 'The code works only when a mapping merges no entries',
  severity: 'warning',
  why: `An IOMMU may merge entries: then dma_map_sg() returns less than it was given, and that is success. Code that takes
a smaller count for a failure refuses buffers which it could use, and works only without an IOMMU.`,
  bad: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (mapped != nents)
    //  ^^^^^^^^^^^^^^^ warning: start() takes a mapped count below 'nents' for a failure and returns -EIO, but entries may have been merged
        return -EIO;
    run(host, sgl, mapped);
    return 0;
}`,
  good: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    run(host, sgl, mapped);
    return 0;
}`,
  fix: 'None is right mechanically: test for 0, and go by the mapped count from there on.',
  silent: 'A list of one entry; a test whose failure leads to another way of doing the work.',
  reference:
    'Documentation/core-api/dma-api.rst, dma_map_sg(): "the number of DMA address segments mapped (this may be shorter than <nents> passed in)".',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { map, span, refusal } of fn.sameCountTests) {
      const index = map.api?.count;
      const passed = index === undefined ? undefined : map.call.args[index];
      yield {
        span,
        message: `${fn.flow.ir.name}() takes a mapped count below ${passed ? `'${file.text(passed.span)}'` : 'the original one'} for a failure and returns ${refusal}, but entries may have been merged`,
        related: [{ span: map.call.span, message: 'mapped here' }],
        question: {
          predicate: { kind: 'same-count' },
          shape: { origin: 'a list made elsewhere', kind: 'pages', firstOffset: 'any' },
          device: file.device,
          consequence: { kind: 'refuses', with: refusal },
        },
      };
    }
  },
};
