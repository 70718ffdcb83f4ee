/** Statements: control flow to blocks and branches. */

import { dmaFunction } from '../dmaApi';
import type { SyntaxNode } from '../syntax/parser';
import type { Span } from '../types';
import type { Builder, OpenSwitch } from './builder';
import { declaredVariables, fieldOf, textOf } from './declarations';
import { lowerCondition, lowerEffect, lowerValue } from './expressions';
import type { Call, Expr, SwitchCase } from './ir';

export function lowerStatement(b: Builder, node: SyntaxNode): void {
  const span = { start: node.start, end: node.end };
  switch (node.type) {
    case 'compound_statement':
    case 'ERROR':
    case 'attributed_statement':
      lowerAll(b, node.children);
      break;
    case 'declaration':
      lowerDeclaration(b, node);
      break;
    case 'expression_statement': {
      const expression = node.children.find((child) => child.named && child.type !== 'comment');
      if (expression) lowerEffect(b, expression);
      // `goto *labels[i]` leads nobody knows where.
      if (/\bgoto\s*$/.test(textOf({ start: Math.max(b.source.start, node.start - 16), end: node.start }, b.source)))
        b.end({ kind: 'stop' });
      break;
    }
    case 'if_statement':
      if (isWord(b, node, 'if')) lowerIf(b, node);
      else lowerMacroScope(b, node);
      break;
    case 'while_statement':
      if (isWord(b, node, 'while')) lowerWhile(b, node);
      else lowerMacroLoop(b, node);
      break;
    case 'for_statement':
      if (isWord(b, node, 'for')) lowerFor(b, node);
      else lowerMacroLoop(b, node);
      break;
    case 'do_statement':
      lowerDo(b, node);
      break;
    case 'switch_statement':
      lowerSwitch(b, node);
      break;
    case 'case_statement':
      lowerCase(b, node);
      break;
    case 'labeled_statement': {
      const label = fieldOf(node, 'label');
      if (label) b.continueIn(b.label(textOf(label, b.source)));
      lowerAll(
        b,
        node.children.filter((child) => child !== label),
      );
      break;
    }
    case 'goto_statement': {
      const label = fieldOf(node, 'label');
      b.end(label ? { kind: 'goto', to: b.label(textOf(label, b.source)) } : { kind: 'stop' });
      break;
    }
    case 'return_statement': {
      const expression = node.children.find((child) => child.named && child.type !== 'comment');
      const value = expression && lowerValue(b, expression);
      b.end({ kind: 'return', span, ...(value && { value }) });
      break;
    }
    case 'break_statement':
      leaveTo(b, b.breaks.at(-1));
      break;
    case 'continue_statement':
      leaveTo(b, b.continues.at(-1));
      break;
    case 'preproc_if':
    case 'preproc_ifdef':
    case 'preproc_elif':
    case 'preproc_elifdef':
      lowerArms(b, node);
      break;
    case 'preproc_else':
      lowerAll(b, node.children);
      break;
    default:
      if (/_expression$|^identifier$/.test(node.type)) lowerEffect(b, node);
  }
}

function lowerAll(b: Builder, nodes: readonly SyntaxNode[]): void {
  for (const node of nodes) if (node.named && node.type !== 'comment') lowerStatement(b, node);
}

/** The keyword is the user's own, not one that stands for a macro. */
function isWord(b: Builder, node: SyntaxNode, word: string): boolean {
  const text = textOf({ start: node.start, end: node.start + word.length + 1 }, b.source);
  return text.startsWith(word) && !/\w/.test(text[word.length] ?? ' ');
}

function leaveTo(b: Builder, block: number | undefined): void {
  b.end(block === undefined ? { kind: 'stop' } : { kind: 'goto', to: block });
}

function lowerDeclaration(b: Builder, node: SyntaxNode): void {
  for (const { variable, value } of declaredVariables(node, b.source)) {
    b.locals.push(variable);
    if (!value) {
      b.emit({ kind: 'declare', name: variable.name, span: variable.span });
      continue;
    }
    const stored = lowerValue(b, value);
    b.assign({ kind: 'name', name: variable.name, span: variable.span }, stored, {
      start: variable.span.start,
      end: value.end,
    });
  }
}

