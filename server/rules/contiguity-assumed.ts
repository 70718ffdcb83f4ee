import type { FirstAddressUse } from '../facts/contiguity';
import type { FileFacts, FunctionFacts } from '../facts/facts';
import { placeKey } from '../facts/fields';
import { isBehindOneTest } from '../facts/guards';
import { isBehind } from '../facts/ways';
import type { Problem } from '../types';
import { refuseScattered } from './offeredFixes';
import type { Rule } from './rule';

export const contiguityAssumed: Rule = {
  id: 'contiguity-assumed',
  title: 'The first DMA address of a scatterlist stands for the whole buffer',
  severity: 'error',
  why: `Mapping a scatterlist gives one or more DMA segments. Only their addresses and lengths are promised, never that
they follow each other: without an IOMMU each entry keeps its own physical address, SWIOTLB moves each entry to a slot
of its own, and an IOMMU may leave holes. A device that is given the first address and the size of the whole buffer
then reads or writes memory that belongs to somebody else.`,
  bad: `
int start(struct accel *accel, struct sg_table *sgt)
{
    int ret = dma_map_sgtable(accel->dev, sgt, DMA_TO_DEVICE, 0);

    if (ret)
        return ret;
    accel->base = sg_dma_address(sgt->sgl);
    //            ^^^^^^^^^^^^^^^^^^^^^^^^ error: the first DMA address of 'sgt' is stored in 'base' as if the whole list followed it
    return 0;
}`,
  good: `
int start(struct accel *accel, struct sg_table *sgt)
{
    struct scatterlist *sg;
    int i, ret = dma_map_sgtable(accel->dev, sgt, DMA_TO_DEVICE, 0);

    if (ret)
        return ret;
    for_each_sgtable_dma_sg(sgt, sg, i)
        add_descriptor(accel, sg_dma_address(sg), sg_dma_len(sg));
    return 0;
}`,
  fix: `None is right mechanically. Offered is a test that refuses what is not one range, where the function has nothing
else to undo. Program one descriptor per DMA segment; or test the contiguous size after mapping and
refuse what falls short; or allocate the buffer with dma_alloc_noncontiguous() (since 5.13) or dma_alloc_coherent().`,
  silent: `A list that has one entry for sure; a table from dma_alloc_noncontiguous(); a function that walks the segments,
tests for contiguity or a single segment, maps IOVAs itself with iommu_map(), or fills in DMA addresses as an exporter.`,
  reference:
    'Documentation/core-api/dma-api-howto.rst, "Using Streaming DMA mappings": a list may map to fewer segments, each with its own address.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    const { firstAddressUses, tests, handled } = fn.contiguity;
    const reported = new Set<string>();
    for (const use of firstAddressUses) {
      const { list } = use;
      if (list.isOneEntry || list.isContiguous || handled.has(list.key) || isProtected(fn, use)) continue;
      if (!list.isObtainedHere && (use.isOneOfTwo || !(list.isTypedTable || isMappedInFile(use, file)))) continue;
      if (isBehindOneTest(fn.flow, use.block)) continue;
      if (!list.isObtainedHere && (use.hasOwnLength || isGuarded(fn, file))) continue;
      const counted = list.table && placeKey(fn.flow, `${list.table}.nents`);
      if (counted && file.testedForOne.has(counted)) continue;
      if (reported.has(list.key) || (tests.some((test) => test.refusal) && !list.isObtainedHere)) continue;
      reported.add(list.key);
      yield {
        span: use.span,
        message: `the first DMA address of ${listName(use, file)} ${sinkPhrase(use)} as if the whole list followed it`,
        related: [
          ...(list.map ? [{ span: list.map.call.span, message: 'mapped here; the segments may be scattered' }] : []),
          { span: use.sink.span, message: 'the address is handed on here' },
        ],
        fixes: refuseScattered(fn, file, use.span, list.map),
        question: {
          predicate: { kind: 'contiguous-size' },
          shape: list.shape,
          device: file.device,
          consequence: { kind: 'wrong-range' },
        },
      };
    }
  },
};

/** A test of the same list fails where it is not contiguous, or the address is taken only where it is passed. */
function isProtected(fn: FunctionFacts, use: FirstAddressUse): boolean {
  return fn.contiguity.tests.some(
    (test) =>
      test.list.key === use.list.key &&
      (test.refusal !== undefined || isBehind(fn.flow, use.block, test.block, test.passes)),
  );
}

/** Some function of the file hands the table's field to a function that maps it. */
function isMappedInFile(use: FirstAddressUse, file: FileFacts): boolean {
  const name = /(\w+)(?:\[[^\]]*\])*$/.exec(use.list.table ?? '')?.[1];
  if (name === undefined) return false;
  return file.functions.some(({ flow }) =>
    flow.calls.some(
      (call) =>
        /map/.test(call.call.name ?? '') &&
        !/unmap/.test(call.call.name ?? '') &&
        call.args.some((arg) => new RegExp(`(?:->|\\.)${name}(?:->sgl|\\.sgl|\\[.*\\])?$`).test(arg.key)),
    ),
  );
}

/** Every caller in the file has tested a count for one before it calls. */
function isGuarded(fn: FunctionFacts, file: FileFacts): boolean {
  const { name, isStatic } = fn.flow.ir;
  const calls = file.functions.flatMap(({ flow }) =>
    flow.calls.filter((call) => call.call.name === name).map((call) => ({ flow, call })),
  );
  return isStatic && 0 < calls.length && calls.every(({ flow, call }) => isBehindOneTest(flow, call.block));
}

/** The table or list in the reader's own words. */
function listName(use: FirstAddressUse, file: FileFacts): string {
  if (use.list.nameSpan) return `'${file.text(use.list.nameSpan).replace(/^&/, '')}'`;
  const read = file.text(use.span);
  const argument = /^sg_dma_address\((.*)\)$/.exec(read)?.[1] ?? read;
  const name = argument.replace(/(?:->|\.)sgl(?:\[0\])?(?:\.dma_address|->dma_address)?.*$/, '').trim();
  return /^[\w>.[\]()&*-]+$/.test(name) && name !== '' ? `'${name}'` : 'the list';
}

function sinkPhrase(use: FirstAddressUse): string {
  if (use.sink.text === 'the caller') return 'is returned';
  return use.sink.text.endsWith('()') ? `is given to ${use.sink.text}` : `is stored in ${use.sink.text}`;
}
