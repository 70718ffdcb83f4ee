/** Which way a switch goes, where the value is known. */

import type { Block } from '../code/ir';
import { successors } from './blocks';
import { type Environment, evaluate } from './evaluate';
import type { Context } from './flow';
import type { Value } from './values';

/** Where control may go from the end of `block`, each block once. */
export function waysOn({ ir, names }: Context, block: Block, env: Environment): ReadonlySet<number> {
  const all = new Set(successors(block));
  const { end } = block;
  // In a loop, what the first round knows is not known of the others.
  if (end.kind !== 'switch' || ir.loops.some((loop) => loop.blocks.includes(block.id))) return all;
  const value = evaluate(end.value, env, names);
  if (value.kind !== 'constant' && !isName(value)) return all;
  for (const { values, isRange, to } of end.cases) {
    const wanted = values.map((one) => evaluate(one, env, names));
    if (wanted.some((one) => one.key === value.key)) return new Set([to]);
    // Two names stand for two numbers; which number a name stands for, nobody here knows.
    if (!isRange && isName(value) && wanted.every(isName)) continue;
    if (value.kind !== 'constant') return all;
    const numbers = wanted.flatMap((one) => (one.kind === 'constant' ? [one.number] : []));
    const [low, high] = numbers;
    if (numbers.length < wanted.length || low === undefined || (isRange && high === undefined)) return all;
    if (isRange && high !== undefined && low <= value.number && value.number <= high) return new Set([to]);
  }
  return new Set([end.otherwise]);
}

/** A name that looks like an enumerator's. */
function isName(value: Value): boolean {
  return value.kind === 'initial' && /^[A-Z][A-Z0-9_]+$/.test(value.place);
}
