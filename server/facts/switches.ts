/** Which way a switch goes, where the value is known. */

import type { Block } from '../code/ir';
import { successors } from './blocks';
import { type Environment, evaluate } from './evaluate';
import type { Context } from './flow';

/** Where control may go from the end of `block`, each block once. */
export function waysOn({ ir, names }: Context, block: Block, env: Environment): ReadonlySet<number> {
  const all = new Set(successors(block));
  const { end } = block;
  // In a loop, what the first round knows is not known of the others.
  if (end.kind !== 'switch' || ir.loops.some((loop) => loop.blocks.includes(block.id))) return all;
  const value = evaluate(end.value, env, names);
  if (value.kind !== 'constant') return all;
  for (const { values, to } of end.cases) {
    for (const one of values) {
      const wanted = evaluate(one, env, names);
      // A name that nobody here knows; ranges, `1 ... 3`, are read as `1 | 3`.
      if (wanted.kind !== 'constant' || (one.kind === 'binary' && one.op === '|')) return all;
      if (wanted.number === value.number) return new Set([to]);
    }
  }
  return new Set([end.otherwise]);
}
