import { describe, test } from 'vitest';
import { zeroedAgain } from '../../server/rules/zeroed-again';
import { check, checkFix } from '../support/check';

describe('zeroed-again', () => {
  const rules = [zeroedAgain];

  test('what is tried again is cleared again, once the device has written to it', () =>
    check(
      rules,
      `
int read_page(struct ioc *ioc, struct cfg *cfg)
{
    int tries = 3, err = -ENOMEM;
    void *page = dma_alloc_coherent(ioc->dev, cfg->size, &cfg->dma, GFP_KERNEL);

    if (page) {
again:
        memset(page, 0, cfg->size);
        err = ioc_config(ioc, cfg);
        if (err == -EAGAIN && tries--)
            goto again;
        dma_free_coherent(ioc->dev, cfg->size, page, cfg->dma);
    }
    return err;
}`,
    ));

  test('a loop behind the allocation clears for each round', () =>
    check(
      rules,
      `
int read_pages(struct ioc *ioc, struct cfg *cfg)
{
    void *page = dma_alloc_coherent(ioc->dev, cfg->size, &cfg->dma, GFP_KERNEL);

    if (!page)
        return -ENOMEM;
    while (ioc_more(ioc)) {
        memset(page, 0, cfg->size);
        ioc_config(ioc, cfg);
    }
    return 0;
}`,
    ));

  test('each round allocates and clears its own', () =>
    check(
      rules,
      `
int fill(struct ioc *ioc)
{
    int i;

    for (i = 0; i < ioc->count; i++) {
        ioc->page[i] = dma_alloc_coherent(ioc->dev, SZ_4K, &ioc->dma[i], GFP_KERNEL);
        if (!ioc->page[i])
            return -ENOMEM;
        memset(ioc->page[i], 0, SZ_4K);
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ information: dma_alloc_coherent() has returned zeroed memory
    }
    return 0;
}`,
    ));

  test('the allocation itself is tried again', () =>
    check(
      rules,
      `
int alloc(struct ioc *ioc)
{
    void *page;

again:
    page = dma_alloc_coherent(ioc->dev, ioc->size, &ioc->dma, GFP_KERNEL);
    if (!page) {
        ioc_shrink(ioc);
        goto again;
    }
    memset(page, 0, ioc->size);
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^ information: dma_alloc_coherent() has returned zeroed memory
    ioc->page = page;
    return 0;
}`,
    ));

  test('managed memory comes cleared as well', () =>
    check(
      rules,
      `
int probe(struct ioc *ioc)
{
    ioc->page = dmam_alloc_coherent(ioc->dev, sizeof(*ioc->page), &ioc->dma, GFP_KERNEL);
    if (!ioc->page)
        return -ENOMEM;
    memset(ioc->page, 0, sizeof(*ioc->page));
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ information: dmam_alloc_coherent() has returned zeroed memory
    return 0;
}`,
    ));

  test('the fix leaves one empty line of two', () =>
    checkFix(
      rules,
      `
int probe(struct ioc *ioc)
{
    void *page = dma_alloc_coherent(ioc->dev, SZ_4K, &ioc->dma, GFP_KERNEL);

    if (!page)
        return -ENOMEM;

    memset(page, 0, SZ_4K);

    ioc->page = page;
    return 0;
}`,
      `
int probe(struct ioc *ioc)
{
    void *page = dma_alloc_coherent(ioc->dev, SZ_4K, &ioc->dma, GFP_KERNEL);

    if (!page)
        return -ENOMEM;

    ioc->page = page;
    return 0;
}`,
    ));
});
