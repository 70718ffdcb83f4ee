/** Packets of a head and fragments: who gives up in the middle has to release both. */

import { describe, test } from 'vitest';
import { partialUnwind } from '../../server/rules/partial-unwind';
import { check } from '../support/check';

const send = (label: string, marked = '') => `
netdev_tx_t xmit(struct sk_buff *skb, struct nic *nic)
{
    dma_addr_t head = dma_map_single(nic->dev, skb->data, skb_headlen(skb), DMA_TO_DEVICE);
    int i;

    if (dma_mapping_error(nic->dev, head))
        goto drop;
    nic->head = head;
    for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
        nic->dma[i] = skb_frag_dma_map(nic->dev, &skb_shinfo(skb)->frags[i], 0, 512, DMA_TO_DEVICE);
${marked}        if (dma_mapping_error(nic->dev, nic->dma[i]))
            goto unmap;
    }
    start(nic);
    return NETDEV_TX_OK;
unmap:
${label}
drop:
    dev_kfree_skb_any(skb);
    return NETDEV_TX_OK;
}`;
const HEAD = '    dma_unmap_single(nic->dev, head, skb_headlen(skb), DMA_TO_DEVICE);';
const LOST = `        //            ^^^^^^^^^^^^^^^^ error: when skb_frag_dma_map() fails in a later round, what the earlier rounds mapped is lost
`;
const finds = (text: string) => check([partialUnwind], text);

describe('when a fragment cannot be mapped', () => {
  test('only the head is released', () => finds(send(HEAD, LOST)));
  test('nothing is', () => finds(send('    nic->errors++;', LOST)));
  test('the fragments are, and the head', () =>
    finds(
      send(`    while (i--)
        dma_unmap_page(nic->dev, nic->dma[i], 512, DMA_TO_DEVICE);
${HEAD}`),
    ));
  test('a helper may do it', () => finds(send(`${HEAD}\n    release_frags(nic, i);`)));
  test('an address that may be of either is', () =>
    finds(send('    dma_unmap_page(nic->dev, i ? nic->dma[0] : head, 512, DMA_TO_DEVICE);')));
  test('an address that a field keeps is', () =>
    finds(send('    dma_unmap_page(nic->dev, nic->last, 512, DMA_TO_DEVICE);')));
});
