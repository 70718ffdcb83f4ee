/** Expressions: side effects go to statements in evaluation order, `&&`, `||` and `?:` to branches; what is left is pure. */

import type { SyntaxNode } from '../syntax/parser';
import type { Span } from '../types';
import { Builder } from './builder';
import { fieldOf, plainType, type Source, textOf } from './declarations';
import type { BinaryOp, Call, Expr, InitializerField } from './ir';
import { lowerStatement } from './statements';

/** Macros that are their first argument as far as control flow goes. */
const TRANSPARENT = new Set([
  'likely',
  'unlikely',
  'WARN_ON',
  'WARN_ON_ONCE',
  'WARN',
  'WARN_ONCE',
  'READ_ONCE',
  'ACCESS_ONCE',
  'drm_WARN_ON',
  'drm_WARN_ON_ONCE',
  'snd_BUG_ON',
  '__builtin_expect',
]);
/** Of these, the second argument. */
const TRANSPARENT_SECOND = new Set(['drm_WARN_ON', 'drm_WARN_ON_ONCE']);
const STOPS = new Set(['BUG', 'panic', 'unreachable', '__builtin_unreachable']);
const STOPS_IF = new Set(['BUG_ON', 'VM_BUG_ON', 'SNIC_BUG_ON', 'ASSERT_NEVER']);
const CONTAINERS = new Set(['container_of', 'container_of_const', 'list_entry', 'rb_entry']);
const BINARY: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '^',
  '<<',
  '>>',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
]);

/** An expression outside any function: side effects are dropped. */
export function lowerExpression(node: SyntaxNode, source: Source): Expr {
  return lowerValue(new Builder(source), node);
}

/** The value of an expression; emits what it does on the way. */
export function lowerValue(b: Builder, node: SyntaxNode): Expr {
  const span = { start: node.start, end: node.end };
  const text = () => textOf(node, b.source);
  switch (node.type) {
    case 'identifier':
    case 'true':
    case 'false':
    case 'null':
    case 'field_identifier': {
      const name = text();
      return /^[A-Za-z_$][\w$]*$/.test(name) ? { kind: 'name', name, span } : { kind: 'opaque', text: name, span };
    }
    case 'number_literal':
    case 'char_literal':
      return numberOf(text(), span);
    case 'string_literal':
    case 'concatenated_string':
      return { kind: 'string', text: text(), span };
    case 'parenthesized_expression':
      return lowerParenthesized(b, node);
    case 'cast_expression': {
      const type = fieldOf(node, 'type');
      const value = fieldOf(node, 'value');
      if (!value) break;
      return { kind: 'cast', type: type ? plainType(type, b.source) : '', operand: lowerValue(b, value), span };
    }
    case 'field_expression': {
      const base = fieldOf(node, 'argument');
      const name = fieldOf(node, 'field');
      if (!base || !name) break;
      const arrow = node.children.some((child) => child.type === '->');
      return { kind: 'field', base: lowerValue(b, base), name: textOf(name, b.source), arrow, span };
    }
    case 'subscript_expression': {
      const base = fieldOf(node, 'argument');
      const index = fieldOf(node, 'index');
      if (!base || !index) break;
      return { kind: 'index', base: lowerValue(b, base), index: lowerValue(b, index), span };
    }
    case 'pointer_expression': {
      const base = fieldOf(node, 'argument');
      if (!base) break;
      const isAddress = node.children[0]?.type === '&';
      return { kind: isAddress ? 'address' : 'deref', base: lowerValue(b, base), span };
    }
    case 'unary_expression': {
      const operand = fieldOf(node, 'argument');
      const op = node.children[0]?.type;
      if (!operand || (op !== '-' && op !== '~' && op !== '!' && op !== '+')) break;
      return { kind: 'unary', op, operand: lowerValue(b, operand), span };
    }
    case 'binary_expression': {
      const left = fieldOf(node, 'left');
      const right = fieldOf(node, 'right');
      const op = fieldOf(node, 'operator')?.type ?? '';
      if (!left || !right) break;
      if (op === '&&' || op === '||') return lowerTruth(b, node, span);
      if (!BINARY.has(op)) break;
      return { kind: 'binary', op: op as BinaryOp, left: lowerValue(b, left), right: lowerValue(b, right), span };
    }
    case 'assignment_expression':
      return lowerAssignment(b, node, span) ?? { kind: 'opaque', text: text(), span };
    case 'update_expression':
      return lowerUpdate(b, node, span) ?? { kind: 'opaque', text: text(), span };
    case 'conditional_expression':
      return lowerConditional(b, node, span) ?? { kind: 'opaque', text: text(), span };
    case 'comma_expression': {
      const left = fieldOf(node, 'left');
      const right = fieldOf(node, 'right');
      if (!left || !right) break;
      lowerEffect(b, left);
      return lowerValue(b, right);
    }
    case 'call_expression':
      return lowerCall(b, node, span, true);
    case 'sizeof_expression':
    case 'alignof_expression':
    case 'offsetof_expression':
      return { kind: 'sizeof', text: text(), span };
    case 'compound_literal_expression': {
      const value = fieldOf(node, 'value');
      return value ? lowerValue(b, value) : { kind: 'opaque', text: text(), span };
    }
    case 'initializer_list':
      return { kind: 'initializer', fields: lowerInitializer(b, node), span };
    default:
      break;
  }
  return { kind: 'opaque', text: text(), span };
}

