/** The message and the fix that the rules about a count which should be the original one share. */

import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { MappedCountRelease } from '../facts/releaseCounts';
import type { Problem } from '../types';

/** Calls that are given the count which a map call returned, where they need the one that was passed in. */
export function* givenMappedCount(
  fn: FunctionFacts,
  file: FileFacts,
  found: readonly MappedCountRelease[],
): Iterable<Problem> {
  for (const { call, count, map, mapFunction, original } of found) {
    const given = file.text(count.span);
    const from = `${map.call.name ?? 'the map call'}()${mapFunction && mapFunction !== fn.flow.ir.name ? ` in ${mapFunction}()` : ''}`;
    const wanted =
      original === undefined ? 'the count that was passed in' : `'${original.text}', the count that was passed in`;
    const verb = map.api?.fails === 'nonzero' ? 'set to the mapped count' : 'returned';
    yield {
      span: count.span,
      message: `${call.call.name ?? 'the call'}() is given '${given}', which ${from} ${verb}; it needs ${wanted}`,
      related: [{ span: map.call.span, message: 'the mapped count comes from here' }],
      fixes:
        original === undefined
          ? []
          : [
              {
                title: original.isCertain
                  ? `Use '${original.text}'`
                  : `Use '${original.text}', if it still is the count that was passed to ${map.call.name ?? 'the map call'}()`,
                automatic: original.isCertain,
                edits: [{ span: count.span, newText: original.text }],
              },
            ],
    };
  }
}
