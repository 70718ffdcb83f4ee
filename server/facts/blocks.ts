/** The graph of a function's blocks. */

import type { Block, FunctionIr } from '../code/ir';

export function successors(block: Block): readonly number[] {
  const { end } = block;
  switch (end.kind) {
    case 'goto':
      return [end.to];
    case 'branch':
      return [end.whenTrue, end.whenFalse];
    case 'switch':
      return [...end.cases.map((one) => one.to), end.otherwise];
    default:
      return [];
  }
}

const knownJoins = new WeakMap<FunctionIr, ReadonlySet<number>>();

/** Blocks that several ways lead to. */
export function joinBlocks(ir: FunctionIr): ReadonlySet<number> {
  let joins = knownJoins.get(ir);
  if (!joins) {
    joins = findJoins(ir);
    knownJoins.set(ir, joins);
  }
  return joins;
}

function findJoins(ir: FunctionIr): ReadonlySet<number> {
  const seen = new Set<number>([0]);
  const joins = new Set<number>();
  for (const block of ir.blocks) {
    for (const to of new Set(successors(block))) {
      if (seen.has(to)) joins.add(to);
      seen.add(to);
    }
  }
  return joins;
}

/** Blocks in the order in which control first gets to them, loops last. */
export function reversePostorder(blocks: readonly Block[]): readonly number[] {
  const seen = new Set<number>();
  const order: number[] = [];
  const stack: { id: number; next: number }[] = [{ id: 0, next: 0 }];
  seen.add(0);
  while (0 < stack.length) {
    const top = stack[stack.length - 1];
    if (!top) break;
    const block = blocks[top.id];
    const to = block ? successors(block)[top.next] : undefined;
    if (to === undefined) {
      order.push(top.id);
      stack.pop();
    } else {
      top.next += 1;
      if (!seen.has(to)) {
        seen.add(to);
        stack.push({ id: to, next: 0 });
      }
    }
  }
  return order.reverse();
}
