/** Which ways lead through a function: what must be passed, and what can be reached. */

import { successors } from './blocks';
import type { Flow } from './flow';

/** True when no way from the function's entry to `block` avoids the edge from block `from` to block `to`. */
export function isBehind(flow: Flow, block: number, from: number, to: number): boolean {
  return !walk(
    flow,
    [0],
    (id, next) => id === from && next === to,
    (id) => id === block,
  );
}

/** True when every way from the end of block `from` to the function's end enters block `through`. */
export function alwaysPasses(flow: Flow, from: number, through: number): boolean {
  const at = flow.ir.blocks[from];
  const starts = at ? successors(at).filter((id) => id !== through) : [];
  if (at?.end.kind === 'return') return false;
  return !walk(
    flow,
    starts,
    (_id, next) => next === through,
    (id) => flow.ir.blocks[id]?.end.kind === 'return',
  );
}

/** True when control can get from the end of block `from` to block `to`. */
export function leadsTo(flow: Flow, from: number, to: number): boolean {
  const at = flow.ir.blocks[from];
  return (
    at !== undefined &&
    walk(
      flow,
      successors(at),
      () => false,
      (id) => id === to,
    )
  );
}

function walk(
  flow: Flow,
  starts: readonly number[],
  isClosed: (from: number, to: number) => boolean,
  isGoal: (block: number) => boolean,
): boolean {
  const seen = new Set(starts);
  const pending = [...starts];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (isGoal(id)) return true;
    const at = flow.ir.blocks[id];
    if (!at) continue;
    for (const next of successors(at)) {
      if (seen.has(next) || isClosed(id, next)) continue;
      seen.add(next);
      pending.push(next);
    }
  }
  return false;
}
