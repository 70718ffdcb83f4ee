/** Which branches tell a failed mapping of a list from one that succeeded. */

import { evaluate } from './evaluate';
import { explore } from './explore';
import { type BranchFact, type CallFact, type Flow, PRINTS } from './flow';
import { refusalAt } from './refusals';
import { alternatives, constant, mentions, substitute, type Value } from './values';
import { isBehind } from './ways';

/** Results that tell failure from success. */
export interface Probe {
  readonly failure: bigint;
  readonly successes: readonly [bigint, ...bigint[]];
}

const PROBES: Readonly<Record<string, Probe>> = {
  zero: { failure: 0n, successes: [1n, 1000n] },
  nonzero: { failure: -12n, successes: [0n] },
  negative: { failure: -12n, successes: [1n, 1000n] },
};

/** What a map call of a list returns where it fails and where it does not; undefined for other calls. */
export function probeOf(map: CallFact): Probe | undefined {
  return map.api?.role === 'map' ? PROBES[map.api.fails ?? ''] : undefined;
}

/** Recognises the result of a call, also where it is one of several values. */
export function resultOf(result: Value): (part: Value) => boolean {
  return (part) => alternatives(part).some((option) => option.key === result.key);
}

/** The branch goes another way for failure than for success. */
export function tellsFailure(
  flow: Flow,
  branch: BranchFact,
  isResult: (part: Value) => boolean,
  { failure, successes }: Probe,
): boolean {
  if (!mentions(branch.test, isResult)) return false;
  const decide = (number: bigint) => {
    const decided = substitute(branch.test, (part) => (isResult(part) ? constant(number) : undefined));
    return decided.kind === 'constant' ? decided.number !== 0n : undefined;
  };
  const onFailure = decide(failure);
  const onSuccess = successes.map(decide);
  if (onFailure !== undefined && onSuccess.every((one) => one !== undefined)) {
    if (onSuccess.every((one) => one !== onFailure)) return true;
    if (onSuccess.every((one) => one === onFailure)) return false;
    // `count == 1` is no test of failure, unless what is not one is given up.
    return givesUp(flow, onFailure ? branch.whenTrue : branch.whenFalse, isResult);
  }
  // Compared with something unknown, such as the original count: a test, unless it only bounds a loop or the count.
  if (branch.isLoopTest || (branch.test.kind === 'binary' && countsUp(flow, branch.test))) return false;
  return !limitsCount(flow, branch, isResult);
}

/** `if (count > limit)` lets a failed mapping pass, unless what is not larger is given up. */
function limitsCount(flow: Flow, branch: BranchFact, isResult: (part: Value) => boolean): boolean {
  const { test } = branch;
  if (test.kind !== 'binary') return false;
  const [large, small] = /^>=?$/.test(test.op) ? [test.left, test.right] : [test.right, test.left];
  if (!/^[<>]=?$/.test(test.op) || !mentions(large, isResult) || mentions(small, isResult)) return false;
  if (refusalAt(flow, branch.whenTrue) && !refusalAt(flow, branch.whenFalse)) return true;
  return !givesUp(flow, branch.whenFalse, isResult);
}

/** From the block on, the function fails, stops the kernel, or returns without a look at any segment or the count. */
function givesUp(flow: Flow, block: number, isResult: (part: Value) => boolean): boolean {
  if (refusalAt(flow, block)) return true;
  const env = flow.entering.get(block);
  const isUse = (call: CallFact) =>
    readsSegment(call) ||
    (!call.api && !PRINTS.test(call.call.name ?? '') && call.args.some((arg) => mentions(arg, isResult)));
  const outcomes = env && explore(flow, block, env);
  return outcomes?.every((one) => one.returned && !one.calls.some(isUse)) === true;
}

/** Whether the ways from the block on read DMA addresses or lengths; undefined where it depends, or cannot be told. */
export function readsSegments(flow: Flow, block: number): 'always' | 'sometimes' | 'never' | undefined {
  const env = flow.entering.get(block);
  const outcomes = env && explore(flow, block, env);
  if (!outcomes || outcomes.length === 0) return undefined;
  if (!outcomes.some((one) => one.calls.some(readsSegment)))
    return outcomes.every((one) => one.returned) ? 'never' : undefined;
  if (outcomes.every((one) => one.calls.some(readsSegment))) return 'always';
  // Of another try, nothing is known here.
  return outcomes.some((one) => one.calls.some(({ api }) => api?.role === 'map')) ? undefined : 'sometimes';
}

function readsSegment({ api, result }: CallFact): boolean {
  return api?.role === 'consume' || (result.kind === 'pure' && /^sg_dma_/.test(result.name));
}

/** One side is a variable that a loop counts with: `i == n - 1` asks for the last round. */
function countsUp(flow: Flow, test: Extract<Value, { kind: 'binary' }>): boolean {
  const isCounter = (side: Value) =>
    side.kind === 'either' &&
    flow.stores.some(
      (store) =>
        store.place === side.place &&
        store.value.kind === 'binary' &&
        [store.value.left, store.value.right].some((part) => part.key === side.key),
    );
  return isCounter(test.left) || isCounter(test.right);
}

/** The function returns how often a loop went round that the result bounds: `while (i < count) used++; return used;`. */
export function returnsRounds(flow: Flow, result: Value): boolean {
  const isResult = resultOf(result);
  const bounded = flow.ir.loops.filter((loop) => {
    const env = flow.entering.get(loop.header);
    const isMacro = env && loop.macro?.args.some((arg) => mentions(evaluate(arg, env, flow.names), isResult));
    return isMacro || flow.branches.some((one) => one.block === loop.header && mentions(one.test, isResult));
  });
  const isCounter = (value: Value) =>
    value.kind === 'either' &&
    value.options.some((option) => option.kind === 'constant' && option.number === 0n) &&
    flow.stores.some(
      (store) =>
        store.place === value.place && addsTo(store.value) && bounded.some((loop) => loop.blocks.includes(store.block)),
    );
  return flow.returns.some(({ value }) => value !== undefined && isCounter(value));
}

function addsTo(value: Value): boolean {
  return value.kind === 'binary' && value.op === '+' && value.right.kind === 'constant';
}

/** A test of the value would tell a failed mapping, if the value is what some map call returned. */
export function mayTellFailure(flow: Flow, branch: BranchFact, value: Value): boolean {
  return Object.values(PROBES).some((probe) => tellsFailure(flow, branch, (part) => part.key === value.key, probe));
}

/** True when the function maps lists. */
export function mapsLists(flow: Flow): boolean {
  return flow.calls.some((call) => probeOf(call) !== undefined);
}

/**
 * `if (buf->count) dma_unmap_sg(...)`: asks whether there is something to release, where the function neither maps nor
 * looks at segments. `mapping`: the functions of the file that map.
 */
export function guardsRelease(flow: Flow, branch: BranchFact, mapping: ReadonlySet<string>): boolean {
  const isOther = (call: CallFact) => readsSegment(call) || mapping.has(call.call.name ?? '');
  if (mapsLists(flow) || flow.calls.some(isOther)) return false;
  const unmaps = flow.calls.filter((call) => call.api?.role === 'unmap' && call.api.address === undefined);
  const arms = [
    [branch.whenTrue, branch.whenFalse],
    [branch.whenFalse, branch.whenTrue],
  ] as const;
  return arms.some(
    ([arm, other]) => unmaps.some((unmap) => isBehind(flow, unmap.block, branch.block, arm)) && !refusalAt(flow, other),
  );
}
