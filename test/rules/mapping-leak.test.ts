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
