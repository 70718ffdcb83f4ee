/** What a function does when it goes on from a block: each path on its own, so that nothing is joined away. */

import type { Span } from '../types';
import type { Environment } from './evaluate';
import { evaluate } from './evaluate';
import { type CallFact, type Context, runStatement, type StoreFact } from './flow';
import { waysOn } from './switches';
import type { Value } from './values';

export interface Outcome {
  /** What the path returns; undefined for `return;` or a path that does not end. */
  readonly value: Value | undefined;
  readonly returned: boolean;
  readonly span?: Span;
  readonly calls: readonly CallFact[];
  readonly stores: readonly StoreFact[];
}

const MAX_PATHS = 24;
const MAX_BLOCKS = 120;

/** The ways to go on from the start of `block` in state `env`; undefined when there are too many to follow each. */
export function explore(context: Context, block: number, env: Environment): readonly Outcome[] | undefined {
  const outcomes: Outcome[] = [];
  walk(context, block, new Map(env), new Set(), [], [], outcomes);
  return outcomes.length <= MAX_PATHS ? outcomes : undefined;
}

function walk(
  context: Context,
  id: number,
  env: Map<string, Value>,
  seen: ReadonlySet<number>,
  calls: readonly CallFact[],
  stores: readonly StoreFact[],
  outcomes: Outcome[],
): void {
  const block = context.ir.blocks[id];
  if (MAX_PATHS < outcomes.length) return;
  if (!block || seen.has(id) || MAX_BLOCKS < seen.size) {
    outcomes.push({ value: undefined, returned: false, calls, stores });
    return;
  }
  const collector = { calls: [...calls], branches: [], stores: [...stores], returns: [] };
  for (const statement of block.statements) runStatement(context, block, statement, env, collector);
  const { end } = block;
  if (end.kind === 'return') {
    const value = end.value && evaluate(end.value, env, context.names);
    outcomes.push({ value, returned: true, span: end.span, calls: collector.calls, stores: collector.stores });
    return;
  }
  const visited = new Set(seen).add(id);
  let next: Iterable<number> = waysOn(context, block, env);
  if (end.kind === 'branch') {
    const test = evaluate(end.test, env, context.names);
    if (test.kind === 'constant') next = [test.number === 0n ? end.whenFalse : end.whenTrue];
  }
  for (const to of next) {
    walk(context, to, new Map(env), visited, collector.calls, collector.stores, outcomes);
  }
}
