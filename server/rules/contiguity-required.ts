import type { ContiguityTest } from '../facts/contiguityTests';
import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem, Related } from '../types';
import { measureInstead } from './offeredFixes';
import type { Rule } from './rule';

export const contiguityRequired: Rule = {
  id: 'contiguity-required',
  title: 'The code works only when a mapped scatterlist is one contiguous DMA range',
  severity: 'warning',
  why: `The code maps a scatterlist, tests whether the segments form one range (or are a single one), and fails when they
do not. The test keeps memory safe, but whether it passes is up to the IOMMU, the kernel version and luck: without an
IOMMU or with SWIOTLB it fails for nearly every buffer of more than one page.`,
  bad: `
static unsigned long contiguous_size(struct sg_table *sgt)
{
    dma_addr_t expected = sg_dma_address(sgt->sgl);
    unsigned long size = 0;
    struct scatterlist *s;
    int i;

    for_each_sgtable_dma_sg(sgt, s, i) {
        if (sg_dma_address(s) != expected)
            break;
        expected += sg_dma_len(s);
        size += sg_dma_len(s);
    }
    return size;
}

int pin(struct buffer *buf, struct sg_table *sgt)
{
    if (dma_map_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0))
        return -EIO;
    if (contiguous_size(sgt) < buf->size) {
    //  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning: pin() needs 'sgt' to be one contiguous DMA range: contiguous_size() is compared with 'buf->size', and -EFAULT returned when it falls short
        dma_unmap_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0);
        return -EFAULT;
    }
    buf->base = sg_dma_address(sgt->sgl);
    return 0;
}`,
  good: `
int pin(struct buffer *buf)
{
    buf->sgt = dma_alloc_noncontiguous(buf->dev, buf->size, DMA_TO_DEVICE, GFP_KERNEL, 0);
    if (!buf->sgt)
        return -ENOMEM;
    buf->base = sg_dma_address(buf->sgt->sgl);
    return 0;
}`,
  fix: `None is right mechanically. Offered is to measure the leading range instead of asking for one segment, in DRM drivers
that import a buffer. Where the hardware can scatter, program each segment. Where it cannot, allocate the
buffer with dma_alloc_noncontiguous() (since 5.13) or dma_alloc_coherent(), or copy through such a buffer when the test
fails. Raising dma_set_max_seg_size() helps where the segment limit alone splits the range (arm32).`,
  silent: `A test whose failure leads to another way of doing the work instead of an error; a list of one entry for
sure; a callback that measures a table which a framework hands in already mapped.`,
  reference:
    'Documentation/core-api/dma-api.rst: dma_map_sg() promises addresses and lengths per segment, nothing about their order or distance.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    const reported = new Set<string>();
    for (const test of fn.contiguity.tests) {
      const { list, refusal } = test;
      if (!refusal || list.isOneEntry || list.isContiguous || reported.has(list.key)) continue;
      const taken = fn.contiguity.firstAddressUses.find((use) => use.list.key === list.key);
      if (test.kind === 'single-segment' && !taken && !test.isPinned) continue;
      // An import callback that checks a table it is handed keeps its promise: the buffer is refused, not misused.
      if (test.kind === 'contiguous-size' && !list.isObtainedHere) continue;
      reported.add(list.key);
      yield {
        span: test.span,
        message: `${fn.flow.ir.name}() needs ${listName(test, file)} to be one ${claim(test, file)}, and ${refusal.text} returned when ${test.kind === 'single-segment' ? 'there are more' : 'it falls short'}`,
        related: [
          { span: test.measured.span, message: `${test.measured.text} decides here` },
          ...measuredElsewhere(test, file),
          ...(list.map ? [{ span: list.map.call.span, message: 'mapped here; the segments may be scattered' }] : []),
          ...(refusal.span ? [{ span: refusal.span, message: `fails here with ${refusal.text}` }] : []),
          ...(taken ? [{ span: taken.span, message: 'the first address is taken for the whole range' }] : []),
        ],
        fixes: test.kind === 'single-segment' && !list.isObtainedHere ? measureInstead(fn, file, test.span) : [],
        question: {
          predicate: { kind: test.kind },
          shape: list.shape,
          device: file.device,
          consequence: { kind: 'refuses', with: refusal.text },
        },
      };
    }
  },
};

/** The function of another file that measures. */
function measuredElsewhere({ helper }: ContiguityTest, file: FileFacts): readonly Related[] {
  const summary = file.summary(helper);
  if (!summary?.elsewhere) return [];
  const { file: name, line, column } = summary.elsewhere;
  return [
    { file: name, at: { line, column }, span: summary.at, message: `${helper}() measures the leading contiguous run` },
  ];
}

function claim(test: ContiguityTest, file: FileFacts): string {
  if (test.kind === 'single-segment') return `DMA segment: the mapped count is tested`;
  const what = test.helper === undefined ? 'the sum over its segments' : `${test.helper}()`;
  const needed = test.needed ? ` with '${file.text(test.needed.span)}'` : '';
  return `contiguous DMA range: ${what} is compared${needed}`;
}

function listName(test: ContiguityTest, file: FileFacts): string {
  if (test.list.nameSpan) return `'${file.text(test.list.nameSpan).replace(/^&/, '')}'`;
  const call = /\(\s*&?([\w>.[\]-]+?)(?:(?:->|\.)sgl)?\s*[,)]/.exec(file.text(test.measured.span))?.[1];
  const counted = /([\w>.[\]-]+?)(?:->|\.)(?:(?:orig_)?nents|chunks)\b/.exec(file.text(test.span))?.[1];
  const name = test.kind === 'single-segment' ? counted : call;
  return name ? `'${name}'` : 'the list';
}
