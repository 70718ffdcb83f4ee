/** Temporaries that nobody reads outside the block that makes them: they need not be carried on. */

import type { FunctionIr } from '../code/ir';
import { visitEnd, visitExpression, visitStatement } from '../code/visit';

const known = new WeakMap<FunctionIr, ReadonlyMap<number, readonly string[]>>();

/** By block, the temporaries that end with it. */
export function dyingTemporaries(ir: FunctionIr): ReadonlyMap<number, readonly string[]> {
  let dying = known.get(ir);
  if (!dying) {
    dying = findDying(ir);
    known.set(ir, dying);
  }
  return dying;
}

/** In several blocks. */
const SEVERAL = -1;

function findDying(ir: FunctionIr): ReadonlyMap<number, readonly string[]> {
  const homes = new Map<string, number>();
  let block = 0;
  const note = (name: string) => {
    if (name.charCodeAt(0) !== 0x23) return;
    const home = homes.get(name);
    if (home === undefined) homes.set(name, block);
    else if (home !== block) homes.set(name, SEVERAL);
  };
  // Loop macros stand in the header's block, and are looked at again from elsewhere.
  for (const loop of ir.loops)
    for (const arg of loop.macro?.args ?? []) visitExpression(arg, (name) => homes.set(name, SEVERAL));
  for (const { id, statements, end } of ir.blocks) {
    block = id;
    for (const statement of statements) visitStatement(statement, note);
    visitEnd(end, note);
  }
  const dying = new Map<number, string[]>();
  for (const [name, home] of homes) {
    if (home === SEVERAL) continue;
    const names = dying.get(home);
    if (names) names.push(name);
    else dying.set(home, [name]);
  }
  return dying;
}
