import { describe, test } from 'vitest';
import { mappingLeak } from '../../server/rules/mapping-leak';
import { check } from '../support/check';

/** A function that releases at its end what its flags say is mapped. */
const reserve = (mark: string, marker = '') => `
int reserve(struct conn *conn, struct task *task, unsigned int count)
{
    int err;

    err = dma_map_sg(conn->dev, task->sgl, count, DMA_FROM_DEVICE);
    if (err == 0)
        goto release;
    ${mark}
    if (conn->flags & CONN_QUEUE) {
        task->flags |= TASK_VALID;
    } else {
        err = conn->set_map(conn, task->index);
        if (err < 0)
            goto release;
    }
    return 0;

release:
    pods_release(conn, task->index);
    if (task->flags & TASK_MAPPED) {
        task->flags &= ~TASK_MAPPED;
        dma_unmap_sg(conn->dev, task->sgl, count, DMA_FROM_DEVICE);
    }
    return -EINVAL;${marker}
}`;
const LOST = `
 // ^^^^^^^^^^^^^^^ error: what dma_map_sg() mapped is lost here: this way out does not release it, others do`;

describe('mapping-leak', () => {
  const rules = [mappingLeak];

  test('a flag that was set behind the mapping guards the release', () =>
    check(rules, reserve('task->flags |= TASK_MAPPED;')));

  test('others may have looked at the flag since', () =>
    check(rules, reserve('task->flags |= TASK_MAPPED;').replace('set_map(conn, task->index)', 'set_map(conn, task)')));

  test('others may have looked at the flags, and the function has set another', () =>
    check(
      rules,
      reserve('task->flags |= TASK_BUSY;', LOST).replace('set_map(conn, task->index)', 'set_map(conn, task)'),
    ));

  test('a flag that is a number', () =>
    check(
      rules,
      reserve('task->flags |= 4;')
        .replace('task->flags & TASK_MAPPED', 'task->flags & 4')
        .replace('~TASK_MAPPED', '~4'),
    ));

  test('set together with another', () => check(rules, reserve('task->flags |= TASK_BUSY | TASK_MAPPED;')));

  test('the flag was forgotten', () => check(rules, reserve('task->count = err;', LOST)));

  test('the flag was taken out', () => check(rules, reserve('task->flags &= ~TASK_MAPPED;', LOST)));

  test('another flag was set', () => check(rules, reserve('task->flags |= TASK_BUSY;', LOST)));
});

describe('stages of a function', () => {
  const rules = [mappingLeak];
  const run = (stage: string, marker = '') => `
int run(struct device *dev, struct req *req)
{
    int ret, stage = 0;

    req->a = dma_map_single(dev, req->x, 64, DMA_TO_DEVICE);
    if (dma_mapping_error(dev, req->a))
        return -ENOMEM;
    stage = ${stage};
    req->n = dma_map_sg(dev, req->sgl, req->nents, DMA_TO_DEVICE);
    if (!req->n) {
        ret = -ENOMEM;
        goto out;
    }
    stage = 2;
    ret = hw_start(req);
    if (!ret)
        return 0;
out:
    switch (stage) {
    case 2:
        dma_unmap_sg(dev, req->sgl, req->nents, DMA_TO_DEVICE);
        fallthrough;
    case 1:
        dma_unmap_single(dev, req->a, 64, DMA_TO_DEVICE);
    }
    return -EIO;${marker}
}`;

  test('a switch releases what was mapped so far', () => check(rules, run('1')));

  const ranged = (range: string, stage = '1', marker = '') => run(stage, marker).replace('case 1:', `case ${range}:`);

  test('a range that the stage is in', () => check(rules, ranged('0 ... 1')));
  test('a range that it is not in', () =>
    check(
      rules,
      ranged(
        '3 ... 5',
        '1',
        `
 // ^^^^^^^^^^^^ error: what dma_map_single() mapped is lost here: this way out does not release it, others do`,
      ),
    ));
  test('stages with names', () =>
    check(
      rules,
      run('FIRST')
        .replace('stage = 2', 'stage = BOTH')
        .replace('case 2:', 'case BOTH:')
        .replace('case 1:', 'case FIRST:'),
    ));

  test('a stage that the switch does not know', () =>
    check(
      rules,
      run(
        '3',
        `
 // ^^^^^^^^^^^^ error: what dma_map_single() mapped is lost here: this way out does not release it, others do`,
      ),
    ));
});

describe('a switch in a loop', () => {
  test('what the first round knows is not known of the others', () =>
    check(
      [mappingLeak],
      `
int fill(struct device *dev, struct frame *frame, struct sk_buff *skb)
{
    dma_addr_t list, head = dma_map_single(dev, skb->data, skb->len, DMA_TO_DEVICE);
    int i, extra = 0;

    if (dma_mapping_error(dev, head))
        return -EINVAL;
    frame->head = head;
    for (i = 0; i < frame->parts; i++) {
        switch (i) {
        case 0:
            frame_set(frame, i);
            break;
        default:
            extra++;
            break;
        }
    }
    if (extra) {
        list = dma_map_single(dev, frame->list, 64, DMA_TO_DEVICE);
        if (dma_mapping_error(dev, list)) {
            dev_kfree_skb_any(skb);
            return -EINVAL;
         // ^^^^^^^^^^^^^^^ error: what dma_map_single() mapped is lost here: its memory was given back, and the mapping is still there
        }
        frame->extra = list;
    }
    return 0;
}`,
    ));
});

describe('DMA_MAPPING_ERROR as a mark', () => {
  const rules = [mappingLeak];

  test('for what was not mapped', () =>
    check(
      rules,
      `
int run(struct device *dev, struct req *req)
{
    dma_addr_t dma = DMA_MAPPING_ERROR;
    int ret = -EINVAL;

    if (!req->ok)
        goto out;
    dma = dma_map_single(dev, req->buf, req->len, DMA_TO_DEVICE);
    ret = -ENOMEM;
    if (dma == DMA_MAPPING_ERROR)
        goto out;
    ret = hw_start(req, dma);
out:
    if (dma != DMA_MAPPING_ERROR)
        dma_unmap_single(dev, dma, req->len, DMA_TO_DEVICE);
    return ret;
}`,
    ));

  test('a failure behind the test loses the mapping', () =>
    check(
      rules,
      `
int run(struct device *dev, struct req *req)
{
    dma_addr_t dma = dma_map_single(dev, req->buf, req->len, DMA_TO_DEVICE);

    if (dma == DMA_MAPPING_ERROR)
        return -ENOMEM;
    if (hw_start(req, dma))
        return -EIO;
     // ^^^^^^^^^^^^ error: what dma_map_single() mapped is lost here: this way out does not release it, others do
    dma_unmap_single(dev, dma, req->len, DMA_TO_DEVICE);
    return 0;
}`,
    ));
});
