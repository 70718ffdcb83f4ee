import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { CallFact } from '../facts/flow';
import type { Fix, Problem, Span } from '../types';
import { testBehind } from './insertTest';
import type { Rule } from './rule';

export const mappingErrorUnchecked: Rule = {
  id: 'mapping-error-unchecked',
  title: 'A mapped address is used without dma_mapping_error()',
  severity: 'error',
  why: `Mapping one range can fail: no IOVA space, no bounce slots, or memory that the device cannot reach. The address
returned then is no address, and a device that is given it reads or writes where nobody expects it. Only
dma_mapping_error() tells the two apart.`,
  bad: `
void post(struct ring *ring, void *data, size_t len)
{
    dma_addr_t addr = dma_map_single(ring->dev, data, len, DMA_TO_DEVICE);
    //                ^^^^^^^^^^^^^^ error: the result of dma_map_single() in 'addr' is never tested with dma_mapping_error()

    writel(lower_32_bits(addr), ring->regs + RING_ADDR);
}`,
  good: `
int post(struct ring *ring, void *data, size_t len)
{
    dma_addr_t addr = dma_map_single(ring->dev, data, len, DMA_TO_DEVICE);

    if (dma_mapping_error(ring->dev, addr))
        return -ENOMEM;
    writel(lower_32_bits(addr), ring->regs + RING_ADDR);
    return 0;
}`,
  fix: `Offers to test the address right behind the map call and to return -ENOMEM (or nothing), in functions that hold
nothing else which would have to be undone.`,
  silent: `An address that is returned, that the caller receives through a pointer, whose field or variable some function
of the file tests, or that is given to a function that is named like a test and whose answer decides what happens next.`,
  reference:
    'Documentation/core-api/dma-api.rst, dma_mapping_error(); dma-debug: "device driver failed to check map error".',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { map, misread, inverted, keeper, isDropped } of fn.untestedAddresses) {
      if (misread || inverted) continue;
      const name = map.call.name ?? 'the mapping';
      const kept = keeper ? ` in '${file.text(keeper)}'` : '';
      yield {
        span: map.call.nameSpan,
        message: isDropped
          ? `the result of ${name}() is dropped, and never tested with dma_mapping_error()`
          : `the result of ${name}()${kept} is never tested with dma_mapping_error()`,
        fixes: keeper ? fixesOf(fn, file, map, keeper) : [],
      };
    }
  },
};

function fixesOf(fn: FunctionFacts, file: FileFacts, map: CallFact, keeper: Span): readonly Fix[] {
  const device = map.api?.device === undefined ? undefined : map.call.args[map.api.device];
  if (!device || !map.call.name?.startsWith('dma_')) return [];
  const condition = `dma_mapping_error(${file.text(device.span)}, ${file.text(keeper)})`;
  return testBehind(fn, file, map, keeper, condition);
}
