/** Counts and lengths that take some following: lists built in two ways, one struct reached in two ways, tables of others. */

import { describe, test } from 'vitest';
import { cpuAddressForDevice } from '../../server/rules/cpu-address-for-device';
import { cpuLengthForDevice } from '../../server/rules/cpu-length-for-device';
import { mappedCountWalksCpu } from '../../server/rules/mapped-count-walks-cpu';
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

describe('entries that a loop of its own moves along', () => {
  const fill = (length: string) => `
void fill(struct ring *ring, struct scatterlist *sg)
{
    dma_addr_t addr = sg_dma_address(sg);
    unsigned int len = ${length};

    for (;;) {
        ring->slot[ring->at].addr = cpu_to_le64(addr);
        ring->slot[ring->at].len = cpu_to_le32(len);
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: the CPU's length is given to the device beside the DMA address; use sg_dma_len()
        sg = sg_next(sg);
        if (!sg)
            break;
        addr = sg_dma_address(sg);
        len = ${length};
    }
}`;
  const unmarked = (source: string) => source.replace(/^ *\/\/ +\^.*\n/m, '');

  test('with their length', () => check([cpuLengthForDevice], fill('sg->length')));
  test('with their DMA length', () => check([cpuLengthForDevice], unmarked(fill('sg_dma_len(sg)'))));

  test('their length is what is copied', () =>
    check(
      [cpuLengthForDevice],
      `
void copy(struct ring *ring, struct scatterlist *sg, u8 *to)
{
    while (sg) {
        ring->addr = sg_dma_address(sg);
        memcpy(to, sg_virt(sg), sg->length);
        sg = sg_next(sg);
    }
}`,
    ));
});

describe('a DMA length that nobody uses', () => {
  const queue = (print: string, length: string) => `
void queue(struct port *port, struct scatterlist *sgl, int n)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, n, i) {
        ${print}(port->dev, "%u bytes at %pad\\n", sg_dma_len(sg), &sg_dma_address(sg));
        port_sg_set_addr(port, sg_dma_address(sg));
        port_sg_set_len(port, ${length});
${length === 'sg->length' ? "        //                    ^^^^^^^^^^ error: the CPU's length is given to the device beside the DMA address; use sg_dma_len()\n" : ''}    }
}`;

  test('is printed only', () => check([cpuLengthForDevice], queue('dev_dbg', 'sg->length')));
  test('is printed, and used', () => check([cpuLengthForDevice], queue('dev_dbg', 'sg_dma_len(sg)')));
  test('is made with the address by an allocation', () =>
    check([cpuLengthForDevice], queue('port_alloc', 'sg->length').replace(/^ *\/\/ +\^.*\n/m, '')));
});

describe('spi transfers, which the core maps', () => {
  const setup = (length: string) => `
void setup(struct engine *engine, struct spi_transfer *xfer)
{
    engine_rx(engine, sg_dma_address(xfer->rx_sg.sgl), ${length});
}`;

  test('the length of an entry', () =>
    check(
      [cpuLengthForDevice],
      setup('xfer->rx_sg.sgl->length').replace(
        ');\n}',
        ");\n    //                                                 ^^^^^^^^^^^^^^^^^^^^^^^ error: the CPU's length is given to the device beside the DMA address; use sg_dma_len()\n}",
      ),
    ));

  test('the length of a segment', () => check([cpuLengthForDevice], setup('sg_dma_len(xfer->rx_sg.sgl)')));
});

describe('walks over the entries of a table', () => {
  const walk = (count: string, body: string) => `
int insert(struct mmu *mmu, struct sg_table *sgt)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgt->sgl, sg, ${count}, i)
        ${body}
    return 0;
}`;

  test('DMA addresses of orig_nents entries are given away', () =>
    check(
      [originalCountWalksDma],
      walk('sgt->orig_nents', 'mmu->map(mmu, sg_dma_address(sg), sg_dma_len(sg));').replace(
        'orig_nents, i)\n',
        "orig_nents, i)\n    //                        ^^^^^^^^^^^^^^^ error: this walk reads DMA addresses of 'sgt->orig_nents' entries, the count before mapping; fewer may be mapped\n",
      ),
    ));
  test('of nents segments', () =>
    check([originalCountWalksDma], walk('sgt->nents', 'mmu->map(mmu, sg_dma_address(sg), sg_dma_len(sg));')));
  test('pages of orig_nents entries', () =>
    check([originalCountWalksDma], walk('sgt->orig_nents', 'mmu->map(mmu, sg_phys(sg), sg->length);')));
  test('DMA lengths that are only added up: those behind the last segment are 0', () =>
    check([originalCountWalksDma], walk('sgt->orig_nents', 'mmu->size += sg_dma_len(sg);')));

  const each = (macro: string, read: string) => `
void fill(struct cmd *cmd, struct sg_table *sgt)
{
    struct scatterlist *sg;
    int i;

    ${macro}(sgt, sg, i)
        cmd->ents[i].addr = cpu_to_le64(${read}(sg));
}`;

  test('physical addresses over the DMA segments', () =>
    check(
      [cpuAddressForDevice],
      each('for_each_sgtable_dma_sg', 'sg_phys').replace(
        '(sg));\n}',
        '(sg));\n     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: sg_phys() is given to the device, but the memory is mapped: it needs sg_dma_address()\n}',
      ),
    ));
  test('physical addresses over the entries', () =>
    check([cpuAddressForDevice], each('for_each_sgtable_sg', 'sg_phys')));

  test('lengths over the DMA segments', () =>
    check(
      [mappedCountWalksCpu],
      `
size_t bytes(struct sg_table *sgt)
{
    struct scatterlist *sg;
    size_t sum = 0;
    int i;

    for_each_sgtable_dma_sg(sgt, sg, i)
 // ^^^^^^^^^^^^^^^^^^^^^^^ error: this walk reads the CPU's lengths of the entries, but ends after the mapped segments
        sum += sg->length;
    return sum;
}`,
    ));
});

describe('tables that are mapped and released in functions of their own', () => {
  const exporter = (map: string, unmap: string) => `
struct sg_table *heap_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
    struct sg_table *table = attach->priv;

    ${map}
    return table;
}
void heap_unmap(struct dma_buf_attachment *attach, struct sg_table *table, enum dma_data_direction dir)
{
    ${unmap}
}`;
  const NEW = 'if (dma_map_sgtable(attach->dev, table, dir, 0))\n        return ERR_PTR(-ENOMEM);';
  const OLD = 'if (!dma_map_sg(attach->dev, table->sgl, table->nents, dir))\n        return ERR_PTR(-ENOMEM);';
  const RELEASE = 'dma_unmap_sg(attach->dev, table->sgl, table->nents, dir);';

  test('the count that dma_map_sgtable() left in the table', () =>
    check(
      [unmapWithMappedCount],
      exporter(
        NEW,
        `${RELEASE}
    //                                    ^^^^^^^^^^^^ error: dma_unmap_sg() is given 'table->nents', which dma_map_sgtable() in heap_map() set to the mapped count; it needs 'table->orig_nents', the count that was passed in`,
      ),
    ));
  test('the original count of the table', () =>
    check([unmapWithMappedCount], exporter(NEW, RELEASE.replace('nents', 'orig_nents'))));
  test('a table whose nents never took the mapped count', () => check([unmapWithMappedCount], exporter(OLD, RELEASE)));
  test('a file that also puts the original count there', () =>
    check(
      [unmapWithMappedCount],
      `${exporter(NEW, RELEASE)}
void heap_reset(struct heap *heap)
{
    heap->table.nents = heap->table.orig_nents;
}`,
    ));
});