/** An expression whose value nobody uses. */
export function lowerEffect(b: Builder, node: SyntaxNode): void {
  const span = { start: node.start, end: node.end };
  if (node.type === 'call_expression') {
    lowerCall(b, node, span, false);
  } else if (
    node.type === 'parenthesized_expression' &&
    !node.children.some((child) => child.type === 'compound_statement')
  ) {
    for (const child of node.children) if (child.named) lowerEffect(b, child);
  } else if (node.type === 'cast_expression') {
    const value = fieldOf(node, 'value');
    if (value) lowerEffect(b, value);
  } else if (node.type === 'update_expression') {
    step(b, node, span);
  } else if (node.type === 'assignment_expression') {
    lowerAssignment(b, node, span);
  } else {
    const value = lowerValue(b, node);
    if (value.kind === 'field' || value.kind === 'index' || value.kind === 'deref')
      b.emit({ kind: 'read', value, span });
  }
}

/** Branches on a condition: to `whenTrue` or to `whenFalse`. The current block is ended. */
export function lowerCondition(b: Builder, node: SyntaxNode, whenTrue: number, whenFalse: number): void {
  const inner = node.type === 'parenthesized_expression' ? onlyExpression(node) : undefined;
  if (inner) {
    lowerCondition(b, inner, whenTrue, whenFalse);
    return;
  }
  if (node.type === 'unary_expression' && node.children[0]?.type === '!') {
    const operand = fieldOf(node, 'argument');
    if (operand) {
      lowerCondition(b, operand, whenFalse, whenTrue);
      return;
    }
  }
  const op = node.type === 'binary_expression' ? fieldOf(node, 'operator')?.type : undefined;
  const left = fieldOf(node, 'left');
  const right = fieldOf(node, 'right');
  if ((op === '&&' || op === '||') && left && right) {
    const second = b.newBlock();
    lowerCondition(b, left, op === '&&' ? second : whenTrue, op === '&&' ? whenFalse : second);
    b.end({ kind: 'stop' }, second);
    lowerCondition(b, right, whenTrue, whenFalse);
    return;
  }
  const wrapped = node.type === 'call_expression' ? transparentArgument(b, node) : undefined;
  if (wrapped) {
    lowerCondition(b, wrapped, whenTrue, whenFalse);
    return;
  }
  const test = lowerValue(b, node);
  b.end({ kind: 'branch', test, whenTrue, whenFalse });
}

function onlyExpression(node: SyntaxNode): SyntaxNode | undefined {
  const inner = node.children.filter((child) => child.named && child.type !== 'comment');
  return inner.length === 1 && inner[0]?.type !== 'compound_statement' ? inner[0] : undefined;
}

