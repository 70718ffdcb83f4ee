import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const nullDevice: Rule = {
  id: 'null-device',
  title: 'Memory is mapped or allocated for no device',
  severity: 'error',
  why: `The device says which IOMMU, which mask and which offset apply. Without one there is nothing to map for: kernels since
5.0 crash or warn, older ones took the ISA bus.`,
  bad: `
int open_ring(struct ring *ring)
{
    ring->desc = dma_alloc_coherent(NULL, 4096, &ring->dma, GFP_KERNEL);
    //                              ^^^^ error: dma_alloc_coherent() is given no device
    return ring->desc ? 0 : -ENOMEM;
}`,
  good: `
int open_ring(struct ring *ring)
{
    ring->desc = dma_alloc_coherent(ring->dev, 4096, &ring->dma, GFP_KERNEL);
    return ring->desc ? 0 : -ENOMEM;
}`,
  fix: 'None is offered: which device it is for is for the author to say.',
  silent: 'A device variable that may be NULL on some way.',
  reference: 'Documentation/core-api/dma-api.rst: every function takes the struct device that does the transfer.',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { call, span } of fn.nullDevices) {
      yield { span, message: `${call.call.name ?? 'the call'}() is given no device` };
    }
  },
};
