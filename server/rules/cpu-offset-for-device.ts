import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const cpuOffsetForDevice: Rule = {
  id: 'cpu-offset-for-device',
  title: "The CPU's offset of an entry is added to, or taken from, its DMA address",
  severity: 'error',
  why: `sg_dma_address() already points at the first byte. And after merging, the offset of entry n says nothing about
segment n: it belongs to another part of the list. What is left is an address that points beside the data.`,
  bad: `
void fill(__le32 *table, struct scatterlist *sgl, int mapped)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, mapped, i)
        table[i] = cpu_to_le32(sg_dma_address(sg) + sg->offset);
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: sg->offset is combined with the DMA address, which already points at the first byte
}`,
  good: `
void fill(__le32 *table, struct scatterlist *sgl, int mapped)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, mapped, i)
        table[i] = cpu_to_le32(sg_dma_address(sg));
}`,
  fix: 'None is right mechanically: dropping the offset, or offset_in_page(sg_dma_address(sg)), depends on what the device wants.',
  silent: 'An offset that is used apart from the DMA address; functions that fill in DMA addresses themselves.',
  reference:
    'Documentation/core-api/dma-api-howto.rst: sg_dma_address() is the address of the data, as the device sees it.',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { what, span } of fn.cpuFields) {
      if (what !== 'offset') continue;
      yield { span, message: 'sg->offset is combined with the DMA address, which already points at the first byte' };
    }
  },
};
