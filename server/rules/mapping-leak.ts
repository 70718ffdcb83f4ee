import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const mappingLeak: Rule = {
  id: 'mapping-leak',
  title: 'A way out of the function loses a mapping',
  severity: 'error',
  why: `Each mapping holds IOVA space, bounce slots, or both, until it is released. A return that leaves it behind loses
them for good: after enough failures, mappings fail for every device that shares the space.`,
  bad: `
int send(struct host *host, void *data, size_t len)
{
    dma_addr_t addr = dma_map_single(host->dev, data, len, DMA_TO_DEVICE);

    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    if (!host->ready)
        return -ENODEV;
     // ^^^^^^^^^^^^^^^ error: what dma_map_single() mapped is lost here: this way out does not release it, others do
    writel(lower_32_bits(addr), host->regs + ADDR);
    dma_unmap_single(host->dev, addr, len, DMA_TO_DEVICE);
    return 0;
}`,
  good: `
int send(struct host *host, void *data, size_t len)
{
    dma_addr_t addr;

    if (!host->ready)
        return -ENODEV;
    addr = dma_map_single(host->dev, data, len, DMA_TO_DEVICE);
    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    writel(lower_32_bits(addr), host->regs + ADDR);
    dma_unmap_single(host->dev, addr, len, DMA_TO_DEVICE);
    return 0;
}`,
  fix: 'None is offered: where to release is for the author to say.',
  silent: `Returns that tell success or "in progress"; a way on which a function that may clean up is given the owner of the
mapping; an address kept in memory, unless the function itself releases it on another way out.`,
  reference:
    'Documentation/core-api/dma-api-howto.rst: every map call needs its unmap counterpart. dma-debug: "device driver has pending DMA allocations while released from device".',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { map, end, because, release } of fn.leaks) {
      const name = `${map.call.name ?? 'the map call'}()`;
      yield {
        span: end,
        message: `what ${name} ${map.api?.role === 'allocate' ? 'allocated' : 'mapped'} is lost here: ${REASONS[because]}`,
        related: [
          { span: map.call.nameSpan, message: map.api?.role === 'allocate' ? 'allocated here' : 'mapped here' },
          ...(release ? [{ span: release, message: 'released here, on another way out' }] : []),
        ],
      };
    }
  },
};

const REASONS: Readonly<Record<FunctionFacts['leaks'][number]['because'], string>> = {
  'released elsewhere': 'this way out does not release it, others do',
  'kept in a variable': 'the address was only in a local variable',
  'another failed': 'another list could not be mapped, and nobody who is told so knows of this one',
  'others released': 'this way out releases others, and not this one',
  'memory freed': 'its memory was given back, and the mapping is still there',
  'refused by the DMA engine': 'the DMA engine did not take it, and nothing releases it',
};
