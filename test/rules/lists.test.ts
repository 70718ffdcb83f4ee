/** Lists as they are made: set up before they are filled, and left alone by importers. */

import { describe, test } from 'vitest';
import { importReadsPages } from '../../server/rules/import-reads-pages';
import { listIndexed } from '../../server/rules/list-indexed';
import { listNotInitialised } from '../../server/rules/list-not-initialised';
import { check } from '../support/check';

describe('list-not-initialised', () => {
  const send = (before: string, declaration = 'struct scatterlist sg[2];') => `
int send(struct host *host, void *head, void *body, size_t len)
{
    ${declaration}

    ${before}
    sg_set_buf(sg + 1, body, len);
    if (!dma_map_sg(host->dev, sg, 2, DMA_TO_DEVICE))
        return -ENOMEM;
    return run(host, sg);
}`;
  const FILL = 'sg_set_buf(&sg[0], head, 64);';

  test('the stack decides', () =>
    check(
      [listNotInitialised],
      send(`${FILL}
 // ^^^^^^^^^^ error: 'sg' is filled, but nobody called sg_init_table(): what the stack held decides where the list ends`),
    ));
  test('one that is set up afterwards loses what was set', () =>
    check(
      [listNotInitialised],
      send(`${FILL}
 // ^^^^^^^^^^ error: 'sg' is filled, but nobody called sg_init_table(): what the stack held decides where the list ends
    sg_init_table(sg, 2);`),
    ));
  test('set up first', () => check([listNotInitialised], send(`sg_init_table(sg, 2);\n    ${FILL}`)));
  test('cleared first', () => check([listNotInitialised], send(`memset(sg, 0, sizeof(sg));\n    ${FILL}`)));
  test('cleared by its initialiser', () => check([listNotInitialised], send(FILL, 'struct scatterlist sg[2] = {};')));
  test('given to a function of the driver first', () =>
    check([listNotInitialised], send(`host_prepare(host, sg);\n    ${FILL}`)));
  test('a pointer to a list of somebody else', () =>
    check([listNotInitialised], send(FILL, 'struct scatterlist *sg = host->sg;')));
  test('a static list is zeroed', () => check([listNotInitialised], send(FILL, 'static struct scatterlist sg[2];')));
});

describe('import-reads-pages', () => {
  const attach = (use: string, get = 'dma_buf_map_attachment_unlocked(map->attach, DMA_BIDIRECTIONAL)') => `
int attach(struct map *map)
{
    struct scatterlist *sg;
    int i;

    map->table = ${get};
    if (IS_ERR(map->table))
        return PTR_ERR(map->table);
    for_each_sgtable_dma_sg(map->table, sg, i)
        ${use}
    return 0;
}`;
  const PAGES = 'map->pages[i] = sg_page(sg);';

  test('pages of what was imported', () =>
    check(
      [importReadsPages],
      attach(`${PAGES}
        //              ^^^^^^^^^^^ error: sg_page() reads the pages of a table that dma_buf_map_attachment_unlocked() returned; an importer may use its DMA side only`),
    ));
  test('DMA addresses of what was imported', () =>
    check([importReadsPages], attach('map->addresses[i] = sg_dma_address(sg);')));
  test('pages of memory of its own', () => check([importReadsPages], attach(PAGES, 'map_make_table(map)')));
  test('pages of another table', () =>
    check(
      [importReadsPages],
      `
int copy(struct map *map, struct dma_buf_attachment *attach, struct sg_table *own)
{
    struct sg_table *sgt = dma_buf_map_attachment(attach, DMA_TO_DEVICE);

    if (IS_ERR(sgt))
        return PTR_ERR(sgt);
    map->vaddr = sg_virt(own->sgl);
    map->dma = sg_dma_address(sgt->sgl);
    return 0;
}`,
    ));
});

