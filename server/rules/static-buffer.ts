import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const staticBuffer: Rule = {
  id: 'static-buffer',
  title: 'Memory of the kernel image or of a module is mapped for DMA',
  severity: 'error',
  why: `Variables of a module lie in vmalloc space, where dma_map_single() does not work; those of the kernel image share cache
lines and pages with others, and strings and constants are read-only.`,
  bad: `
static u8 pattern[512] = { 0xa5 };

int test(struct host *host)
{
    dma_addr_t addr = dma_map_single(host->dev, pattern, sizeof(pattern), DMA_TO_DEVICE);
    //                                          ^^^^^^^ error: 'pattern' is part of the kernel's or the module's image, which must not be mapped for DMA

    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    return run(host, addr);
}`,
  good: `
int test(struct host *host, const u8 *pattern)
{
    void *copy = kmemdup(pattern, 512, GFP_KERNEL);
    dma_addr_t addr;

    if (!copy)
        return -ENOMEM;
    addr = dma_map_single(host->dev, copy, 512, DMA_TO_DEVICE);
    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    return run(host, addr);
}`,
  fix: 'None is offered: the buffer must come from kmalloc(), with an error path of its own.',
  silent: 'Pointers that are static variables but point elsewhere.',
  reference: `Documentation/core-api/dma-api-howto.rst, "What memory is DMA'able?". dma-debug: "device driver maps memory from kernel text or rodata".`,

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { kind, span, from } of fn.wrongMemory) {
      if (kind !== 'static') continue;
      yield {
        span,
        message: `'${from}' is part of the kernel's or the module's image, which must not be mapped for DMA`,
      };
    }
  },
};
