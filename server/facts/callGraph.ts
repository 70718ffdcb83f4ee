/** Who calls whom within a file. */

import type { FunctionIr } from '../code/ir';
import { calledNames } from '../code/visit';

/** Functions ordered so that callees come before callers, where there is no recursion. */
export function calleesFirst(functions: readonly FunctionIr[]): readonly FunctionIr[] {
  const byName = new Map(functions.map((one) => [one.name, one]));
  const done = new Set<FunctionIr>();
  const order: FunctionIr[] = [];
  for (const root of functions) {
    const stack: { readonly ir: FunctionIr; readonly callees: Iterator<FunctionIr> }[] = [];
    const enter = (ir: FunctionIr) => {
      if (done.has(ir)) return;
      done.add(ir);
      stack.push({ ir, callees: calleesOf(ir, byName).values() });
    };
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.callees.next();
      if (next.done) {
        order.push(top.ir);
        stack.pop();
      } else {
        enter(next.value);
      }
    }
  }
  return order;
}

function calleesOf(ir: FunctionIr, byName: ReadonlyMap<string, FunctionIr>): readonly FunctionIr[] {
  const callees = new Set<FunctionIr>();
  for (const name of calledNames(ir)) {
    const callee = byName.get(name);
    if (callee) callees.add(callee);
  }
  return [...callees];
}

/** Names of functions that `functions` call and the file does not define, sorted. */
export function externalNames(functions: readonly FunctionIr[], defined: Iterable<string>): readonly string[] {
  const own = new Set(defined);
  const names = new Set<string>();
  for (const ir of functions) for (const name of calledNames(ir)) if (!own.has(name)) names.add(name);
  return [...names].sort();
}
