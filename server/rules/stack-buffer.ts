import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const stackBuffer: Rule = {
  id: 'stack-buffer',
  title: 'Memory on the stack is mapped for DMA',
  severity: 'error',
  why: `With CONFIG_VMAP_STACK, the default on many architectures, the stack lies in vmalloc space, where dma_map_single()
does not work. Without it, the buffer shares cache lines with the caller's variables, which the transfer corrupts.`,
  bad: `
int query(struct host *host)
{
    u8 reply[64];
    dma_addr_t addr = dma_map_single(host->dev, reply, sizeof(reply), DMA_FROM_DEVICE);
    //                                          ^^^^^ error: 'reply' is on the stack, which must not be mapped for DMA

    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    run(host, addr);
    dma_unmap_single(host->dev, addr, sizeof(reply), DMA_FROM_DEVICE);
    return reply[0];
}`,
  good: `
int query(struct host *host)
{
    dma_addr_t addr = dma_map_single(host->dev, host->reply, 64, DMA_FROM_DEVICE);

    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    run(host, addr);
    dma_unmap_single(host->dev, addr, 64, DMA_FROM_DEVICE);
    return host->reply[0];
}`,
  fix: `None is offered: the buffer must come from kmalloc(), with an error path of its own.`,
  silent: `Pointers that are local variables but point elsewhere; static variables.`,
  reference: `Documentation/core-api/dma-api-howto.rst, "What memory is DMA'able?". dma-debug: "device driver maps memory from stack".`,

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { kind, span, from } of fn.wrongMemory) {
      if (kind !== 'stack') continue;
      yield { span, message: `'${from}' is on the stack, which must not be mapped for DMA` };
    }
  },
};
