import { describe, test } from 'vitest';
import { mappingLeak } from '../../server/rules/mapping-leak';
import { check } from '../support/check';

const rules = [mappingLeak];

describe('lists whose memory goes', () => {
  test('a list of its own is freed while it is mapped', () =>
    check(
      rules,
      `
int build(struct port *port, int n)
{
    struct scatterlist *list = kcalloc(n, sizeof(*list), GFP_ATOMIC);

    if (!dma_map_sg(port->dev, list, n, DMA_TO_DEVICE))
        goto free_list;
    if (!program(port, list))
        goto free_list;
    return 0;
free_list:
    kfree(list);
    return -EIO;
 // ^^^^^^^^^^^^ error: what dma_map_sg() mapped is lost here: its memory was given back, and the mapping is still there
}`,
    ));

  test('the entries of a table are freed while it is mapped', () =>
    check(
      rules,
      `
int grow(struct heap *heap, struct sg_table *sgt)
{
    int ret = dma_map_sgtable(heap->dev, sgt, DMA_BIDIRECTIONAL, 0);

    if (ret)
        return ret;
    ret = insert(heap);
    if (ret) {
        sg_free_table(sgt);
        return -ENOMEM;
     // ^^^^^^^^^^^^^^^ error: what dma_map_sgtable() mapped is lost here: its memory was given back, and the mapping is still there
    }
    return 0;
}`,
    ));

  test('released before, under another name of the list', () =>
    check(
      rules,
      `
int grow(struct heap *heap, struct sg_table *sgt)
{
    if (!dma_map_sg(heap->dev, sgt->sgl, sgt->orig_nents, DMA_BIDIRECTIONAL))
        return -ENOMEM;
    if (insert(heap)) {
        dma_unmap_sg(heap->dev, heap->first, heap->n, DMA_BIDIRECTIONAL);
        sg_free_table(sgt);
        return -ENOMEM;
    }
    return 0;
}`,
    ));

  test('a function of the driver may release it', () =>
    check(
      rules,
      `
int grow(struct heap *heap, struct sg_table *sgt)
{
    if (dma_map_sgtable(heap->dev, sgt, DMA_BIDIRECTIONAL, 0))
        return -ENOMEM;
    if (insert(heap)) {
        heap_unmap(heap, sgt);
        sg_free_table(sgt);
        return -ENOMEM;
    }
    return 0;
}`,
    ));
});

describe('work that is waited for', () => {
  const transfer = (wait: string, end: string) => `
int transfer(struct ctl *ctl, void *buf, size_t len)
{
    dma_addr_t addr = dma_map_single(ctl->dev, buf, len, DMA_TO_DEVICE);
    struct dma_async_tx_descriptor *tx;

    if (dma_mapping_error(ctl->dev, addr))
        return -ENOMEM;
    tx = dmaengine_prep_slave_single(ctl->chan, addr, len, DMA_MEM_TO_DEV, 0);
    if (!tx) {
        dma_unmap_single(ctl->dev, addr, len, DMA_TO_DEVICE);
        return -EIO;
    }
    dmaengine_submit(tx);
    dma_async_issue_pending(ctl->chan);
    ${wait}
${end}
}`;

  test('nobody knows the address any more when it is done', () =>
    check(
      rules,
      transfer(
        'wait_for_completion(&ctl->done);',
        `    return 0;
 // ^^^^^^^^^ error: what dma_map_single() mapped is lost here: this way out does not release it, others do`,
      ),
    ));

  test('it goes on behind the return: somebody else may know', () =>
    check(rules, transfer('ctl->len = len;', '    return 0;')));

  test('released when it is done', () =>
    check(
      rules,
      transfer(
        'wait_for_completion(&ctl->done);',
        `    dma_unmap_single(ctl->dev, addr, len, DMA_TO_DEVICE);
    return 0;`,
      ),
    ));

  test('a descriptor was given the address', () =>
    check(rules, transfer('attach_buffer(ctl->desc, addr);\n    wait_for_completion(&ctl->done);', '    return 0;')));
});