/** `(x)` or a statement expression `({ ...; x; })`. */
function lowerParenthesized(b: Builder, node: SyntaxNode): Expr {
  const span = { start: node.start, end: node.end };
  const block = node.children.find((child) => child.type === 'compound_statement');
  if (!block) {
    const inner = node.children.find((child) => child.named && child.type !== 'comment');
    return inner ? lowerValue(b, inner) : { kind: 'opaque', text: textOf(node, b.source), span };
  }
  const statements = block.children.filter((child) => child.named && child.type !== 'comment');
  const last = statements.at(-1);
  for (const statement of statements) if (statement !== last) lowerStatement(b, statement);
  const value = last?.type === 'expression_statement' ? last.children.find((child) => child.named) : undefined;
  if (value) return lowerValue(b, value);
  if (last) lowerStatement(b, last);
  return { kind: 'opaque', text: '({ })', span };
}

function lowerAssignment(b: Builder, node: SyntaxNode, span: Span): Expr | undefined {
  const left = fieldOf(node, 'left');
  const right = fieldOf(node, 'right');
  const via = fieldOf(node, 'operator')?.type ?? '=';
  if (!left || !right) return undefined;
  const value = lowerValue(b, right);
  const target = lowerValue(b, left);
  const op = via.slice(0, -1);
  const stored: Expr = BINARY.has(op)
    ? { kind: 'binary', op: op as BinaryOp, left: target, right: value, span }
    : value;
  b.assign(target, stored, span, via);
  return target;
}

/** `x++` as a value: what it was before; `++x`: what it is then. */
function lowerUpdate(b: Builder, node: SyntaxNode, span: Span): Expr | undefined {
  const operand = fieldOf(node, 'argument');
  if (!operand) return undefined;
  const isPrefix = node.children[0]?.field === 'operator';
  if (isPrefix) return step(b, node, span);
  const before = b.temporary(span);
  b.assign(before, lowerValue(b, operand), span);
  step(b, node, span);
  return before;
}

function step(b: Builder, node: SyntaxNode, span: Span): Expr | undefined {
  const operand = fieldOf(node, 'argument');
  const via = fieldOf(node, 'operator')?.type ?? '++';
  if (!operand) return undefined;
  const target = lowerValue(b, operand);
  const one: Expr = { kind: 'number', value: 1n, text: '1', span };
  b.assign(target, { kind: 'binary', op: via === '--' ? '-' : '+', left: target, right: one, span }, span, via);
  return target;
}

/** `a ? b : c`, and `a ?: c`. */
function lowerConditional(b: Builder, node: SyntaxNode, span: Span): Expr | undefined {
  const condition = fieldOf(node, 'condition');
  const consequence = fieldOf(node, 'consequence');
  const alternative = fieldOf(node, 'alternative');
  if (!condition || !alternative) return undefined;
  const result = b.temporary(span);
  const [yes, no, join] = [b.newBlock(), b.newBlock(), b.newBlock()];
  if (consequence) {
    lowerCondition(b, condition, yes, no);
    b.end({ kind: 'stop' }, yes);
    b.assign(result, lowerValue(b, consequence), span);
  } else {
    const value = lowerValue(b, condition);
    b.end({ kind: 'branch', test: value, whenTrue: yes, whenFalse: no }, yes);
    b.assign(result, value, span);
  }
  b.end({ kind: 'goto', to: join }, no);
  b.assign(result, lowerValue(b, alternative), span);
  b.continueIn(join);
  return result;
}

/** `a && b` as a value: 1 or 0. */
function lowerTruth(b: Builder, node: SyntaxNode, span: Span): Expr {
  const result = b.temporary(span);
  const [yes, no, join] = [b.newBlock(), b.newBlock(), b.newBlock()];
  lowerCondition(b, node, yes, no);
  b.end({ kind: 'stop' }, yes);
  b.assign(result, { kind: 'number', value: 1n, text: '1', span }, span);
  b.end({ kind: 'goto', to: join }, no);
  b.assign(result, { kind: 'number', value: 0n, text: '0', span }, span);
  b.continueIn(join);
  return result;
}

