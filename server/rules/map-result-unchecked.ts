import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem, Span } from '../types';
import { testBehind } from './insertTest';
import type { Rule } from './rule';

export const mapResultUnchecked: Rule = {
  id: 'map-result-unchecked',
  title: 'The result of mapping a scatterlist is not tested',
  severity: 'error',
  why: `Mapping can fail: the IOVA space or the bounce pool is full, or an entry is out of the device's reach.
dma_map_sg() then returns 0 and dma_map_sgtable() a negative errno, and the DMA addresses in the list are invalid.
A driver that goes on hands the device addresses that were never mapped.`,
  bad: `
void start(struct host *host, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);
    //           ^^^^^^^^^^ error: the result of dma_map_sg() in 'mapped' is never tested; it is 0 when the mapping fails

    write_descriptors(host, sgl, mapped);
}`,
  good: `
int start(struct host *host, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(host->dev, sgl, nents, DMA_TO_DEVICE);

    if (!mapped)
        return -EIO;
    write_descriptors(host, sgl, mapped);
    return 0;
}`,
  fix: `Offers to test the result right behind the map call and to return -ENOMEM (or nothing), in functions that hold
nothing else which would have to be undone.`,
  silent: `A result that is returned, that the caller receives through a pointer, that is kept in a field which some function
of the file tests, or that is given to a function of the file which tests it; one that only bounds a loop, in a function
that returns what the loop counts to callers which fail on 0.`,
  reference:
    'Documentation/core-api/dma-api.rst, dma_map_sg(): "returns 0 on failure", and the driver must take appropriate action.',

  *check(fn: FunctionFacts, file: FileFacts): Iterable<Problem> {
    for (const { map, kind, use } of fn.untestedResults) {
      const name = map.call.name ?? 'the mapping';
      const failure = FAILURES[map.api?.fails ?? 'zero'] ?? '0';
      const at = kind === 'untested' ? keeper(fn, map.result.key) : undefined;
      const kept = at && file.text(at);
      const failed = CONDITIONS[map.api?.fails ?? 'zero'];
      const what = kept ? ` in '${kept}'` : '';
      yield {
        span: map.call.nameSpan,
        message:
          kind === 'dropped'
            ? `the result of ${name}() is dropped; it is ${failure} when the mapping fails`
            : `the result of ${name}()${what} is never tested; it is ${failure} when the mapping fails`,
        related: use ? [{ span: use.span, message: `${use.text}() relies on the mapping here` }] : [],
        fixes: at && kept && failed ? testBehind(fn, file, map, at, failed(kept)) : [],
      };
    }
  },
};

const FAILURES: Readonly<Record<string, string>> = { zero: '0', nonzero: 'a negative errno', negative: 'negative' };

/** What holds of the result when the mapping failed. */
const CONDITIONS: Readonly<Record<string, (name: string) => string>> = {
  zero: (name) => `!${name}`,
  nonzero: (name) => name,
  negative: (name) => `${name} < 0`,
};

/** The variable or field that takes the result. */
function keeper(fn: FunctionFacts, key: string): Span | undefined {
  const store = fn.flow.stores.find(
    (one) => one.value.key === key && !(one.target.kind === 'name' && one.target.name.startsWith('#')),
  );
  return store?.target.span;
}
