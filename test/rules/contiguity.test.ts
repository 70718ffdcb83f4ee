import { describe, test } from 'vitest';
import { contiguityAssumed } from '../../server/rules/contiguity-assumed';
import { contiguityRequired } from '../../server/rules/contiguity-required';
import { check } from '../support/check';

const rules = [contiguityAssumed, contiguityRequired];

describe('the first address stands for the whole list', () => {
  test('read through the entry array, as old DRM drivers do', () =>
    check(
      rules,
      `
int pin(struct accel *accel, struct page **pages, int n, unsigned long size)
{
    struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
    int ret = sg_alloc_table_from_pages(sgt, pages, n, 0, size, GFP_KERNEL);

    if (ret < 0)
        return ret;
    ret = dma_map_sgtable(accel->dev, sgt, DMA_BIDIRECTIONAL, 0);
    if (ret)
        goto free;
    accel->addr = sgt->sgl[0].dma_address;
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: the first DMA address of 'sgt' is stored in 'addr' as if the whole list followed it
    return 0;
free:
    sg_free_table(sgt);
    return ret;
}`,
    ));

  test('given to a register', () =>
    check(
      rules,
      `
void start(struct accel *accel, struct scatterlist *sgl, int nents)
{
    if (!dma_map_sg(accel->dev, sgl, nents, DMA_TO_DEVICE))
        return;
    writel(sg_dma_address(sgl), accel->base);
    //     ^^^^^^^^^^^^^^^^^^^ error: the first DMA address of 'sgl' is given to writel() as if the whole list followed it
}`,
    ));

  test('a table that a framework mapped', () =>
    check(
      rules,
      `
int prepare(struct vb2_buffer *vb, struct cam_buffer *buf)
{
    struct sg_table *sgt = vb2_dma_sg_plane_desc(vb, 0);

    buf->addr = sg_dma_address(sgt->sgl);
    //          ^^^^^^^^^^^^^^^^^^^^^^^^ error: the first DMA address of 'sgt' is stored in 'addr' as if the whole list followed it
    return 0;
}`,
    ));

  test('one entry for sure: one segment for sure', () =>
    check(
      rules,
      `
void start(struct uart *uart)
{
    sg_init_one(&uart->sg, uart->buf, uart->len);
    if (!dma_map_sg(uart->dev, &uart->sg, 1, DMA_TO_DEVICE))
        return;
    uart->addr = sg_dma_address(&uart->sg);
}`,
    ));

  test('the segments are walked as well', () =>
    check(
      rules,
      `
void start(struct host *host, struct scatterlist *sgl, int nents)
{
    struct scatterlist *sg;
    int i, n = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!n)
        return;
    host->first = sg_dma_address(sgl);
    for_each_sg(sgl, sg, n, i)
        host->desc[i].addr = sg_dma_address(sg);
}`,
    ));

  test('used only when there is one segment, else another way', () =>
    check(
      rules,
      `
void start(struct caam *caam, struct scatterlist *sgl, int nents)
{
    int n = dma_map_sg(caam->dev, sgl, nents, DMA_TO_DEVICE);

    if (!n)
        return;
    if (n > 1)
        caam->ptr = build_table(caam, n);
    else
        caam->ptr = sg_dma_address(sgl);
}`,
    ));

  test('an explicit IOMMU user wants each address', () =>
    check(
      rules,
      `
int map(struct gpu *gpu, struct sg_table *sgt)
{
    int ret = dma_map_sgtable(gpu->dev, sgt, DMA_TO_DEVICE, 0);

    if (ret)
        return ret;
    gpu->phys = sg_dma_address(sgt->sgl);
    return iommu_map(gpu->domain, gpu->iova, gpu->phys, PAGE_SIZE, IOMMU_READ, GFP_KERNEL);
}`,
    ));

  test('an exporter that fills the table itself', () =>
    check(
      rules,
      `
void fill(struct vram *vram, struct sg_table *sgt)
{
    sg_dma_address(sgt->sgl) = vram->addr;
    sg_dma_len(sgt->sgl) = vram->size;
    vram->seen = sg_dma_address(sgt->sgl);
}`,
    ));
});

describe('a test decides', () => {
  test('one segment is asked for', () =>
    check(
      rules,
      `
int import(struct gem *gem, struct dma_buf_attachment *attach)
{
    struct sg_table *sgt = dma_buf_map_attachment(attach, DMA_TO_DEVICE);

    if (IS_ERR(sgt))
        return PTR_ERR(sgt);
    if (sgt->nents > 1) {
    //  ^^^^^^^^^^^^^^ warning: import() needs 'sgt' to be one DMA segment: the mapped count is tested, and -EINVAL returned when there are more
        dma_buf_unmap_attachment(attach, sgt, DMA_TO_DEVICE);
        return -EINVAL;
    }
    gem->addr = sg_dma_address(sgt->sgl);
    return 0;
}`,
    ));

  test('a loop of its own', () =>
    check(
      rules,
      `
int pin(struct accel *accel, struct sg_table *sgt, size_t size)
{
    struct scatterlist *sg;
    dma_addr_t next;
    size_t got = 0;
    int i, err = dma_map_sgtable(accel->dev, sgt, DMA_TO_DEVICE, 0);

    if (err)
        return err;
    next = sg_dma_address(sgt->sgl);
    for_each_sgtable_dma_sg(sgt, sg, i) {
        if (sg_dma_address(sg) != next)
            break;
        next += sg_dma_len(sg);
        got += sg_dma_len(sg);
    }
    if (got < size) {
    //  ^^^^^^^^^^ warning: pin() needs 'sgt' to be one contiguous DMA range: the sum over its segments is compared with 'size', and -ENOMEM returned when it falls short
        err = -ENOMEM;
        goto unmap;
    }
    accel->addr = sg_dma_address(sgt->sgl);
    return 0;
unmap:
    dma_unmap_sgtable(accel->dev, sgt, DMA_TO_DEVICE, 0);
    return err;
}`,
    ));

  test('a helper that answers yes or no, with another way', () =>
    check(
      rules,
      `
static bool is_contiguous(struct sg_table *sgt, size_t size)
{
    return !(drm_prime_get_contiguous_size(sgt) < size);
}

int import(struct gem *gem, struct sg_table *sgt, size_t size)
{
    if (is_contiguous(sgt, size)) {
        gem->addr = sg_dma_address(sgt->sgl);
    } else {
        gem->pages = list_pages(sgt);
        if (!gem->pages)
            return -ENOMEM;
    }
    return 0;
}`,
    ));

  test('an import callback measures what it is handed', () =>
    check(
      rules,
      `
int import(struct gem *gem, struct sg_table *sgt, size_t size)
{
    if (drm_prime_get_contiguous_size(sgt) < size)
        return -EINVAL;
    gem->addr = sg_dma_address(sgt->sgl);
    return 0;
}`,
    ));
});
