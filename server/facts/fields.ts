/**
 * Names for struct fields that are the same in every function of a file: the root variable's struct type and the path
 * from there, such as `adapter:hma.sgt.nents`. What a field can hold is known where all its writes are seen.
 */

import type { Expr, FunctionIr, Variable } from '../code/ir';
import { fieldPlace } from './evaluate';
import type { CallFact, Flow } from './flow';
import { alternatives, type Value } from './values';

/** A map call whose mapped count a field keeps. */
export interface CountWrite {
  readonly map: CallFact;
  readonly function: string;
}

export interface FieldWrites {
  /** Map calls whose result the field takes. */
  readonly mapped: CountWrite[];
  /** Writes of anything else but zero. */
  others: number;
}

/** What the functions of a file write to each field. */
export function collectFieldWrites(flows: readonly Flow[]): ReadonlyMap<string, FieldWrites> {
  const writes = new Map<string, FieldWrites>();
  const at = (key: string): FieldWrites => {
    const known = writes.get(key) ?? { mapped: [], others: 0 };
    writes.set(key, known);
    return known;
  };
  for (const flow of flows) {
    for (const store of flow.stores) {
      if (store.target.kind !== 'field') continue;
      for (const key of fieldKeys(flow.ir, store.place, store.target)) recordWrite(at(key), store.value, flow);
    }
    for (const call of flow.calls) {
      if (call.api?.role !== 'map' || !call.table || call.api.fails !== 'nonzero') continue;
      const key = placeKey(flow.ir, fieldPlace(call.table, 'nents'));
      if (key) at(key).mapped.push({ map: call, function: flow.ir.name });
    }
  }
  return writes;
}

function recordWrite(writes: FieldWrites, value: Value, flow: Flow): void {
  for (const option of alternatives(value)) {
    if (option.kind === 'constant' && option.number <= 0n) continue;
    const map = option.kind === 'mapped' ? flow.calls.find((call) => call.call.id === option.call) : undefined;
    if (map) writes.mapped.push({ map, function: flow.ir.name });
    else writes.others += 1;
  }
}

/** The names of the field that a place or an lvalue stands for; none where the type is not seen. */
export function fieldKeys(ir: FunctionIr, place: string, expr: Expr | undefined): readonly string[] {
  const keys = new Set<string>();
  const byPlace = placeKey(ir, place);
  if (byPlace) keys.add(byPlace);
  const byExpr = expr && exprKey(ir, expr);
  if (byExpr) keys.add(byExpr);
  return [...keys];
}

/** The name of a place whose root is a typed variable. */
export function placeKey(ir: FunctionIr, place: string): string | undefined {
  const match = /^([A-Za-z_]\w*)((?:(?:->|\.)\w+|\[[^\]]*\])+)$/.exec(place);
  const variable = match?.[1] === undefined ? undefined : variableOf(ir, match[1]);
  const type = variable && structName(variable);
  if (!type || !match?.[2]) return undefined;
  return `${type}:${match[2]
    .replace(/\[[^\]]*\]/g, '')
    .replace(/->/g, '.')
    .slice(1)}`;
}

function exprKey(ir: FunctionIr, expr: Expr): string | undefined {
  const path: string[] = [];
  let at: Expr = expr;
  while (at.kind === 'field' || at.kind === 'index' || at.kind === 'deref') {
    if (at.kind === 'field') path.unshift(at.name);
    at = at.base;
  }
  const variable = at.kind === 'name' ? variableOf(ir, at.name) : undefined;
  const type = variable && structName(variable);
  return type && 0 < path.length ? `${type}:${path.join('.')}` : undefined;
}

function variableOf(ir: FunctionIr, name: string): Variable | undefined {
  return ir.locals.find((one) => one.name === name) ?? ir.params.find((one) => one.name === name);
}

/** Tables and entries occur everywhere: their own type says nothing about which one it is. */
function structName(variable: Variable): string | undefined {
  const name = /\bstruct\s+(\w+)/.exec(variable.type)?.[1];
  return name === 'sg_table' || name === 'scatterlist' ? undefined : name;
}