describe('an engine that does not queue the descriptor', () => {
  const send = (refused: string) => `
int send(struct port *port, void *buf, size_t len)
{
    struct dma_async_tx_descriptor *tx;
    dma_cookie_t cookie;
    dma_addr_t addr = dma_map_single(port->dev, buf, len, DMA_TO_DEVICE);

    if (dma_mapping_error(port->dev, addr))
        return -ENOMEM;
    tx = dmaengine_prep_slave_single(port->chan, addr, len, DMA_MEM_TO_DEV, 0);
    if (!tx)
        goto unmap;
    cookie = dmaengine_submit(tx);
    if (dma_submit_error(cookie))
        ${refused}
    port->addr = addr;
    dma_async_issue_pending(port->chan);
    return 0;
unmap:
    dma_unmap_single(port->dev, addr, len, DMA_TO_DEVICE);
    return -EIO;
}`;

  test('the mapping stays', () =>
    check(
      rules,
      send(`return -EIO;
     // ^^^^^^^^^^^^ error: what dma_map_single() mapped is lost here: the DMA engine did not take it, and nothing releases it`),
    ));
  test('the mapping is released', () => check(rules, send('goto unmap;')));
  test('a descriptor that is not tested is taken for queued', () =>
    check(rules, send('goto unmap;').replace('    if (dma_submit_error(cookie))\n        goto unmap;\n', '')));
});

describe('two lists, of which the second cannot be mapped', () => {
  const start = (second: string, rest = '') => `
static int start(struct engine *engine, struct request *req)
{
    int n = dma_map_sg(engine->dev, req->src, req->src_n, DMA_TO_DEVICE);

    if (!n)
        return -EINVAL;
${second}
    run(engine, req);
    return 0;
}
${rest}`;
  const BAD = `    n = dma_map_sg(engine->dev, req->dst, req->dst_n, DMA_FROM_DEVICE);
    if (!n)
        return -EINVAL;`;
  const LOST = `${BAD}
     // ^^^^^^^^^^^^^^^ error: what dma_map_sg() mapped is lost here: another list could not be mapped, and nobody who is told so knows of this one`;

  test('the first is lost', () => check(rules, start(LOST)));
  test('the first is lost, and the caller only hands the error on', () =>
    check(rules, start(LOST, 'int queue(struct engine *engine)\n{\n    return start(engine, engine->req);\n}')));
  test('a table, and a table', () =>
    check(
      rules,
      start(`    if (dma_map_sgtable(engine->dev, req->table, DMA_FROM_DEVICE, 0))
        return -EINVAL;
     // ^^^^^^^^^^^^^^^ error: what dma_map_sg() mapped is lost here: another list could not be mapped, and nobody who is told so knows of this one`),
    ));

  test('a caller that cleans up', () =>
    check(
      rules,
      start(
        BAD,
        'int queue(struct engine *engine)\n{\n    if (start(engine, engine->req))\n        unmap_all(engine);\n    return 0;\n}',
      ),
    ));
  test('a function that others may call, who may clean up', () =>
    check(rules, start(BAD).replace('static int', 'int')));
  test('a helper that cleans up on the way', () =>
    check(rules, start(BAD.replace('return -EINVAL', 'return finish(engine, -EINVAL)'))));
  test('the same list again', () => check(rules, start(BAD.replaceAll('dst', 'src'))));
  test('lists that are mapped one after the other in a loop', () =>
    check(
      rules,
      `
static int start(struct engine *engine, struct request *req)
{
    int i, n;

    for (i = 0; i < req->lists; i++) {
        n = dma_map_sg(engine->dev, req->src[i], req->src_n, DMA_TO_DEVICE);
        if (!n)
            return -EINVAL;
    }
    n = dma_map_sg(engine->dev, req->dst, req->dst_n, DMA_FROM_DEVICE);
    if (!n)
        return -EINVAL;
    return 0;
}`,
    ));
});
