/**
 * Symbolic values: what an expression stands for in terms of the function's inputs and calls. Two values with the same
 * key are equal for sure. A place is a memory location, named by the values that lead to it.
 */

import type { BinaryOp } from '../code/ir';

export type Value =
  | { readonly kind: 'constant'; readonly key: string; readonly number: bigint; readonly text: string }
  /** What a place held when the function began, or after something unseen wrote to it. */
  | { readonly kind: 'initial'; readonly key: string; readonly place: string }
  | { readonly kind: 'address'; readonly key: string; readonly place: string }
  /** What call number `call` of the function returned. */
  | { readonly kind: 'result'; readonly key: string; readonly call: number; readonly name: string | undefined }
  /** The mapped count of map call number `call`. */
  | { readonly kind: 'mapped'; readonly key: string; readonly call: number }
  /** A function without side effects, such as sg_dma_address(x). */
  | { readonly kind: 'pure'; readonly key: string; readonly name: string; readonly args: readonly Value[] }
  | {
      readonly kind: 'binary';
      readonly key: string;
      readonly op: BinaryOp;
      readonly left: Value;
      readonly right: Value;
    }
  | { readonly kind: 'unary'; readonly key: string; readonly op: string; readonly operand: Value }
  /** The entry that loop number `loop` is at, in the list that starts at `list`. */
  | { readonly kind: 'entry'; readonly key: string; readonly loop: number; readonly list: Value }
  /** Paths meet at `block` with different values; no options: too many to tell. */
  | {
      readonly kind: 'either';
      readonly key: string;
      readonly block: number;
      readonly place: string;
      readonly options: readonly Value[];
    }
  | { readonly kind: 'opaque'; readonly key: string };

const MAX_OPTIONS = 6;

export function constant(number: bigint, text = String(number)): Value {
  return { kind: 'constant', key: String(number), number, text };
}

export function initial(place: string): Value {
  return { kind: 'initial', key: place, place };
}

export function address(place: string): Value {
  return { kind: 'address', key: `&${place}`, place };
}

export function result(call: number, name: string | undefined): Value {
  return { kind: 'result', key: `@${call}`, call, name };
}

export function mapped(call: number): Value {
  return { kind: 'mapped', key: `mapped@${call}`, call };
}

export function pure(name: string, args: readonly Value[]): Value {
  return { kind: 'pure', key: `${name}(${args.map((arg) => arg.key).join(',')})`, name, args };
}

export function entryOf(loop: number, list: Value): Value {
  return { kind: 'entry', key: `each@${loop}`, loop, list };
}

export function opaque(id: string): Value {
  return { kind: 'opaque', key: `?${id}` };
}

export function unary(op: string, operand: Value): Value {
  if (operand.kind === 'constant') {
    if (op === '-') return constant(-operand.number, `-${operand.text}`);
    if (op === '+') return operand;
    if (op === '~') return constant(~operand.number);
    if (op === '!') return constant(operand.number === 0n ? 1n : 0n);
  }
  return { kind: 'unary', key: `${op}(${operand.key})`, op, operand };
}

export function binary(op: BinaryOp, left: Value, right: Value): Value {
  if (left.kind === 'constant' && right.kind === 'constant') {
    const folded = fold(op, left.number, right.number);
    if (folded !== undefined) return constant(folded);
  }
  if ((op === '+' || op === '-') && right.kind === 'constant' && right.number === 0n) return left;
  return { kind: 'binary', key: `(${left.key}${op}${right.key})`, op, left, right };
}

/** The value of a place where paths meet. The key names block and place, so that loops converge. */
export function either(block: number, place: string, a: Value, b: Value): Value {
  const key = a.kind === 'either' && a.block === block && a.place === place ? a.key : `either@${block}:${place}`;
  if (a.kind === 'either' && a.key === key) {
    if (a.options.length === 0 || a.options.some((option) => option.key === b.key)) return a;
  }
  const options = new Map<string, Value>();
  for (const value of [a, b]) {
    const members = value.kind === 'either' && value.key === key ? value.options : [value];
    if (value.kind === 'either' && value.key === key && members.length === 0) return value;
    for (const member of members) options.set(member.key, member);
  }
  if (MAX_OPTIONS < options.size) return { kind: 'either', key, block, place, options: [] };
  return { kind: 'either', key, block, place, options: [...options.values()] };
}

