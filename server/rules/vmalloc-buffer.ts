import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const vmallocBuffer: Rule = {
  id: 'vmalloc-buffer',
  title: 'Memory outside the linear map is mapped with dma_map_single()',
  severity: 'error',
  why: `dma_map_single() works out the physical address from the kernel address, which is right for the linear map only. For
vmalloc(), vmap(), kmap() or ioremap() addresses the result is some other memory; newer kernels warn and fail.`,
  bad: `
int load(struct host *host, size_t len)
{
    void *image = vmalloc(len);
    dma_addr_t addr;

    if (!image)
        return -ENOMEM;
    addr = dma_map_single(host->dev, image, len, DMA_TO_DEVICE);
    //                               ^^^^^ error: this address comes from vmalloc(), outside the linear map that dma_map_single() needs
    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    return run(host, addr, image);
}`,
  good: `
int load(struct host *host, size_t len)
{
    void *image = kmalloc(len, GFP_KERNEL);
    dma_addr_t addr;

    if (!image)
        return -ENOMEM;
    addr = dma_map_single(host->dev, image, len, DMA_TO_DEVICE);
    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    return run(host, addr, image);
}`,
  fix: `None is offered: use kmalloc(), or map page by page with dma_map_page().`,
  silent: `Addresses whose origin the function does not show; kvmalloc(), which may return either.`,
  reference: `Documentation/core-api/dma-api-howto.rst, "What memory is DMA'able?".`,

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { kind, span, from } of fn.wrongMemory) {
      if (kind !== 'vmalloc') continue;
      yield { span, message: `this address comes from ${from}(), outside the linear map that dma_map_single() needs` };
    }
  },
};
