/** Temporaries that nobody reads outside the block that makes them: they need not be carried on. */

import type { Expr, FunctionIr, Statement } from '../code/ir';

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
  for (const loop of ir.loops) for (const arg of loop.macro?.args ?? []) visit(arg, (name) => homes.set(name, SEVERAL));
  for (const { id, statements, end } of ir.blocks) {
    block = id;
    for (const statement of statements) visitStatement(statement, note);
    if (end.kind === 'branch') visit(end.test, note);
    else if (end.kind === 'switch') {
      visit(end.value, note);
      for (const one of end.cases) for (const value of one.values) visit(value, note);
    } else if (end.kind === 'return' && end.value) visit(end.value, note);
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

function visitStatement(statement: Statement, note: (name: string) => void): void {
  switch (statement.kind) {
    case 'assign':
      visit(statement.target, note);
      visit(statement.value, note);
      break;
    case 'call':
      if (statement.call.target) visit(statement.call.target, note);
      for (const arg of statement.call.args) visit(arg, note);
      if (statement.result !== undefined) note(statement.result);
      break;
    case 'declare':
      break;
    case 'read':
      visit(statement.value, note);
  }
}

function visit(expr: Expr, note: (name: string) => void): void {
  switch (expr.kind) {
    case 'name':
      note(expr.name);
      break;
    case 'field':
    case 'deref':
    case 'address':
      visit(expr.base, note);
      break;
    case 'index':
      visit(expr.base, note);
      visit(expr.index, note);
      break;
    case 'unary':
    case 'cast':
      visit(expr.operand, note);
      break;
    case 'binary':
      visit(expr.left, note);
      visit(expr.right, note);
      break;
    case 'container':
      visit(expr.pointer, note);
      break;
    case 'initializer':
      for (const field of expr.fields) visit(field.value, note);
      break;
    default:
  }
}
