/** Coherent memory that the function only keeps in a field. */

import { describe, test } from 'vitest';
import { allocationUnchecked } from '../../server/rules/allocation-unchecked';
import { check } from '../support/check';

const OPEN = `
static int open_ring(struct ring *ring)
{
    ring->desc = dma_alloc_coherent(ring->dev, 4096, &ring->dma, GFP_KERNEL);
    writel(lower_32_bits(ring->dma), ring->regs);
    return 0;
}
`;
const MARKED = OPEN.replace(
  '    writel',
  `    //           ^^^^^^^^^^^^^^^^^^ error: the result of dma_alloc_coherent() is never tested; it is NULL when there is no memory
    writel`,
);
const finds = (text: string) => check([allocationUnchecked], text);

describe('memory that is only kept', () => {
  test('and nobody asks for', () =>
    finds(`${MARKED}
static void kick(struct ring *ring)
{
    memcpy(ring->desc, ring->first, 16);
    if (ring->desc->busy)
        wait(ring);
}`));

  test('each of several', () =>
    finds(`
static int open_rings(struct ring *ring)
{
    int i;

    for (i = 0; i < 4; i++)
        ring->desc[i] = dmam_alloc_coherent(ring->dev, 4096, &ring->dma[i], GFP_KERNEL);
        //              ^^^^^^^^^^^^^^^^^^^ error: the result of dmam_alloc_coherent() is never tested; it is NULL when there is no memory
    return 0;
}`));

  test.each([
    ['is not there', 'if (!ring->desc)\n        return -ENOMEM;'],
    ['is NULL', 'if (ring->desc == NULL)\n        return -ENOMEM;'],
    ['is there', 'if (ring->ready && ring->desc)\n        start(ring);'],
    ['is there, in a condition of its own', 'start(ring->desc ? ring : NULL);'],
    ['is likely there', 'if (unlikely(ring->desc))\n        start(ring);'],
  ])('that another function asks whether it %s', (_what, asks) =>
    finds(`${OPEN}
static int probe(struct ring *ring)
{
    open_ring(ring);
    ${asks}
    return 0;
}`),
  );

  test.each([
    ['returned', 'return ring->desc ? 0 : -ENOMEM;'],
    ['handed back', 'return ring->desc;'],
    ['given to a function that may test it', 'return check_ring(ring->desc);'],
  ])('that is %s', (_what, end) => finds(OPEN.replace('return 0;', end)));
});
