/** Goes through the expressions of a function. */

import type { Expr, FunctionIr, Statement, Terminator } from './ir';

/** Told each name that an expression is made of: variables, constants, temporaries. */
type Note = (name: string) => void;

const mentioned = new WeakMap<FunctionIr, ReadonlySet<string>>();
const called = new WeakMap<FunctionIr, ReadonlySet<string>>();

/** The names that the expressions of a function mention. */
export function mentionedNames(ir: FunctionIr): ReadonlySet<string> {
  let names = mentioned.get(ir);
  if (!names) {
    const found = new Set<string>();
    const note = (name: string) => found.add(name);
    for (const loop of ir.loops) for (const arg of loop.macro?.args ?? []) visitExpression(arg, note);
    for (const { statements, end } of ir.blocks) {
      for (const statement of statements) visitStatement(statement, note);
      visitEnd(end, note);
    }
    names = found;
    mentioned.set(ir, names);
  }
  return names;
}

/** The names that a function calls, loop macros among them. */
export function calledNames(ir: FunctionIr): ReadonlySet<string> {
  let names = called.get(ir);
  if (!names) {
    const found = new Set<string>();
    for (const block of ir.blocks) {
      for (const statement of block.statements) {
        if (statement.kind === 'call' && statement.call.name) found.add(statement.call.name);
      }
    }
    names = found;
    called.set(ir, names);
  }
  return names;
}

export function visitStatement(statement: Statement, note: Note): void {
  switch (statement.kind) {
    case 'assign':
      visitExpression(statement.target, note);
      visitExpression(statement.value, note);
      break;
    case 'call':
      if (statement.call.target) visitExpression(statement.call.target, note);
      for (const arg of statement.call.args) visitExpression(arg, note);
      if (statement.result !== undefined) note(statement.result);
      break;
    case 'declare':
      break;
    case 'read':
      visitExpression(statement.value, note);
  }
}

export function visitEnd(end: Terminator, note: Note): void {
  if (end.kind === 'branch') visitExpression(end.test, note);
  else if (end.kind === 'switch') {
    visitExpression(end.value, note);
    for (const one of end.cases) for (const value of one.values) visitExpression(value, note);
  } else if (end.kind === 'return' && end.value) visitExpression(end.value, note);
}

export function visitExpression(expr: Expr, note: Note): void {
  switch (expr.kind) {
    case 'name':
      note(expr.name);
      break;
    case 'field':
    case 'deref':
    case 'address':
      visitExpression(expr.base, note);
      break;
    case 'index':
      visitExpression(expr.base, note);
      visitExpression(expr.index, note);
      break;
    case 'unary':
    case 'cast':
      visitExpression(expr.operand, note);
      break;
    case 'binary':
      visitExpression(expr.left, note);
      visitExpression(expr.right, note);
      break;
    case 'container':
      visitExpression(expr.pointer, note);
      break;
    case 'initializer':
      for (const field of expr.fields) visitExpression(field.value, note);
      break;
    default:
  }
}