function callName(b: Builder, node: SyntaxNode): string | undefined {
  const callee = fieldOf(node, 'function');
  return callee?.type === 'identifier' ? textOf(callee, b.source) : undefined;
}

export function argumentsOf(node: SyntaxNode): readonly SyntaxNode[] {
  const list = fieldOf(node, 'arguments');
  return list ? list.children.filter((child) => child.named && child.type !== 'comment') : [];
}

function transparentArgument(b: Builder, node: SyntaxNode): SyntaxNode | undefined {
  const name = callName(b, node);
  if (name === undefined || !TRANSPARENT.has(name)) return undefined;
  return argumentsOf(node)[TRANSPARENT_SECOND.has(name) ? 1 : 0];
}

function lowerCall(b: Builder, node: SyntaxNode, span: Span, isUsed: boolean): Expr {
  const callee = fieldOf(node, 'function');
  const name = callName(b, node);
  const wrapped = transparentArgument(b, node);
  if (wrapped) return lowerValue(b, wrapped);
  const nodes = argumentsOf(node);
  const nothing: Expr = { kind: 'opaque', text: textOf(node, b.source), span };
  if (name !== undefined && STOPS_IF.has(name) && nodes[0]) {
    const [stop, on] = [b.newBlock(), b.newBlock()];
    lowerCondition(b, nodes[0], stop, on);
    b.end({ kind: 'stop' }, stop);
    b.end({ kind: 'stop' }, on);
    return nothing;
  }
  if (name !== undefined && STOPS.has(name)) {
    b.end({ kind: 'stop' });
    return nothing;
  }
  const pointer = nodes[0];
  if (name !== undefined && CONTAINERS.has(name) && pointer && nodes[1] && nodes[2]) {
    const [type, member] = [textOf(nodes[1], b.source), textOf(nodes[2], b.source)];
    return { kind: 'container', pointer: lowerValue(b, pointer), type, member, span };
  }
  const call = makeCall(b, node, name, callee);
  if (!isUsed) {
    b.emit({ kind: 'call', call, span });
    return nothing;
  }
  const result = b.temporary(span);
  b.emit({ kind: 'call', call, result: result.name, span });
  return result;
}

function makeCall(b: Builder, node: SyntaxNode, name: string | undefined, callee: SyntaxNode | undefined): Call {
  const target = name === undefined && callee ? lowerValue(b, callee) : undefined;
  const args = argumentsOf(node).map((argument) => lowerValue(b, argument));
  return {
    id: b.nextCallId(),
    name,
    nameSpan: callee ? { start: callee.start, end: callee.end } : { start: node.start, end: node.end },
    args,
    span: { start: node.start, end: node.end },
    ...(target && { target }),
  };
}

function lowerInitializer(b: Builder, node: SyntaxNode): readonly InitializerField[] {
  const fields: InitializerField[] = [];
  for (const child of node.children) {
    if (!child.named || child.type === 'comment') continue;
    if (child.type !== 'initializer_pair') {
      fields.push({ value: lowerValue(b, child) });
      continue;
    }
    const value = fieldOf(child, 'value');
    const designators = child.children.filter((one) => one.field === 'designator');
    const designator = designators.map((one) => textOf(one, b.source)).join('');
    if (value) fields.push({ value: lowerValue(b, value), ...(designator !== '' && { designator }) });
  }
  return fields;
}

function numberOf(text: string, span: Span): Expr {
  const digits = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]*$/.exec(text)?.[1];
  if (digits === undefined) return { kind: 'opaque', text, span };
  const isOctal = /^0\d+$/.test(digits) && /^[0-7]+$/.test(digits);
  return {
    kind: 'number',
    value: BigInt(isOctal ? `0o${digits.slice(1)}` : digits.replace(/^0+(?=\d)/, '')),
    text,
    span,
  };
}
