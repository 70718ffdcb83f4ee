import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const maskResultUnchecked: Rule = {
  id: 'mask-result-unchecked',
  title: 'Nobody looks whether the machine can serve a DMA mask',
  severity: 'warning',
  why: `A machine whose memory lies above what a device can reach refuses the mask. A driver that goes on maps memory for a
device that cannot get at it: with a small mask, mappings then fail one by one, or the device takes other addresses.`,
  bad: `
int probe(struct pci_dev *pdev)
{
    dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(24));
 // ^^^^^^^^^^^^^^^^^^^^^^^^^ warning: the result of dma_set_mask_and_coherent() is dropped; it is negative when the machine cannot serve the mask
    return start(pdev);
}`,
  good: `
int probe(struct pci_dev *pdev)
{
    int ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(24));

    if (ret)
        return ret;
    return start(pdev);
}`,
  fix: 'None is offered: what must be undone on failure is for the author to say.',
  silent: 'Masks of 32 bits and more, which every machine serves; masks that are worked out.',
  reference:
    'Documentation/core-api/dma-api-howto.rst, "DMA addressing capabilities": the return value must be checked.',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { call } of fn.droppedMasks) {
      yield {
        span: call.call.nameSpan,
        message: `the result of ${call.call.name ?? 'the call'}() is dropped; it is negative when the machine cannot serve the mask`,
      };
    }
  },
};
