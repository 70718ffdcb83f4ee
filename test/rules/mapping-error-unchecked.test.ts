import { describe, test } from 'vitest';
import { mappingErrorUnchecked } from '../../server/rules/mapping-error-unchecked';
import { check } from '../support/check';

describe('mapping-error-unchecked', () => {
  const rules = [mappingErrorUnchecked];

  test('tested as what a getter of its owner returns', () =>
    check(
      rules,
      `
bool map(struct ib_device *device, struct regbuf *rb)
{
    rb->iov.addr = ib_dma_map_single(device, rb->data, rb->len, rb->dir);
    if (ib_dma_mapping_error(device, regbuf_addr(rb)))
        return false;
    rb->iov.lkey = rb->key;
    return true;
}`,
    ));

  test('what a getter of another returns is another', () =>
    check(
      rules,
      `
bool map(struct ib_device *device, struct regbuf *rb, struct regbuf *other)
{
    rb->iov.addr = ib_dma_map_single(device, rb->data, rb->len, rb->dir);
    //             ^^^^^^^^^^^^^^^^^ error: the result of ib_dma_map_single() in 'rb->iov.addr' is never tested with dma_mapping_error()
    if (ib_dma_mapping_error(device, regbuf_addr(other)))
        return false;
    rb->iov.lkey = rb->key;
    return true;
}`,
    ));
});
