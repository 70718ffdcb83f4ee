/** Counts and lengths that take some following: lists built in two ways, one struct reached in two ways, tables of others. */

import { describe, test } from 'vitest';
import { cpuLengthForDevice } from '../../server/rules/cpu-length-for-device';
import { originalCountWalksDma } from '../../server/rules/original-count-walks-dma';
import { unmapWithMappedCount } from '../../server/rules/unmap-with-mapped-count';
import { check } from '../support/check';

describe('a list of one entry or two', () => {
  const send = (prepare: string) => `
void send(struct port *port, void *buf, int len)
{
    struct scatterlist *sgl = port->tx_sgl;
    int n;

    if (len < PART) {
        port->count = 1;
        sg_init_one(sgl, buf, len);
    } else {
        port->count = 2;
        sg_init_table(sgl, 2);
        sg_set_buf(sgl, buf, PART);
        sg_set_buf(sgl + 1, buf + PART, len - PART);
    }
    n = dma_map_sg(port->dev, sgl, port->count, DMA_TO_DEVICE);
    if (!n)
        return;
${prepare}
}`;

  test('the count before mapping', () =>
    check(
      [originalCountWalksDma],
      send(`    port->desc = dmaengine_prep_slave_sg(port->chan, sgl, port->count, DMA_MEM_TO_DEV, 0);
    //                                                    ^^^^^^^^^^^ error: dmaengine_prep_slave_sg() is given 'port->count', the count before mapping; only 'n' of them are mapped`),
    ));

  test('the mapped count', () =>
    check(
      [originalCountWalksDma],
      send('    port->desc = dmaengine_prep_slave_sg(port->chan, sgl, n, DMA_MEM_TO_DEV, 0);'),
    ));
});

describe('a count that is zero where there is one entry', () => {
  const build = (count: string) => `
void fill(struct link *link, struct scatterlist *sg, int n)
{
    while (n) {
        link->addr = sg_dma_address(sg);
        link->len = sg_dma_len(sg);
        sg = sg_next(sg);
        link++;
        n--;
    }
}
int build(struct ctx *ctx, struct request *req)
{
    int n, nents = count_entries(req->src);

    n = dma_map_sg(ctx->dev, req->src, nents ?: 1, DMA_TO_DEVICE);
    if (!n)
        return -ENOMEM;
${count}
    return 0;
}`;

  test('walks the count before mapping', () =>
    check(
      [originalCountWalksDma],
      build(`    fill(ctx->links, req->src, nents);
    //                         ^^^^^ error: fill() is given 'nents', the count before mapping; only 'n' of them are mapped`),
    ));

  test('walks the mapped count', () => check([originalCountWalksDma], build('    fill(ctx->links, req->src, n);')));
});

describe('a table that somebody else mapped', () => {
  test('its DMA addresses are read of all entries', () =>
    check(
      [originalCountWalksDma],
      `
int insert(struct mmu *mmu, struct sg_table *sgt)
{
    struct scatterlist *sg;
    int i;

    for_each_sgtable_sg(sgt, sg, i)
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: for_each_sgtable_sg() walks all entries, but DMA addresses are read; fewer may be mapped
        mmu->map(mmu, sg_dma_address(sg), sg_dma_len(sg));
    return 0;
}`,
    ));

  test('its pages are read of all entries', () =>
    check(
      [originalCountWalksDma],
      `
int insert(struct mmu *mmu, struct sg_table *sgt)
{
    struct scatterlist *sg;
    int i;

    for_each_sgtable_sg(sgt, sg, i)
        mmu->map(mmu, sg_phys(sg), sg->length);
    return 0;
}`,
    ));

  test('its addresses are made here', () =>
    check(
      [originalCountWalksDma],
      `
void place(struct mmu *mmu, struct sg_table *sgt, dma_addr_t addr)
{
    struct scatterlist *sg;
    int i;

    for_each_sgtable_sg(sgt, sg, i) {
        sg_dma_address(sg) = addr;
        mmu->map(mmu, sg_dma_address(sg), sg->length);
        addr += sg->length;
    }
}`,
    ));
});

describe('one struct, reached in two ways', () => {
  const files = (count: string) => `
void stop(struct conn *conn, struct data_op *op)
{
${count}
}
int start(struct conn *conn, struct message *msg)
{
    msg->data.op_count = dma_map_sg(conn->dev, msg->data.op_sg, msg->data.op_nents, DMA_TO_DEVICE);
    if (!msg->data.op_count)
        return -ENOMEM;
    return 0;
}`;

  test('released with the mapped count', () =>
    check(
      [unmapWithMappedCount],
      files(`    dma_unmap_sg(conn->dev, op->op_sg, op->op_count, DMA_TO_DEVICE);
    //                                 ^^^^^^^^^^^^ error: dma_unmap_sg() is given 'op->op_count', which dma_map_sg() in start() returned; it needs 'op->op_nents', the count that was passed in`),
    ));

  test('released with the original count', () =>
    check([unmapWithMappedCount], files('    dma_unmap_sg(conn->dev, op->op_sg, op->op_nents, DMA_TO_DEVICE);')));

  test('another list keeps its original count under that name', () =>
    check(
      [unmapWithMappedCount],
      `${files('    dma_unmap_sg(conn->dev, op->op_sg, op->op_count, DMA_TO_DEVICE);')}
int begin(struct conn *conn, struct other *other, int n)
{
    other->op_count = n;
    if (!dma_map_sg(conn->dev, other->op_sg, n, DMA_TO_DEVICE))
        return -ENOMEM;
    return 0;
}`,
    ));
});

describe('the length beside the address of one entry', () => {
  const give = (length: string) => `
int start(struct host *host, struct request *req, int n)
{
    if (!dma_map_sg(host->dev, req->list, n, DMA_TO_DEVICE))
        return -EIO;
${length}
    return 0;
}`;

  test('written to registers', () =>
    check(
      [cpuLengthForDevice],
      give(`    writel(sg_dma_address(req->list), host->regs);
    writel(req->list->length, host->regs + 4);
    //     ^^^^^^^^^^^^^^^^^ error: the CPU's length is given to the device beside the DMA address; use sg_dma_len()`),
    ));

  test('its DMA length', () =>
    check(
      [cpuLengthForDevice],
      give(`    writel(sg_dma_address(req->list), host->regs);
    writel(sg_dma_len(req->list), host->regs + 4);`),
    ));

  test('a list that is not seen to be mapped may have been given its length', () =>
    check(
      [cpuLengthForDevice],
      `
void put(struct desc *desc, struct request *req)
{
    set_input(desc, sg_dma_address(req->list), req->list->length);
}`,
    ));
});
