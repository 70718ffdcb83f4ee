import type { FileFacts, FunctionFacts } from '../facts/facts';
import { isAtLeast, type Problem } from '../types';
import type { Rule } from './rule';

export const maskFallback: Rule = {
  id: 'mask-fallback',
  title: 'A smaller DMA mask is tried where the largest one failed',
  severity: 'information',
  why: `The mask says what the device can reach, not what the machine has. DMA_BIT_MASK(64) is never refused for want of
address bits, and when it fails, a smaller mask fails as well: the second attempt is code that never helps.`,
  bad: `
int probe(struct pci_dev *pdev)
{
    if (dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64)) &&
        dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32)))
     // ^^^^^^^^^^^^^^^^^^^^^^^^^ information: where DMA_BIT_MASK(64) fails, a smaller mask never succeeds
        return -EIO;
    return start(pdev);
}`,
  good: `
int probe(struct pci_dev *pdev)
{
    if (dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64)))
        return -EIO;
    return start(pdev);
}`,
  fix: 'None is offered: what the smaller mask was meant to tell the rest of the driver is for the author to say.',
  silent:
    'Kernels before 5.0, where the fallback was the idiom; masks that are chosen by the kind of device, there or in the same condition.',
  reference: 'Documentation/core-api/dma-api-howto.rst, "DMA addressing capabilities".',
  since: { major: 5, minor: 0 },

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    if (!isAtLeast(file.kernel, 5, 0)) return;
    for (const { wide, narrow } of fn.maskFallbacks) {
      yield {
        span: narrow.call.nameSpan,
        message: 'where DMA_BIT_MASK(64) fails, a smaller mask never succeeds',
        related: [{ span: wide.call.nameSpan, message: 'the largest mask is tried here' }],
      };
    }
  },
};
