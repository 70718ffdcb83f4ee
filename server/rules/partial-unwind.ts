import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const partialUnwind: Rule = {
  id: 'partial-unwind',
  title: 'A loop that fails in the middle leaves what its earlier rounds mapped',
  severity: 'error',
  why: `When the third fragment of a packet cannot be mapped, the first two are. A function that then drops the packet, or
tells its caller that it failed, has lost them: nobody knows their addresses any more.`,
  bad: `
netdev_tx_t xmit(struct sk_buff *skb, struct nic *nic)
{
    int i;

    for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
        nic->dma[i] = skb_frag_dma_map(nic->dev, &skb_shinfo(skb)->frags[i], 0, 512, DMA_TO_DEVICE);
        //            ^^^^^^^^^^^^^^^^ error: when skb_frag_dma_map() fails in a later round, what the earlier rounds mapped is lost
        if (dma_mapping_error(nic->dev, nic->dma[i])) {
            dev_kfree_skb_any(skb);
            return NETDEV_TX_OK;
        }
    }
    start(nic);
    return NETDEV_TX_OK;
}`,
  good: `
netdev_tx_t xmit(struct sk_buff *skb, struct nic *nic)
{
    int i;

    for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
        nic->dma[i] = skb_frag_dma_map(nic->dev, &skb_shinfo(skb)->frags[i], 0, 512, DMA_TO_DEVICE);
        if (dma_mapping_error(nic->dev, nic->dma[i]))
            goto unwind;
    }
    start(nic);
    return NETDEV_TX_OK;

unwind:
    while (i--)
        dma_unmap_page(nic->dev, nic->dma[i], 512, DMA_TO_DEVICE);
    dev_kfree_skb_any(skb);
    return NETDEV_TX_OK;
}`,
  fix: 'None is offered: the way back through the rounds is for the author to write.',
  silent: `Ways on which anything is called that may clean up, here or in a caller of the file; receive rings, which keep
what they have; loops that release in each round.`,
  reference:
    'Documentation/core-api/dma-api-howto.rst, "Handling Errors": the example unmaps what was mapped before. dma-debug: "device driver has pending DMA allocations while released from device".',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { map, end } of fn.lostRounds) {
      const name = `${map.call.name ?? 'the map call'}()`;
      yield {
        span: map.call.nameSpan,
        message: `when ${name} fails in a later round, what the earlier rounds mapped is lost`,
        related: [{ span: end, message: 'this way out releases nothing' }],
      };
    }
  },
};
