/** Lists as they are made: set up before they are filled, and left alone by importers. */

import { describe, test } from 'vitest';
import { importReadsPages } from '../../server/rules/import-reads-pages';
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
