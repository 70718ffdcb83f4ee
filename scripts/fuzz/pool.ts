/** Inputs that reached code which none before them had reached, by target: the ones to vary further. */

import type { Random } from './random';

export type Pool = Readonly<Record<string, readonly string[]>>;

/** Of a target; then the oldest makes room. */
const MOST = 500;
/** Larger ones cost more than they find. UTF-16 units. */
const LARGEST = 60_000;

export function withInput(pool: Pool, target: string, input: string): Pool {
  if (LARGEST < input.length) return pool;
  return { ...pool, [target]: [...(pool[target] ?? []), input].slice(-MOST) };
}

/** One of the kept inputs of a target; undefined when there is none. */
export function pickInput(pool: Pool, target: string, random: Random): string | undefined {
  const inputs = pool[target] ?? [];
  return 0 < inputs.length ? random.pick(inputs) : undefined;
}
