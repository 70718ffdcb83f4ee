import { describe, test } from 'vitest';
import { mapResultUnchecked } from '../../server/rules/map-result-unchecked';
import { unmapWithMappedCount } from '../../server/rules/unmap-with-mapped-count';
import { check, checkFix } from '../support/check';

describe('map-result-unchecked', () => {
  const rules = [mapResultUnchecked];

  test('dropped', () =>
    check(
      rules,
      `
void start(struct host *host, struct mmc_data *data)
{
    dma_map_sg(host->dev, data->sg, data->sg_len, DMA_TO_DEVICE);
 // ^^^^^^^^^^ error: the result of dma_map_sg() is dropped; it is 0 when the mapping fails
    fill(host, data->sg);
}`,
    ));

  test('bounds rounds of a table, whose last entry is marked', () =>
    check(
      rules,
      `
void start(struct host *host, struct scatterlist *sgl, int n)
{
    int i, count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);
    //             ^^^^^^^^^^ error: the result of dma_map_sg() in 'count' is never tested; it is 0 when the mapping fails

    for (i = 0; i <= count / ROWS; i++) {
        int j, rows = ROWS;

        if (i == count / ROWS)
            rows = count % ROWS;
        for (j = 0; j < rows; j++) {
            u8 mark = VALID;

            if (j == (rows - 1))
                mark |= LAST;
            add_row(host, sg_dma_address(sgl), sg_dma_len(sgl), mark);
            sgl = sg_next(sgl);
        }
    }
}`,
    ));

  test('only bounds a loop', () =>
    check(
      rules,
      `
void start(struct host *host, struct scatterlist *sgl, int n)
{
    int i, count = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);
    //             ^^^^^^^^^^ error: the result of dma_map_sg() in 'count' is never tested; it is 0 when the mapping fails

    for (i = 0; i < count; i++)
        queue(host, i);
}`,
    ));

  test('kept in a field that nobody tests', () =>
    check(
      rules,
      `
void start(struct host *host, struct scatterlist *sgl, int n)
{
    host->frags = dma_map_sg(host->dev, sgl, n, DMA_TO_DEVICE);
    //            ^^^^^^^^^^ error: the result of dma_map_sg() in 'host->frags' is never tested; it is 0 when the mapping fails
    host->addr = sg_dma_address(sgl);
}`,
    ));

  test('tested in every usual way', () =>
    check(
      rules,
      `
int a(struct device *dev, struct scatterlist *sgl, int n)
{
    if (!dma_map_sg(dev, sgl, n, DMA_TO_DEVICE))
        return -EIO;
    return 0;
}

int b(struct device *dev, struct scatterlist *sgl, int n)
{
    int count = dma_map_sg(dev, sgl, n, DMA_TO_DEVICE);

    if (unlikely(count <= 0))
        return -EIO;
    return 0;
}

int c(struct device *dev, struct scatterlist *sgl, int n)
{
    int count = dma_map_sg(dev, sgl, n, DMA_TO_DEVICE);

    if (WARN_ON(count != n))
        return -EIO;
    return 0;
}

int d(struct cmd *cmd)
{
    int count = scsi_dma_map(cmd);

    if (count < 0)
        return -EIO;
    return 0;
}`,
    ));

  test('the caller is told', () =>
    check(
      rules,
      `
int map(struct device *dev, struct scatterlist *sgl, int n)
{
    return dma_map_sg(dev, sgl, n, DMA_TO_DEVICE);
}

void map_into(struct device *dev, struct scatterlist *sgl, int n, int *mapped)
{
    *mapped = dma_map_sg(dev, sgl, n, DMA_TO_DEVICE);
}`,
    ));

  test('another function of the file tests the field', () =>
    check(
      rules,
      `
void map(struct req *req)
{
    req->mapped = dma_map_sg(req->dev, req->sgl, req->n, DMA_TO_DEVICE);
}

int send(struct req *req)
{
    map(req);
    if (!req->mapped)
        return -EIO;
    return 0;
}`,
    ));
});

describe('unmap-with-mapped-count', () => {
  const rules = [unmapWithMappedCount];

  test('a field that another function fills', () =>
    check(
      rules,
      `
int start(struct adapter *adapter)
{
    struct sg_table *sgt = adapter->table;

    sgt->nents = dma_map_sg(adapter->dev, sgt->sgl, sgt->orig_nents, DMA_BIDIRECTIONAL);
    return sgt->nents ? 0 : -EIO;
}

void stop(struct adapter *adapter)
{
    struct sg_table *sgt = adapter->table;

    dma_unmap_sg(adapter->dev, sgt->sgl, sgt->nents, DMA_BIDIRECTIONAL);
    //                                   ^^^^^^^^^^ error: dma_unmap_sg() is given 'sgt->nents', which dma_map_sg() in start() returned; it needs 'sgt->orig_nents', the count that was passed in
}`,
    ));

  test('through wrappers of the driver', () =>
    check(
      rules,
      `
static int map(struct device *dev, struct scatterlist *sg, int n, int dir)
{
    return dev ? dma_map_sg(dev, sg, n, dir) : fake_map(sg, n);
}

static void unmap(struct device *dev, struct scatterlist *sg, int n, int dir)
{
    if (dev)
        dma_unmap_sg(dev, sg, n, dir);
}

int start(struct fod *fod)
{
    fod->count = map(fod->dev, fod->sg, fod->total, DMA_FROM_DEVICE);
    if (!fod->count)
        return -EIO;
    return 0;
}

void stop(struct fod *fod)
{
    unmap(fod->dev, fod->sg, fod->count, DMA_FROM_DEVICE);
    //                       ^^^^^^^^^^ error: unmap() is given 'fod->count', which map() in start() returned; it needs 'fod->total', the count that was passed in
}`,
    ));

  test('a field with the original count, whatever its name', () =>
    check(
      rules,
      `
int start(struct req *req)
{
    int mapped = dma_map_sg(req->dev, req->sgl, req->n, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    req->nents = req->n;
    return 0;
}

void stop(struct req *req)
{
    dma_unmap_sg(req->dev, req->sgl, req->nents, DMA_TO_DEVICE);
}`,
    ));

  test('one entry: the counts are the same', () =>
    check(
      rules,
      `
void once(struct device *dev, struct scatterlist *sg)
{
    int mapped = dma_map_sg(dev, sg, 1, DMA_TO_DEVICE);

    if (!mapped)
        return;
    dma_unmap_sg(dev, sg, mapped, DMA_TO_DEVICE);
}`,
    ));

  test('the fix puts the original count back', () =>
    checkFix(
      rules,
      `
void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

    if (mapped)
        dma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);
}`,
      `
void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

    if (mapped)
        dma_unmap_sg(dev, sgl, nents, DMA_TO_DEVICE);
}`,
    ));
});
