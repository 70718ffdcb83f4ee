import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import { declareLimit } from './offeredFixes';
import type { Rule } from './rule';

export const segmentLimitUndeclared: Rule = {
  id: 'segment-limit-undeclared',
  title: 'The code takes only short segments, but does not say so with dma_set_max_seg_size()',
  severity: 'warning',
  why: `A device that declares nothing is given segments of up to 64 KiB, and whoever builds the list asks for that limit.
Code that fails for longer ones, or stores the length in fewer bits, must declare its limit: an IOMMU that merges
entries stops there, and block and network layers split what they hand down.`,
  bad: `
int fill(struct chan *chan, struct scatterlist *sgl, int n)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, n, i) {
        if (sg_dma_len(sg) > 4096)
        //  ^^^^^^^^^^^^^^^^^^^^^ warning: segments of more than 4 KiB are refused with -EINVAL, but the device is not declared to have that limit
            return -EINVAL;
        add_descriptor(chan, sg_dma_address(sg), sg_dma_len(sg));
    }
    return 0;
}`,
  good: `
int probe(struct chan *chan)
{
    dma_set_max_seg_size(chan->dev, 4096);
    return 0;
}

int fill(struct chan *chan, struct scatterlist *sgl, int n)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, n, i) {
        if (sg_dma_len(sg) > 4096)
            return -EINVAL;
        add_descriptor(chan, sg_dma_address(sg), sg_dma_len(sg));
    }
    return 0;
}`,
  fix: `Offers to declare the limit where the file sets the DMA mask. Splitting long segments is the other way.`,
  silent: `A limit of 64 KiB or more, which is the default; a file that declares a limit anywhere, to the DMA core or to its
framework; a length that is split into several descriptors; PRD tables of ATA, where 0 means 64 KiB.`,
  reference:
    'include/linux/dma-mapping.h, dma_get_max_seg_size(): 64 KiB unless declared. dma-debug: "mapping sg segment longer than device claims to support".',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { bytes, span, effect } of fn.segmentLimits) {
      const what =
        effect.kind === 'refused'
          ? `segments of more than ${sizeText(bytes)} are refused with ${effect.text}`
          : `${effect.text} cuts the length of segments of more than ${sizeText(bytes)}`;
      yield {
        span,
        message: `${what}, but the device is not declared to have that limit`,
        fixes: declareLimit(file, bytes),
        question: {
          predicate: { kind: 'segment-at-most', bytes },
          shape: { origin: 'a list made elsewhere', kind: 'pages', firstOffset: 'any' },
          device: file.device,
          consequence:
            effect.kind === 'refused' ? { kind: 'refuses', with: effect.text } : { kind: 'cuts', above: bytes + 1 },
        },
      };
    }
  },
};

function sizeText(bytes: number): string {
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`;
}