describe('list-indexed', () => {
  const message = (maker: string) =>
    `error: this counts through a list of ${maker}, which may be several arrays, linked by their last entries; use for_each_sg() or sg_next()`;
  const fill = (use: string, before = 'if (sg_alloc_table(table, n, GFP_KERNEL))\n        return -ENOMEM;') => `
int prepare(struct engine *engine, struct sg_table *table, unsigned int n)
{
    struct scatterlist *sg = table->sgl;
    struct scatterlist own[4];
    unsigned int i;

    ${before}
    ${use}
    return 0;
}`;
  const INDEX = 'for (i = 0; i < n; i++)\n        engine->ring[i] = sg_dma_address(&table->sgl[i]);';

  test('by an index', () =>
    check(
      [listIndexed],
      fill(`${INDEX}
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ${message('sg_alloc_table()')}`),
    ));
  test('by adding', () =>
    check(
      [listIndexed],
      fill(`for (i = 0; i < n; i++)
        sg_set_buf(table->sgl + i, engine->bufs[i], 64);
        //         ^^^^^^^^^^^^^^ ${message('sg_alloc_table()')}`),
    ));
  test('by a pointer that moves on', () =>
    check(
      [listIndexed],
      fill(`sg = table->sgl;
    for (i = 0; i < n; i++, sg++)
        engine->ring[i] = sg_dma_address(sg);
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ${message('sg_alloc_table()')}`),
    ));
  test('of a dma-buf', () =>
    check(
      [listIndexed],
      fill(
        `${INDEX}
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ${message('dma_buf_map_attachment()')}`,
        'table = dma_buf_map_attachment(engine->attach, DMA_TO_DEVICE);',
      ),
    ));
  test('of a SCSI command', () =>
    check(
      [listIndexed],
      `
void queue(struct engine *engine, struct scsi_cmnd *cmd)
{
    struct scatterlist *sg = scsi_sglist(cmd);
    int i, n = scsi_dma_map(cmd);

    for (i = 0; i < n; i++)
        engine->ring[i] = sg_dma_address(&sg[i]);
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ${message('the SCSI layer')}
}`,
    ));
  const request = (type: string, list: string) => `
void queue(struct engine *engine, struct ${type} *req, int n)
{
    int i;

    for (i = 0; i < n; i++)
        engine->ring[i] = sg_dma_address(&req->${list}[i]);`;
  test('of a request for encryption', () =>
    check(
      [listIndexed],
      `${request('skcipher_request', 'src')}
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ${message('whoever made the request')}
}`,
    ));
  test('of an SPI transfer', () =>
    check(
      [listIndexed],
      `${request('spi_transfer', 'tx_sg.sgl')}
     // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ${message('the SPI core')}
}`,
    ));

  test('a list of nobody knows whom', () => check([listIndexed], `${request('engine_request', 'src')}\n}`));
  test('a list that another function made', () => check([listIndexed], fill(INDEX, 'engine_prepare(engine, table);')));
  test('a table that fits one array', () =>
    check([listIndexed], fill(INDEX, 'if (sg_alloc_table(table, 128, GFP_KERNEL))\n        return -ENOMEM;')));
  test('a number of entries that is limited', () =>
    check(
      [listIndexed],
      fill(
        INDEX,
        'if (MAX_ENTRIES < n)\n        return -EINVAL;\n    if (sg_alloc_table(table, n, GFP_KERNEL))\n        return -ENOMEM;',
      ),
    ));
  test('the first entry', () => check([listIndexed], fill('engine->ring[0] = sg_dma_address(&table->sgl[0]);')));
  test('sg_next()', () =>
    check(
      [listIndexed],
      fill('for (i = 0, sg = table->sgl; i < n; i++, sg = sg_next(sg))\n        engine->ring[i] = sg_dma_address(sg);'),
    ));
  test('for_each_sg()', () =>
    check([listIndexed], fill('for_each_sg(table->sgl, sg, n, i)\n        engine->ring[i] = sg_dma_address(sg);')));
  test('an array of the function', () =>
    check([listIndexed], fill('for (i = 0; i < 4; i++)\n        sg_set_buf(&own[i], engine->bufs[i], 64);')));
});
