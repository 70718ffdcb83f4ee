/** Whether two sizes, of a mapping and of its release, can be the same. */

import type { Expr } from '../code/ir';
import type { Flow } from './flow';
import { mentions, type Value } from './values';

export interface Argument {
  readonly value: Value;
  readonly expr: Expr;
}

/** Names of the field behind a place that mean the same in all functions of a file. */
type KeysOf = (flow: Flow, place: string, expr: Expr) => readonly string[];

/** Within a function: two sizes that cannot be the same, or that come from different places. */
export function differHere(flow: Flow, mapped: Argument, released: Argument): boolean {
  const [a, b] = [sizeOf(flow, mapped), sizeOf(flow, released)];
  if (a !== undefined && b !== undefined) return a !== b;
  if (a !== undefined || b !== undefined) return false;
  if (isOffBy(mapped.value, released.value) || isOffBy(released.value, mapped.value)) return true;
  return isPlain(mapped.value) && isPlain(released.value) && mapped.value.key !== released.value.key;
}

/** `len + 2` for `len`, where `len` is a local value or a parameter: packets are pulled and trimmed in between. */
function isOffBy(size: Value, more: Value): boolean {
  if (more.kind !== 'binary' || (more.op !== '+' && more.op !== '-') || more.right.kind !== 'constant') return false;
  return more.left.key === size.key && size.kind === 'initial' && /^[a-z_]\w*$/.test(size.place);
}

/** A size that is told by its own words: a number, or a type. */
function sizeOf(flow: Flow, { value, expr }: Argument): string | undefined {
  if (value.kind === 'constant') return value.key;
  return expr.kind === 'sizeof' ? typeSize(flow, expr.text) : undefined;
}

/** `struct foo` for `sizeof(struct foo)`, and for `sizeof(*foo)` where the variable is seen. */
function typeSize(flow: Flow, text: string): string | undefined {
  const inner = /^sizeof\s*\(?\s*([^()]*?)\s*\)?$/.exec(text)?.[1];
  const type = inner === undefined ? undefined : /^struct\s+\w+$/.exec(inner)?.[0];
  if (type) return type.replace(/\s+/g, ' ');
  const [, star, name] = /^(\*?)\s*(\w+)$/.exec(inner ?? '') ?? [];
  const variable = [...flow.ir.locals, ...flow.ir.params].find((one) => one.name === name);
  const isObject = variable && !variable.array && variable.pointers === (star === '*' ? 1 : 0);
  return isObject && /^(?:const\s+)?struct\s+\w+$/.test(variable.type)
    ? variable.type.replace(/^const\s+/, '')
    : undefined;
}

/** A parameter, or a field of one: what it stands for does not change unseen. */
function isPlain(value: Value): boolean {
  return value.kind === 'initial' && /^[A-Za-z_][\w.>-]*$/.test(value.place) && !/@/.test(value.place);
}

interface Placed extends Argument {
  readonly flow: Flow;
}

/** Between functions: constants, types, or a size read from a descriptor where the mapping has a fixed one. */
export function differElsewhere(keysOf: KeysOf, mapped: Placed, released: Placed): boolean {
  const [a, b] = [sizeOf(mapped.flow, mapped), sizeOf(released.flow, released)];
  if (a !== undefined && b !== undefined) return a !== b;
  const fixed = a !== undefined || fieldOf(keysOf, mapped) !== undefined;
  return fixed && isReadFromHardware(released.value);
}

function fieldOf(keysOf: KeysOf, { flow, value, expr }: Placed): string | undefined {
  const [key] = value.kind === 'initial' ? keysOf(flow, value.place, expr) : [];
  return key?.startsWith('sk_buff:') ? undefined : key;
}

/** What hardware wrote into a descriptor tells how much it wrote, not how much was mapped. */
function isReadFromHardware(value: Value): boolean {
  return mentions(value, (part) => part.kind === 'pure' && /^(?:le|be)(?:16|32|64)_to_cpu$/.test(part.name));
}
