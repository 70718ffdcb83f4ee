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

  const post = (use: string) => `
int post(struct ring *ring, struct slot *slot, void *data, size_t len)
{
    dma_addr_t addr = dma_map_single(ring->dev, data, len, DMA_TO_DEVICE);
    int ret;

    ${use}
    return 0;
}`;
  const loud = (use: string) =>
    post(use).replace(
      'DMA_TO_DEVICE);\n',
      "DMA_TO_DEVICE);\n    //                ^^^^^^^^^^^^^^ error: the result of dma_map_single() in 'addr' is never tested with dma_mapping_error()\n",
    );

  test('a function that sends it is no test, whatever it answers', () =>
    check(rules, loud('ret = ring_send(ring, addr);\n    if (ret)\n        return ret;')));
  test('a function that is named like a test may be one', () =>
    check(rules, post('ret = ring_check_address(ring, addr);\n    if (ret)\n        return ret;')));
  test('bytes in another order that are asked for later', () =>
    check(rules, loud('slot->addr = cpu_to_le32(addr);\n    if (slot->addr & ring->mask)\n        return -EIO;')));

  const wrapped = (test: string, inside = '') => `
static dma_addr_t map_rx(struct ring *ring, void *data)
{
    dma_addr_t addr = dma_map_single(ring->dev, data, SZ_2K, DMA_FROM_DEVICE);
${inside}
    return addr;
}
int fill(struct ring *ring, struct slot *slot, void *data)
{
    dma_addr_t addr = map_rx(ring, data);
${test}
    slot->addr = addr;
    return 0;
}`;

  test('what a function of the file maps and hands back', () =>
    check(
      rules,
      wrapped(
        "    //                ^^^^^^ error: the result of map_rx() in 'addr' is never tested with dma_mapping_error()\n",
      ),
    ));
  test('is tested by the caller', () =>
    check(rules, wrapped('    if (dma_mapping_error(ring->dev, addr))\n        return -ENOMEM;')));
  test('is tested by the function that maps', () =>
    check(rules, wrapped('', '    if (dma_mapping_error(ring->dev, addr))\n        ring->lost++;')));
});
