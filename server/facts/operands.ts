/** Values in terms of a function's arguments, and back in terms of a call's. */

import type { FunctionIr } from '../code/ir';
import type { CallFact, Flow } from './flow';
import type { Operand } from './summary';
import type { Value } from './values';

const PATH = /^([A-Za-z_]\w*)((?:(?:->|\.)\w+)*)$/;

/** What `value` is in terms of the function's arguments as they came in; undefined when it is something else. */
export function operandOf(flow: Flow, value: Value | undefined): Operand | undefined {
  if (value?.kind === 'initial') return placeOperand(flow.ir, value.place);
  if (value?.kind !== 'address') return undefined;
  const place = placeOperand(flow.ir, value.place);
  return place && { argument: place.argument, path: `&${place.path}` };
}

/** A place such as `buf->sgt->sgl` in terms of the function's arguments. */
export function placeOperand(ir: FunctionIr, place: string): Operand | undefined {
  const match = PATH.exec(place);
  if (!match) return undefined;
  const argument = ir.params.findIndex((param) => param.name === match[1]);
  return 0 <= argument ? { argument, path: match[2] ?? '' } : undefined;
}

/** The value that a callee's operand has for the caller. */
export function valueAt(call: CallFact, operand: Operand): Value | undefined {
  const value = call.args[operand.argument];
  if (!value || operand.path === '') return value;
  const isAddress = operand.path.startsWith('&');
  const path = isAddress ? operand.path.slice(1) : operand.path;
  const base = value.kind === 'address' ? `${value.place}${path.replace(/^->/, '.')}` : `${value.key}${path}`;
  return isAddress ? { kind: 'address', key: `&${base}`, place: base } : { kind: 'initial', key: base, place: base };
}