function lowerIf(b: Builder, node: SyntaxNode): void {
  const condition = fieldOf(node, 'condition');
  const consequence = fieldOf(node, 'consequence');
  const alternative = fieldOf(node, 'alternative');
  if (!condition) return;
  const yes = b.newBlock();
  const join = b.newBlock();
  const no = alternative ? b.newBlock() : join;
  lowerCondition(b, condition, yes, no);
  b.end({ kind: 'stop' }, yes);
  if (consequence) lowerStatement(b, consequence);
  if (alternative) {
    b.end({ kind: 'goto', to: join }, no);
    lowerAll(b, alternative.type === 'else_clause' ? alternative.children : [alternative]);
  }
  b.continueIn(join);
}

/** Runs `body` as a loop whose header is the current, fresh block. */
function inLoop(
  b: Builder,
  header: number,
  exit: number,
  next: number,
  macro: Call | undefined,
  span: Span,
  body: () => void,
): void {
  const parent = b.openLoops.at(-1);
  b.openLoops.push(b.loops.length);
  b.loops.push({ header, macro, span, parent });
  b.breaks.push(exit);
  b.continues.push(next);
  body();
  b.breaks.pop();
  b.continues.pop();
  b.openLoops.pop();
}

function lowerWhile(b: Builder, node: SyntaxNode): void {
  const condition = fieldOf(node, 'condition');
  const body = fieldOf(node, 'body');
  const exit = b.newBlock();
  const header = b.newBlock();
  const start = b.newBlock();
  b.continueIn(header);
  inLoop(b, header, exit, header, undefined, headSpan(node, body), () => {
    if (condition) lowerCondition(b, condition, start, exit);
    b.end({ kind: 'stop' }, start);
    if (body) lowerStatement(b, body);
    b.end({ kind: 'goto', to: header }, exit);
  });
}

function lowerFor(b: Builder, node: SyntaxNode): void {
  const [initializer, condition, update, body] = ['initializer', 'condition', 'update', 'body'].map((field) =>
    fieldOf(node, field),
  );
  if (initializer) {
    if (initializer.type === 'declaration') lowerStatement(b, initializer);
    else lowerEffect(b, initializer);
  }
  const exit = b.newBlock();
  const header = b.newBlock();
  const start = b.newBlock();
  const next = b.newBlock();
  b.continueIn(header);
  inLoop(b, header, exit, next, undefined, headSpan(node, body), () => {
    if (condition) lowerCondition(b, condition, start, exit);
    else b.end({ kind: 'goto', to: start });
    b.end({ kind: 'stop' }, start);
    if (body) lowerStatement(b, body);
    b.continueIn(next);
    if (update) lowerEffect(b, update);
    b.end({ kind: 'goto', to: header }, exit);
  });
}

function lowerDo(b: Builder, node: SyntaxNode): void {
  const body = fieldOf(node, 'body');
  const condition = fieldOf(node, 'condition');
  const exit = b.newBlock();
  const start = b.newBlock();
  const test = b.newBlock();
  b.continueIn(start);
  inLoop(b, start, exit, test, undefined, { start: node.start, end: body?.start ?? node.end }, () => {
    if (body) lowerStatement(b, body);
    b.continueIn(test);
    if (condition) lowerCondition(b, condition, start, exit);
    b.end({ kind: 'stop' }, exit);
  });
}

function headSpan(node: SyntaxNode, body: SyntaxNode | undefined): Span {
  const last = node.children.filter((child) => child !== body && child.end <= (body?.start ?? node.end)).at(-1);
  return { start: node.start, end: last?.end ?? node.end };
}

/** The macro that a rewritten `while (a, b)`, `if (a, b)` or `for (a; b; c)` stands for. */
function macroCall(b: Builder, node: SyntaxNode): Call {
  const name = /^[A-Za-z_]\w*/.exec(textOf({ start: node.start, end: node.start + 120 }, b.source))?.[0];
  const body = fieldOf(node, 'body') ?? fieldOf(node, 'consequence');
  const condition = fieldOf(node, 'condition');
  const parts = condition ? [condition] : ['initializer', 'update'].flatMap((field) => fieldOf(node, field) ?? []);
  return {
    id: b.nextCallId(),
    name,
    nameSpan: { start: node.start, end: node.start + (name?.length ?? 0) },
    args: parts.flatMap((part) => commaParts(part)).map((part) => lowerValue(b, part)),
    span: headSpan(node, body),
  };
}

function commaParts(node: SyntaxNode): readonly SyntaxNode[] {
  if (node.type === 'parenthesized_expression') {
    const inner = node.children.find((child) => child.named && child.type !== 'comment');
    return inner ? commaParts(inner) : [];
  }
  if (node.type !== 'comma_expression') return [node];
  const left = fieldOf(node, 'left');
  const right = fieldOf(node, 'right');
  return [...(left ? [left] : []), ...(right ? commaParts(right) : [])];
}

