/** Whether a fix of some places leaves others that read the same. */

import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Span } from '../types';

/** True when `pattern` matches in the function outside of `spans` too: what is mended there alone may not fit the rest. */
export function isReadElsewhere(fn: FunctionFacts, file: FileFacts, pattern: RegExp, spans: readonly Span[]): boolean {
  const count = ({ start, end }: Span) => [...file.source.slice(start, end).matchAll(pattern)].length;
  const distinct = [...new Map(spans.map((span) => [span.start, span])).values()];
  return distinct.reduce((sum, span) => sum + count(span), 0) < count(fn.flow.ir.span);
}
