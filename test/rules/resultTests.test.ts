import { describe, test } from 'vitest';
import { mapResultMisread } from '../../server/rules/map-result-misread';
import { mapResultUnchecked } from '../../server/rules/map-result-unchecked';
import { unmapWithMappedCount } from '../../server/rules/unmap-with-mapped-count';
import { check } from '../support/check';

const rules = [mapResultUnchecked];

describe('what is no test of a mapping', () => {
  test('an upper limit lets a failed mapping pass', () =>
    check(
      rules,
      `
int start(struct host *host, struct scatterlist *sgl, int n)
{
    int count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);
    //          ^^^^^^^^^^ error: the result of dma_map_sg() in 'count' is never tested; it is 0 when the mapping fails

    if (count + 1 > host->limit) {
        dma_unmap_sg(host->dev, sgl, n, DMA_TO_DEVICE);
        return -EINVAL;
    }
    fill(host, sgl, count);
    return 0;
}`,
    ));

  test('one segment has a way of its own', () =>
    check(
      rules,
      `
int start(struct host *host, struct scatterlist *sgl, int n)
{
    int count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);
    //          ^^^^^^^^^^ error: the result of dma_map_sg() in 'count' is never tested; it is 0 when the mapping fails

    if (count == 1)
        set_address(host, sg_dma_address(sgl));
    else
        fill(host, sgl, count);
    return 0;
}`,
    ));

  test('the release asks whether there is anything to release', () =>
    check(
      rules,
      `
void stop(struct host *host)
{
    if (!host->count)
        return;
    dma_unmap_sg(host->dev, host->sgl, host->n, DMA_TO_DEVICE);
    host->count = 0;
}
int start(struct host *host)
{
    host->count = dma_map_sg(host->dev, host->sgl, host->n, DMA_TO_DEVICE);
    //            ^^^^^^^^^^ error: the result of dma_map_sg() in 'host->count' is never tested; it is 0 when the mapping fails
    fill(host);
    return 0;
}`,
    ));

  test('no rounds are no failure where a command may have no data', () =>
    check(
      rules,
      `
int fill(struct host *host, struct scsi_cmnd *cmd)
{
    struct scatterlist *sg;
    int i, used = 0, count = scsi_dma_map(cmd);
    //                       ^^^^^^^^^^^^ error: the result of scsi_dma_map() in 'count' is never tested; it is negative when the mapping fails

    scsi_for_each_sg(cmd, sg, count, i)
        host->desc[used++].addr = sg_dma_address(sg);
    return used;
}`,
    ));
});

describe('what is a test of a mapping', () => {
  test('too few segments are refused', () =>
    check(
      rules,
      `
int start(struct host *host, struct scatterlist *sgl, int n)
{
    int count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);

    if (count >= host->needed) {
        fill(host, sgl, count);
        return 0;
    }
    return -EINVAL;
}`,
    ));

  test('anything but one segment stops the kernel', () =>
    check(
      rules,
      `
void start(struct host *host, struct scatterlist *sgl, int n)
{
    int count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);

    BUG_ON(count != 1);
    set_address(host, sg_dma_address(sgl), sg_dma_len(sgl));
}`,
    ));

  test('anything but one segment is done without DMA', () =>
    check(
      rules,
      `
void start(struct host *host, struct scatterlist *sgl, int n)
{
    int count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);

    if (count != 1) {
        host->use_pio = true;
        return;
    }
    set_address(host, sg_dma_address(sgl), sg_dma_len(sgl));
}`,
    ));

  test('the number of rounds is what the caller gets', () =>
    check(
      rules,
      `
int fill(struct host *host, struct scatterlist *sgl, int n)
{
    struct scatterlist *sg;
    int i, used = 0, count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);

    for_each_sg(sgl, sg, count, i)
        host->desc[used++].addr = sg_dma_address(sg);
    return used;
}`,
    ));

  test('another function asks before the device is started', () =>
    check(
      rules,
      `
void map(struct host *host)
{
    host->count = dma_map_sg(host->dev, host->sgl, host->n, DMA_TO_DEVICE);
}
int start(struct host *host)
{
    map(host);
    if (!host->count)
        return -EIO;
    fill(host);
    dma_unmap_sg(host->dev, host->sgl, host->n, DMA_TO_DEVICE);
    return 0;
}`,
    ));
});

describe('a table that a new buffer keeps', () => {
  test('the count of the mapping is in the table', () =>
    check(
      [unmapWithMappedCount],
      `
void put(struct buffer *buf)
{
    struct sg_table *sgt = buf->sgt;

    dma_unmap_sg(buf->dev, sgt->sgl, sgt->nents, DMA_TO_DEVICE);
    //                               ^^^^^^^^^^ error: dma_unmap_sg() is given 'sgt->nents', which dma_map_sg() in get() returned; it needs 'sgt->orig_nents', the count that was passed in
    kfree(buf);
}
struct buffer *get(struct device *dev, struct page **pages, int n)
{
    struct buffer *buf = kzalloc(sizeof(*buf), GFP_KERNEL);
    struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);

    if (sg_alloc_table_from_pages(sgt, pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL))
        return NULL;
    buf->sgt = sgt;
    sgt->nents = dma_map_sg(dev, sgt->sgl, sgt->orig_nents, DMA_TO_DEVICE);
    if (!sgt->nents)
        return NULL;
    return buf;
}`,
    ));

  test('the table keeps its own count where nobody stores the result', () =>
    check(
      [unmapWithMappedCount],
      `
void put(struct buffer *buf)
{
    struct sg_table *sgt = buf->sgt;

    dma_unmap_sg(buf->dev, sgt->sgl, sgt->nents, DMA_TO_DEVICE);
    kfree(buf);
}
struct buffer *get(struct device *dev, struct page **pages, int n)
{
    struct buffer *buf = kzalloc(sizeof(*buf), GFP_KERNEL);
    struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);

    if (sg_alloc_table_from_pages(sgt, pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL))
        return NULL;
    buf->sgt = sgt;
    if (!dma_map_sg(dev, sgt->sgl, sgt->nents, DMA_TO_DEVICE))
        return NULL;
    return buf;
}`,
    ));
});

describe('success taken for failure, with the status returned', () => {
  const start = (test: string) => `
int start(struct host *host, struct sg_table *sgt)
{
    int ret = dma_map_sgtable(host->dev, sgt, DMA_TO_DEVICE, 0);

${test}
        goto out;
    writel(sg_dma_address(sgt->sgl), host->regs);
    ret = run(host);
    dma_unmap_sgtable(host->dev, sgt, DMA_TO_DEVICE, 0);
out:
    return ret;
}`;

  test('zero is the way out', () =>
    check(
      [mapResultMisread],
      start(`    if (!ret)
    //   ^^^ error: dma_map_sgtable() returns 0 on success; here success is taken for failure`),
    ));

  test('anything else is the way out', () => check([mapResultMisread], start('    if (ret)')));

  test('the other way has nothing to do with the segments', () =>
    check(
      [mapResultMisread],
      `
int start(struct host *host, struct sg_table *sgt)
{
    int ret = dma_map_sgtable(host->dev, sgt, DMA_TO_DEVICE, 0);

    if (!ret)
        return ret;
    sg_free_table(sgt);
    return ret;
}`,
    ));
});
