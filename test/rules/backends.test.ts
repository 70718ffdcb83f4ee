/** Implementations of the DMA API: they hand addresses to nobody, so that CPU lengths and original counts are theirs to use. */

import { describe, expect, test } from 'vitest';
import { countProblems } from '../support/countRules';

/** Releases entries with the CPU's length, and gives the first address away. */
const UNMAP = `
static void bridge_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents, enum dma_data_direction dir,
                            unsigned long attrs)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, nents, i)
        bridge_release(dev, sg->dma_address, sg->length);
}

static void bridge_free(struct device *dev, size_t size, struct sg_table *sgt)
{
    __bridge_free_pages(dev, size, sg_page(sgt->sgl), sgt->sgl->dma_address);
}
`;

const rules = (text: string) => countProblems(text).map((one) => one.rule);

describe('implementations of the DMA API', () => {
  test('the same functions of a driver are reported', () =>
    expect(rules(UNMAP)).toEqual(['cpu-length-for-device', 'contiguity-assumed']));

  test('a table of its operations', () =>
    expect(
      rules(`${UNMAP}
static const struct dma_map_ops bridge_dma_ops = {
    .unmap_sg = bridge_unmap_sg,
};
`),
    ).toEqual([]));

  test('a pointer to the operations of another one is a driver', () =>
    expect(
      rules(`${UNMAP}
static const struct dma_map_ops *saved_ops = NULL;
`),
    ).not.toEqual([]));

  const mapSg = (address: string) => `${UNMAP}
int bridge_map_sg(struct device *dev, struct scatterlist *sgl, int nents, enum dma_data_direction dir)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, nents, i) {
        sg->dma_address = ${address};
        sg_dma_len(sg) = sg->length;
    }
    return nents;
}
`;
  test('a function that translates lists by itself', () =>
    expect(rules(mapSg('bridge_translate(dev, sg_phys(sg))'))).toEqual([]));
  test('one that has the API map each entry is a driver', () =>
    expect(rules(mapSg('dma_map_page(dev, sg_page(sg), sg->offset, sg->length, dir)'))).not.toEqual([]));

  test('a function of the API', () =>
    expect(
      rules(`${UNMAP}
int dma_map_sgtable(struct device *dev, struct sg_table *sgt, enum dma_data_direction dir, unsigned long attrs)
{
    return bridge_ops(dev)->map_table(dev, sgt, dir, attrs);
}
`),
    ).toEqual([]));
  test('a replacement for kernels without it, in a driver', () =>
    expect(
      rules(`${UNMAP}
static inline int dma_map_sgtable(struct device *dev, struct sg_table *sgt, enum dma_data_direction dir,
                                  unsigned long attrs)
{
    int n = dma_map_sg_attrs(dev, sgt->sgl, sgt->orig_nents, dir, attrs);

    sgt->nents = n;
    return n ? 0 : -EINVAL;
}
`),
    ).not.toEqual([]));
});