/** `scoped_guard(mutex, &lock) { ... }`: a block that runs once. */
function lowerMacroScope(b: Builder, node: SyntaxNode): void {
  const call = macroCall(b, node);
  b.emit({ kind: 'call', call, span: call.span });
  const body = fieldOf(node, 'consequence');
  if (body) lowerStatement(b, body);
}

function lowerMacroLoop(b: Builder, node: SyntaxNode): void {
  const body = fieldOf(node, 'body');
  const exit = b.newBlock();
  const header = b.newBlock();
  const start = b.newBlock();
  b.continueIn(header);
  const call = macroCall(b, node);
  inLoop(b, header, exit, header, call, call.span, () => {
    b.emit({ kind: 'call', call, span: call.span });
    const test: Expr = { kind: 'opaque', text: 'again', span: call.span };
    b.end({ kind: 'branch', test, whenTrue: start, whenFalse: exit }, start);
    const position = iterationVariable(call);
    if (position) b.assign(position, { kind: 'opaque', text: 'for_each', span: position.span }, call.span);
    if (body) lowerStatement(b, body);
    b.end({ kind: 'goto', to: header }, exit);
  });
}

/** The variable that a loop macro moves: known for the DMA walks, else the first plain name among the arguments. */
function iterationVariable(call: Call): Expr | undefined {
  const known = dmaFunction(call.name);
  if (known?.role === 'walk') return known.iterator === undefined ? undefined : call.args[known.iterator];
  return call.args.find((arg) => arg.kind === 'name' && !arg.name.startsWith('#'));
}

function lowerSwitch(b: Builder, node: SyntaxNode): void {
  const condition = fieldOf(node, 'condition');
  const body = fieldOf(node, 'body');
  const value: Expr = condition ? lowerValue(b, condition) : { kind: 'opaque', text: 'switch', span: node };
  const exit = b.newBlock();
  const context: OpenSwitch = { cases: [], otherwise: undefined };
  // The body is lowered first, so that its cases are known when the switch itself is written.
  const head = b.newBlock();
  b.continueIn(head);
  b.resume(b.newBlock());
  b.switches.push(context);
  b.breaks.push(exit);
  if (body) lowerStatement(b, body);
  b.breaks.pop();
  b.switches.pop();
  b.end({ kind: 'goto', to: exit }, head);
  b.end({ kind: 'switch', value, cases: context.cases, otherwise: context.otherwise ?? exit }, exit);
}

function lowerCase(b: Builder, node: SyntaxNode): void {
  const context = b.switches.at(-1);
  const value = fieldOf(node, 'value');
  const block = b.newBlock();
  b.continueIn(block);
  if (value) context?.cases.push({ ...caseValues(b, value), to: block });
  else if (context) context.otherwise = block;
  lowerAll(
    b,
    node.children.filter((child) => child !== value),
  );
}

/** `case 1 ... 3` has two ends; the dialect has made an operator of the dots. */
function caseValues(b: Builder, node: SyntaxNode): Pick<SwitchCase, 'values' | 'isRange'> {
  if (!textOf(node, b.source).includes('...')) return { values: [lowerValue(b, node)] };
  const [low, high] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
  const unknown: Expr = { kind: 'opaque', text: textOf(node, b.source), span: { start: node.start, end: node.end } };
  return low && high ? { values: [lowerValue(b, low), lowerValue(b, high)], isRange: true } : { values: [unknown] };
}

/** `#ifdef` around whole statements: both arms are possible. */
function lowerArms(b: Builder, node: SyntaxNode): void {
  const alternative = fieldOf(node, 'alternative');
  const condition = fieldOf(node, 'condition') ?? fieldOf(node, 'name');
  const span = condition ? { start: condition.start, end: condition.end } : { start: node.start, end: node.end };
  const [yes, no, join] = [b.newBlock(), b.newBlock(), b.newBlock()];
  const test: Expr = { kind: 'opaque', text: condition ? textOf(condition, b.source) : '#if', span };
  b.end({ kind: 'branch', test, whenTrue: yes, whenFalse: no }, yes);
  lowerAll(
    b,
    node.children.filter((child) => child !== alternative && child !== condition),
  );
  b.end({ kind: 'goto', to: join }, no);
  if (alternative) lowerStatement(b, alternative);
  b.continueIn(join);
}
