/** Temporaries: the calls whose results they hold, and the blocks that they need not be carried out of. */

import type { Call, FunctionIr, Statement } from '../code/ir';
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

const called = new WeakMap<FunctionIr, ReadonlyMap<string, Call>>();

/** By temporary, the call whose result it holds. */
export function calledTemporaries(ir: FunctionIr): ReadonlyMap<string, Call> {
  let calls = called.get(ir);
  if (!calls) {
    calls = new Map(ir.blocks.flatMap(({ statements }) => statements.flatMap(resultOf)));
    called.set(ir, calls);
  }
  return calls;
}

function resultOf(statement: Statement): readonly (readonly [string, Call])[] {
  return statement.kind === 'call' && statement.result?.startsWith('#') ? [[statement.result, statement.call]] : [];
}
