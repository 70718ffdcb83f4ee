import { describe, test } from 'vitest';
import { mapResultMisread } from '../../server/rules/map-result-misread';
import { mappingErrorMisread } from '../../server/rules/mapping-error-misread';
import { check } from '../support/check';

/** A function with more ways to its end than are followed, of which only the last one succeeds. */
const cipher = (test: string) => `
int cipher(struct engine *engine, struct request *req)
{
    dma_addr_t key;
    int err = 0;

    key = dma_map_single(engine->dev, req->key, req->keylen, DMA_TO_DEVICE);
    err = dma_mapping_error(engine->dev, key);
    ${test}
        goto out;
    if (engine_step(engine, 1))
        err = -EIO;
    if (engine_step(engine, 2))
        err = -EIO;
    if (engine_step(engine, 3))
        err = -EIO;
    if (engine_step(engine, 4))
        err = -EIO;
    if (engine_step(engine, 5))
        err = -EIO;
    if (!engine_wait(engine))
        err = -ETIMEDOUT;
    dma_unmap_single(engine->dev, key, req->keylen, DMA_TO_DEVICE);
out:
    return err;
}`;

describe('mapping-error-misread', () => {
  const rules = [mappingErrorMisread];

  test('a right test in a function of many ways', () => check(rules, cipher('if (err)')));

  test('taken the wrong way round', () =>
    check(
      rules,
      `
int post(struct ring *ring, void *data, size_t len)
{
    dma_addr_t addr = dma_map_single(ring->dev, data, len, DMA_TO_DEVICE);

    if (!dma_mapping_error(ring->dev, addr))
    //  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: dma_mapping_error() is true when the mapping failed; here success is taken for failure
        return -ENOMEM;
    writel(lower_32_bits(addr), ring->regs + RING_ADDR);
    return 0;
}`,
    ));
});

describe('map-result-misread', () => {
  test('a right test in a function of many ways', () =>
    check(
      [mapResultMisread],
      cipher('if (err)')
        .replace('dma_map_single(engine->dev, req->key, req->keylen, DMA_TO_DEVICE)', '0')
        .replace('dma_mapping_error(engine->dev, key)', 'dma_map_sgtable(engine->dev, req->sgt, DMA_TO_DEVICE, 0)'),
    ));

  test('the segments of a table that was not mapped are walked, if there are any', () =>
    check(
      [mapResultMisread],
      `
void bind(struct gart *gart, struct sg_table *sgt)
{
    struct scatterlist *sg;
    int i, j = 0;

    if (!dma_map_sgtable(gart->dev, sgt, DMA_BIDIRECTIONAL, 0))
    //   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: dma_map_sgtable() returns 0 on success; here success is taken for failure
        return;
    for_each_sgtable_dma_sg(sgt, sg, i)
        gart->entries[j++] = sg_dma_address(sg) | GART_VALID;
}`,
    ));

  test('where the first device cannot map the table, another one may', () =>
    check(
      [mapResultMisread],
      `
int bind(struct gart *gart, struct sg_table *sgt)
{
    struct scatterlist *sg;
    int i, j = 0;

    if (!dma_map_sgtable(gart->dev, sgt, DMA_BIDIRECTIONAL, 0))
        return 0;
    if (dma_map_sgtable(gart->parent, sgt, DMA_BIDIRECTIONAL, 0))
        return -EIO;
    for_each_sgtable_dma_sg(sgt, sg, i)
        gart->entries[j++] = sg_dma_address(sg) | GART_VALID;
    return 0;
}`,
    ));
});
