import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const cpuAccessWhileMapped: Rule = {
  id: 'cpu-access-while-mapped',
  title: 'The CPU touches a buffer that the device owns',
  severity: 'error',
  why: `Between mapping and release, or sync, a streaming buffer belongs to the device. What the CPU writes then may stay in
its cache, or be left out of a bounce buffer that was filled when the buffer was mapped: the device sees the old bytes.
What it reads of a buffer that the device fills may be what was there before. Reading a buffer that the device only
reads does no harm on today's platforms, but the rules forbid it all the same.`,
  bad: `
int send(struct host *host, struct frame *frame)
{
    dma_addr_t addr = dma_map_single(host->dev, frame, sizeof(*frame), DMA_TO_DEVICE);

    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    frame->sequence = host->next++;
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: this writes to memory that dma_map_single() has given to the device
    writel(lower_32_bits(addr), host->regs + ADDR);
    return 0;
}`,
  good: `
int send(struct host *host, struct frame *frame)
{
    dma_addr_t addr;

    frame->sequence = host->next++;
    addr = dma_map_single(host->dev, frame, sizeof(*frame), DMA_TO_DEVICE);
    if (dma_mapping_error(host->dev, addr))
        return -ENOMEM;
    writel(lower_32_bits(addr), host->regs + ADDR);
    return 0;
}`,
  fix: `None is offered: the access must move in front of the map call, or be framed by dma_sync_single_for_cpu() and _for_device().`,
  silent: `A buffer that the function syncs; accesses after a release on the same way; memory that the buffer only points to.`,
  reference: `Documentation/core-api/dma-api.rst, "Streaming DMA": memory must not be accessed by the CPU while the device owns it.`,

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { map, kind, isToDevice, span } of fn.cpuAccesses) {
      const does = kind === 'write' ? 'writes to' : 'reads';
      yield {
        span,
        message: `this ${does} memory that ${map.call.name ?? 'the map call'}() has given to the device`,
        ...(kind === 'read' && isToDevice && { severity: 'information' as const }),
        related: [{ span: map.call.nameSpan, message: 'mapped here' }],
      };
    }
  },
};
