/** Fixes that are offered: what they put in, what their titles leave to the author, and where there is none. */

import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { contiguityAssumed } from '../../server/rules/contiguity-assumed';
import { contiguityRequired } from '../../server/rules/contiguity-required';
import { segmentLimitUndeclared } from '../../server/rules/segment-limit-undeclared';
import { createParser } from '../../server/syntax/parser';
import { checkFix } from '../support/check';

const parser = await createParser();
const fixesOf = (text: string, kernel = { major: 6, minor: 12 }) =>
  analyze(text, parser, { kernel }).findings.flatMap((one) => one.fixes);

const importing = (test: string) => `
static struct drm_gem_object *import(struct drm_device *drm, struct dma_buf_attachment *attach, struct sg_table *sgt)
{
    struct gem *gem;
${test}
    gem = gem_create(drm, attach->dmabuf->size);
    if (IS_ERR(gem))
        return ERR_CAST(gem);
    gem->dma_addr = sg_dma_address(sgt->sgl);
    return &gem->base;
}`;

describe('one segment is asked for', () => {
  const strict = importing('\n    if (sgt->nents != 1)\n        return ERR_PTR(-EINVAL);\n');

  test('the leading range can be measured instead', () =>
    checkFix(
      [contiguityRequired],
      strict,
      importing(
        '\n    if (drm_prime_get_contiguous_size(sgt) < attach->dmabuf->size)\n        return ERR_PTR(-EINVAL);\n',
      ),
    ));
  test('by a function that is there since 5.10', () => expect(fixesOf(strict, { major: 5, minor: 9 })).toEqual([]));
  test('and only in DRM', () => expect(fixesOf(strict.replaceAll('drm_device', 'nic_device'))).toEqual([]));
  test('and is never applied by itself', () => {
    expect(fixesOf(strict).map((one) => one.automatic)).toEqual([false]);
  });
});

describe('the first address is taken for all', () => {
  const user = (test: string, before = '') => `
int start(struct dev *dev, struct sg_table *sgt)
{
    int ret = dma_map_sgtable(dev->dma, sgt, DMA_TO_DEVICE, 0);

    if (ret)
        return ret;
${before}${test}    dev->base = sg_dma_address(sgt->sgl);
    return 0;
}`;
  const refusal =
    '    if (sgt->nents != 1) {\n        dma_unmap_sgtable(dev->dma, sgt, DMA_TO_DEVICE, 0);\n        return -EINVAL;\n    }\n';

  test('several segments can be refused', () => checkFix([contiguityAssumed], user(''), user(refusal)));
  test('which needs more where something else must be undone', () =>
    expect(fixesOf(user('', '    mutex_lock(&dev->lock);\n'))).toEqual([]));

  test('an import can measure', () =>
    checkFix(
      [contiguityAssumed],
      importing(''),
      importing('').replace(
        '    gem->dma_addr',
        '    if (drm_prime_get_contiguous_size(sgt) < attach->dmabuf->size)\n        return ERR_PTR(-EINVAL);\n    gem->dma_addr',
      ),
    ));
});

describe('a limit that the device is not declared to have', () => {
  const fill = `
int fill(struct chan *chan, struct scatterlist *sgl, int n)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, n, i) {
        if (sg_dma_len(sg) > 4096)
            return -EINVAL;
        add_descriptor(chan, sg_dma_address(sg), sg_dma_len(sg));
    }
    return 0;
}
`;
  const probe = (declared: string) => `
int probe(struct platform_device *pdev)
{
    int ret;

${declared}    ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
    if (ret)
        return ret;
    return 0;
}`;

  test('is declared where the mask is set', () =>
    checkFix(
      [segmentLimitUndeclared],
      fill + probe(''),
      fill + probe('    dma_set_max_seg_size(&pdev->dev, SZ_4K);\n'),
    ));
  test('nowhere else', () => expect(fixesOf(fill)).toEqual([]));
});
