/**
 * Names for struct fields that are the same in every function of a file: the root variable's struct type and the path
 * from there, such as `adapter:hma.sgt.nents`. What a field can hold is known where all its writes are seen.
 */

import type { Expr, FunctionIr, Variable } from '../code/ir';
import { fieldPlace } from './evaluate';
import type { CallFact, Flow, StoreFact } from './flow';
import { perFlow } from './perFlow';
import { alternatives, type Value } from './values';
import { alwaysPasses } from './ways';

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
  for (const flow of flows) {
    for (const [key, counts] of writesOf(flow)) {
      const known = writes.get(key) ?? { mapped: [], others: 0 };
      writes.set(key, known);
      for (const map of counts) {
        if (map) known.mapped.push({ map, function: flow.ir.name });
        else known.others += 1;
      }
    }
  }
  return writes;
}

/** The fields that a function writes, each with the map calls whose count it may take; undefined for anything else. */
const writesOf = perFlow((flow) => {
  const writes: (readonly [key: string, counts: readonly (CallFact | undefined)[]])[] = [];
  for (const store of flow.stores) {
    if (store.target.kind !== 'field' || isOverwritten(flow, store)) continue;
    const counts = countsIn(store.value, flow);
    for (const key of fieldKeys(flow, store.place, store.target)) writes.push([key, counts]);
  }
  for (const call of flow.calls) {
    if (call.api?.role !== 'map' || !call.table || call.api.fails !== 'nonzero') continue;
    const key = placeKey(flow, fieldPlace(call.table, 'nents'));
    if (key) writes.push([key, [call]]);
  }
  return writes;
});

/** Every way on from the store writes the same place again. */
function isOverwritten(flow: Flow, store: StoreFact): boolean {
  return flow.stores.some(
    (one) =>
      one.place === store.place &&
      store.span.start < one.span.start &&
      (one.block === store.block || alwaysPasses(flow, store.block, one.block)),
  );
}

/** For each value that is written, other than zero or a mark of failure, the map call whose count it is. */
function countsIn(value: Value, flow: Flow): readonly (CallFact | undefined)[] {
  return alternatives(value)
    .filter((option) => option.kind !== 'constant' || 0n < option.number)
    .map((option) => (option.kind === 'mapped' ? flow.calls.find((call) => call.call.id === option.call) : undefined));
}

/** The names of the field that a place or an lvalue stands for; none where the type is not seen. */
export function fieldKeys(flow: Flow, place: string, expr: Expr | undefined): readonly string[] {
  const keys = new Set<string>();
  const byPlace = placeKey(flow, place);
  if (byPlace) keys.add(byPlace);
  const byExpr = expr && exprKey(flow.ir, expr);
  if (byExpr) keys.add(byExpr);
  for (const { variable, type } of typedPointers(flow)) {
    // What `data = req->data` points to is a struct of its own.
    if (place.startsWith(`${variable}->`)) keys.add(`${type}:${pathOf(place.slice(variable.length))}`);
  }
  return [...keys];
}

const POINTERS = new WeakMap<Flow, readonly { readonly variable: string; readonly type: string }[]>();

/** Places whose content a typed local variable took: `req->data` of `struct mmc_data *data = req->data`. */
function typedPointers(flow: Flow): readonly { readonly variable: string; readonly type: string }[] {
  const known = POINTERS.get(flow);
  if (known) return known;
  const found: { variable: string; type: string }[] = [];
  for (const { target, value } of flow.stores) {
    if (target.kind !== 'name' || value.kind !== 'initial' || !/(?:->|\.)/.test(value.place)) continue;
    const variable = variableOf(flow.ir, target.name);
    const type = variable?.pointers === 1 ? structName(variable) : undefined;
    if (type && !found.some((one) => one.variable === value.place)) found.push({ variable: value.place, type });
  }
  POINTERS.set(flow, found);
  return found;
}

function pathOf(path: string): string {
  return path
    .replace(/\[.*?\](?=->|\.|\[|$)/g, '')
    .replace(/->/g, '.')
    .slice(1);
}

/** The name of a place whose root is a typed variable, or a value that one holds. */
export function placeKey(flow: Flow, place: string): string | undefined {
  const root = /^.*?(?=->|\.|\[|$)/.exec(place)?.[0] ?? place;
  const named = /^[A-Za-z_]\w*$/.test(root) ? root : namesOf(flow).get(rootValue(place));
  if (named === undefined) return undefined;
  const path = named === root ? place : named + place.slice(rootValue(place).length);
  const match = /^([A-Za-z_]\w*)((?:(?:->|\.)\w+|\[.*?\](?=->|\.|\[|$))+)$/.exec(path);
  const variable = match?.[1] === undefined ? undefined : variableOf(flow.ir, match[1]);
  const type = variable && structName(variable);
  if (!type || !match?.[2]) return undefined;
  return `${type}:${pathOf(match[2])}`;
}

/** `@5` of `@5->sgt.nents`; `container_of:foo:bar(x)` of what lies behind it. */
function rootValue(place: string): string {
  let depth = 0;
  for (let i = 0; i < place.length; i++) {
    const at = place[i];
    if (at === '(') depth += 1;
    else if (at === ')') depth -= 1;
    else if (depth === 0 && (at === '.' || at === '[' || (at === '-' && place[i + 1] === '>')))
      return place.slice(0, i);
  }
  return place;
}

const NAMES = new WeakMap<Flow, ReadonlyMap<string, string>>();

/** Places and typed variables that hold the result of a call: `adapter->sgt` for `@5`. */
function namesOf(flow: Flow): ReadonlyMap<string, string> {
  const known = NAMES.get(flow);
  if (known) return known;
  const names = new Map<string, string>();
  const isTyped = (name: string) => structName(variableOf(flow.ir, name)) !== undefined;
  const made = flow.stores.filter(({ value }) => value.kind === 'result' || value.kind === 'pure');
  for (const { value, target, place } of made) {
    if (target.kind === 'name' && isTyped(target.name) && !names.has(value.key)) names.set(value.key, place);
  }
  for (const { value, target, place } of made) {
    if (target.kind !== 'field') continue;
    // In `buf->sgt = sgt`, the buffer itself may be new: `buf` for `@3`.
    const root = rootValue(place);
    const path = (names.get(root) ?? root) + place.slice(root.length);
    if (/^[A-Za-z_]\w*(?:(?:->|\.)\w+)+$/.test(path)) names.set(value.key, path);
  }
  NAMES.set(flow, names);
  return names;
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
function structName(variable: Variable | undefined): string | undefined {
  const name = /\bstruct\s+(\w+)/.exec(variable?.type ?? '')?.[1];
  return name === 'sg_table' || name === 'scatterlist' ? undefined : name;
}
