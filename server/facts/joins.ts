/** What places hold where ways meet. */

import type { Environment } from './evaluate';
import { either, initial, type Value } from './values';

/** Enters `block`, which has one way in, with `env`, handed over where it `isOwn`; true when that changed something. */
export function replace(
  entering: Map<number, Map<string, Value>>,
  block: number,
  env: Map<string, Value>,
  isOwn: boolean,
): boolean {
  const known = entering.get(block);
  if (known && isSameState(known, env)) return false;
  entering.set(block, isOwn ? env : new Map(env));
  return true;
}

function isSameState(known: Environment, env: Environment): boolean {
  if (known.size !== env.size) return false;
  for (const [place, value] of env) {
    const held = known.get(place);
    if (held !== value && (held === undefined || !sameValue(held, value))) return false;
  }
  return true;
}

/** What each way into a block last brought along: block -> where it came from -> environment. */
export type Edges = Map<number, Map<number, Environment>>;

/**
 * Joins `env`, which comes from block `from`, into what `block` is entered with; true when that changed something. A way
 * that brings something new replaces what it brought before: else the values of a loop's first round would stay.
 */
export function meet(
  entering: Map<number, Map<string, Value>>,
  from: number,
  block: number,
  env: Environment,
  edges: Edges,
): boolean {
  const ways = edges.get(block) ?? new Map<number, Environment>();
  edges.set(block, ways);
  const isAgain = ways.has(from);
  ways.set(from, env);
  const known = entering.get(block);
  if (!known) {
    entering.set(block, new Map(env));
    return true;
  }
  if (!isAgain) return joinInto(known, block, env);
  const [first, ...others] = ways.values();
  const joined = new Map(first ?? env);
  for (const other of others) joinInto(joined, block, other);
  if (isSameEnvironment(known, joined)) return false;
  entering.set(block, joined);
  return true;
}

function isSameEnvironment(a: Environment, b: Environment): boolean {
  if (a.size !== b.size) return false;
  for (const [place, value] of a) {
    const other = b.get(place);
    if (!other || !hasSameOptions(value, other)) return false;
  }
  return true;
}

function hasSameOptions(a: Value, b: Value): boolean {
  if (a.key !== b.key) return false;
  if (a.kind !== 'either' || b.kind !== 'either') return true;
  return a.options.length === b.options.length && a.options.every((one, i) => one.key === b.options[i]?.key);
}

/** Joins `env` into `known`, what `block` was entered with so far; true when that changed something. */
export function joinInto(known: Map<string, Value>, block: number, env: Environment): boolean {
  let changed = false;
  let missing = known.size;
  const join = (place: string, a: Value, b: Value) => {
    if (a === b || (a.kind !== 'either' && a.key === b.key)) return;
    const joined = a.kind === 'either' && a.key === b.key ? either(a.block, a.place, a, b) : either(block, place, a, b);
    if (sameValue(joined, a)) return;
    known.set(place, joined);
    changed = true;
  };
  for (const [place, value] of env) {
    const held = known.get(place);
    if (held === value) {
      missing -= 1;
    } else if (!isNote(place)) {
      if (held) {
        missing -= 1;
        join(place, held, value);
      } else if (!place.startsWith('#')) {
        join(place, initial(place), value);
      }
    }
  }
  // Where `env` has all that is known, with the same notes, there is no more to join.
  if (missing === 0) return changed;
  for (const [place, value] of known) {
    if (isNote(place)) {
      if (env.get(place)?.key === value.key) continue;
      known.delete(place);
      changed = true;
    } else if (!env.has(place) && !place.startsWith('#')) {
      join(place, value, initial(place));
    }
  }
  return changed;
}

/** What a branch told about a value stands beside the places (`paths.ts`); it holds only where both sides know it. */
export function isNote(place: string): boolean {
  return place.charCodeAt(0) === 0x3d;
}

function sameValue(a: Value, b: Value): boolean {
  if (a.key !== b.key) return false;
  if (a.kind !== 'either' || b.kind !== 'either') return true;
  return a.options.length === b.options.length;
}