const opened = new WeakMap<Value, readonly Value[]>();

/** All values that `value` can be, with nested alternatives opened; stops at loops. */
export function alternatives(value: Value): readonly Value[] {
  if (value.kind !== 'either' || value.options.length === 0) return [value];
  const known = opened.get(value) ?? open(value, new Set());
  opened.set(value, known);
  return known;
}

function open(value: Value, seen: Set<string>): readonly Value[] {
  if (value.kind !== 'either' || value.options.length === 0) return [value];
  if (seen.has(value.key)) return [];
  seen.add(value.key);
  return value.options.flatMap((option) => open(option, seen));
}

/** True when `value` is, may be, or is computed from a value that satisfies `test`. */
export function mentions(value: Value, test: (part: Value) => boolean, known?: Set<string>): boolean {
  if (test(value)) return true;
  switch (value.kind) {
    case 'pure': {
      const seen = known ?? (1 < value.args.length ? new Set() : undefined);
      return value.args.some((arg) => mentions(arg, test, seen));
    }
    case 'binary': {
      const seen = known ?? (isComposed(value.left) ? new Set() : undefined);
      return mentions(value.left, test, seen) || mentions(value.right, test, seen);
    }
    case 'unary':
      return mentions(value.operand, test, known);
    case 'either': {
      const seen = known ?? new Set();
      if (seen.has(value.key)) return false;
      seen.add(value.key);
      return value.options.some((option) => mentions(option, test, seen));
    }
    default:
      return false;
  }
}

const mentioned = new WeakMap<Value, Map<string, boolean>>();

/** As `mentions()`, of the value `key`. What was found out of an alternative is kept: ways through a function share them. */
export function mentionsKey(value: Value, key: string): boolean {
  if (value.key === key) return true;
  switch (value.kind) {
    case 'pure':
      return value.args.some((arg) => mentionsKey(arg, key));
    case 'binary':
      return mentionsKey(value.left, key) || mentionsKey(value.right, key);
    case 'unary':
      return mentionsKey(value.operand, key);
    case 'either': {
      const known = mentioned.get(value) ?? new Map<string, boolean>();
      mentioned.set(value, known);
      const answer = known.get(key) ?? value.options.some((option) => mentionsKey(option, key));
      known.set(key, answer);
      return answer;
    }
    default:
      return false;
  }
}

/** Only such values have parts that may come up twice: of the others, nobody needs to remember what was seen. */
function isComposed({ kind }: Value): boolean {
  return kind === 'pure' || kind === 'binary' || kind === 'unary' || kind === 'either';
}

/** True when `value` is, may be, or is counted from the value `key`; what a function made of it is something else. */
export function carries(value: Value, key: string, known?: Set<string>): boolean {
  if (value.key === key) return true;
  switch (value.kind) {
    case 'binary': {
      const seen = known ?? (isComposed(value.left) ? new Set() : undefined);
      return carries(value.left, key, seen) || carries(value.right, key, seen);
    }
    case 'unary':
      return carries(value.operand, key, known);
    case 'either': {
      const seen = known ?? new Set();
      if (seen.has(value.key)) return false;
      seen.add(value.key);
      return value.options.some((option) => carries(option, key, seen));
    }
    default:
      return false;
  }
}

/** `value` with every part that `replace` knows put in its stead. */
export function substitute(value: Value, replace: (part: Value) => Value | undefined): Value {
  const replaced = replace(value);
  if (replaced !== undefined) return replaced;
  switch (value.kind) {
    case 'binary':
      return binary(value.op, substitute(value.left, replace), substitute(value.right, replace));
    case 'unary':
      return unary(value.op, substitute(value.operand, replace));
    default:
      return value;
  }
}

function fold(op: BinaryOp, a: bigint, b: bigint): bigint | undefined {
  const truth = (claim: boolean) => (claim ? 1n : 0n);
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? undefined : a / b;
    case '%':
      return b === 0n ? undefined : a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return b < 0n || 64n <= b ? undefined : a << b;
    case '>>':
      return b < 0n || 64n <= b ? undefined : a >> b;
    case '==':
      return truth(a === b);
    case '!=':
      return truth(a !== b);
    case '<':
      return truth(a < b);
    case '<=':
      return truth(a <= b);
    case '>':
      return truth(a > b);
    case '>=':
      return truth(a >= b);
  }
}
