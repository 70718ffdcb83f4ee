/** Map results that only bound a loop, in functions that return what the loop has counted: 0 tells the caller the same. */

import type { CallFact, Flow } from './flow';
import { refusalAt } from './refusals';
import { constant, mentions, substitute, type Value } from './values';

/** No segment, no round, a count of 0: and a caller that fails on 0. */
export function isRefusedAsCount(flow: Flow, map: CallFact, callers: readonly Flow[]): boolean {
  const loop = flow.ir.loops.find(({ macro, blocks }) => {
    const isResult = (part: Value) => part.key === map.result.key;
    const header = macro && flow.calls.find((call) => call.call.id === macro.id);
    if (header) return header.args.some((arg) => mentions(arg, isResult));
    return flow.branches.some(
      (branch) => branch.isLoopTest && blocks.includes(branch.block) && mentions(branch.test, isResult),
    );
  });
  if (!loop || !flow.returns.some((end) => end.value && isCounter(end.value, loop.header))) return false;
  return callers.some((caller) =>
    caller.calls.some((call) => call.call.name === flow.ir.name && refusesZero(caller, call.result)),
  );
}

/** It is 0 in front of the loop that begins at `header`, and only ever added to in it. */
function isCounter(value: Value, header: number): boolean {
  if (value.kind !== 'either' || value.block !== header || value.options.length === 0) return false;
  return value.options.every((option) =>
    option.kind === 'constant'
      ? option.number === 0n
      : option.kind === 'binary' && option.op === '+' && option.left.key === value.key,
  );
}

/** The function fails where `result` is 0, and goes on where it is not. */
function refusesZero(flow: Flow, result: Value): boolean {
  return flow.branches.some(({ test, whenTrue, whenFalse }) => {
    const decide = (number: bigint) => {
      const decided = substitute(test, (part) => (part.key === result.key ? constant(number) : undefined));
      return decided.kind === 'constant' ? decided.number !== 0n : undefined;
    };
    const [onZero, onOne] = [decide(0n), decide(1n)];
    if (onZero === undefined || onOne === undefined || onZero === onOne) return false;
    return refusalAt(flow, onZero ? whenTrue : whenFalse) !== undefined;
  });
}
