/** Calls of the file's own functions that map a list and hand the mapped count back: as a result, or through a pointer. */

import { fieldKeys } from './fields';
import type { CallFact, Flow } from './flow';
import { operandOf, valueAt } from './operands';
import type { Operand } from './summary';
import { alternatives, type Value } from './values';

export interface DerivedMapping {
  /** The call in the function that is given the count. */
  readonly call: CallFact;
  readonly flow: Flow;
  /** The map call behind it. */
  readonly map: CallFact;
  readonly list: Value;
  /** Keys of the values that are the mapped count. */
  readonly counts: ReadonlySet<string>;
  /** Fields that take it. */
  readonly fields: ReadonlySet<string>;
}

interface Giver {
  readonly map: CallFact;
  readonly list: Operand;
  readonly isReturned: boolean;
  /** Parameters that point to where the count is put. */
  readonly outputs: readonly number[];
}

export function collectDerivedMappings(flows: readonly Flow[]): readonly DerivedMapping[] {
  const givers = new Map<string, Giver>();
  for (const flow of flows) {
    const giver = giverOf(flow);
    if (giver) givers.set(flow.ir.name, giver);
  }
  const found: DerivedMapping[] = [];
  for (const flow of flows) {
    for (const call of flow.calls) {
      const giver = call.api ? undefined : givers.get(call.call.name ?? '');
      const list = giver && valueAt(call, giver.list);
      if (!giver || !list) continue;
      const counts = new Set<string>();
      const fields = new Set<string>();
      if (giver.isReturned) counts.add(call.result.key);
      for (const output of giver.outputs) {
        const arg = call.args[output];
        if (arg?.kind !== 'address') continue;
        counts.add(`${arg.place}@${call.call.id}`);
        for (const key of fieldKeys(flow, arg.place, undefined)) fields.add(key);
      }
      for (const store of flow.stores) {
        if (store.target.kind !== 'field' || !alternatives(store.value).some((one) => counts.has(one.key))) continue;
        for (const key of fieldKeys(flow, store.place, store.target)) fields.add(key);
      }
      if (0 < counts.size) found.push({ call, flow, map: giver.map, list, counts, fields });
    }
  }
  return found;
}

/** A function that maps a list which its arguments lead to, and gives the count back. */
function giverOf(flow: Flow): Giver | undefined {
  for (const map of flow.calls) {
    if (map.api?.role !== 'map' || map.api.fails !== 'zero' || !map.list) continue;
    const list = operandOf(flow, map.list);
    if (!list) continue;
    const isResult = (value: Value) => alternatives(value).some((option) => option.key === map.result.key);
    const outputs = flow.stores.flatMap(({ target, value }) => {
      if (target.kind !== 'deref' || target.base.kind !== 'name' || !isResult(value)) return [];
      const { name } = target.base;
      const index = flow.ir.params.findIndex((param) => param.name === name);
      return 0 <= index ? [index] : [];
    });
    const returned = flow.returns.flatMap((end) => (end.value ? alternatives(end.value) : []));
    const isReturned =
      returned.some((option) => option.key === map.result.key) &&
      returned.every((option) => option.key === map.result.key || option.kind === 'constant');
    if (isReturned || 0 < outputs.length) return { map, list, isReturned, outputs };
  }
  return undefined;
}
