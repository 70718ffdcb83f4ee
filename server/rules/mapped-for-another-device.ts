import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const mappedForAnotherDevice: Rule = {
  id: 'mapped-for-another-device',
  title: 'Memory for a DMA engine is mapped for another device',
  severity: 'warning',
  why: `The DMA engine reads and writes the memory, so the mapping must be made for it: its IOMMU, its mask, its offset. Made
for the device that the data is for, the addresses are right only where neither has an IOMMU.`,
  bad: `
int transmit(struct port *port, struct scatterlist *sg, int n)
{
    struct dma_async_tx_descriptor *desc;
    int count = dma_map_sg(&port->pdev->dev, sg, n, DMA_TO_DEVICE);
    //                     ^^^^^^^^^^^^^^^^ warning: mapped for another device than the DMA engine of 'port->chan', which does the transfer

    if (!count)
        return -EIO;
    desc = dmaengine_prep_slave_sg(port->chan, sg, count, DMA_MEM_TO_DEV, 0);
    return submit(port, desc);
}`,
  good: `
int transmit(struct port *port, struct scatterlist *sg, int n)
{
    struct dma_async_tx_descriptor *desc;
    int count = dma_map_sg(port->chan->device->dev, sg, n, DMA_TO_DEVICE);

    if (!count)
        return -EIO;
    desc = dmaengine_prep_slave_sg(port->chan, sg, count, DMA_MEM_TO_DEV, 0);
    return submit(port, desc);
}`,
  fix: 'Offers the device of the channel; the release and the syncs must then name the same one.',
  silent: `Devices whose origin the function does not show; anything that was taken from a channel or a controller.`,
  reference:
    'Documentation/driver-api/dmaengine/client.rst: the scatterlist must be mapped using the DMA struct device, chan->device->dev.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { map, prepare, device, channel } of fn.wrongMappers) {
      const text = file.text(channel);
      const isPlain = /^[\w.>-]+$/.test(text);
      const newText = `${text}->device->dev`;
      yield {
        span: device,
        message: `mapped for another device than the DMA engine of '${text}', which does the transfer`,
        related: [
          { span: map.call.nameSpan, message: 'mapped here' },
          { span: prepare.call.nameSpan, message: 'given to the engine here' },
        ],
        fixes: isPlain
          ? [
              {
                title: `Map for '${newText}'; releases and syncs must follow`,
                automatic: false,
                edits: [{ span: device, newText }],
              },
            ]
          : [],
      };
    }
  },
};
