/** What becomes of the result of a map call, and which count a release is given. */

import type { Span } from '../types';
import { isRefusedAsCount } from './countedResults';
import { fieldKeys, placeKey } from './fields';
import type { BranchFact, CallFact, Flow, StoreFact } from './flow';
import { perFlow } from './perFlow';
import { refusalAt } from './refusals';
import {
  guardsRelease,
  mapsLists,
  mayTellFailure,
  type Probe,
  probeOf,
  readsSegments,
  resultOf,
  returnsRounds,
  tellsFailure,
} from './resultTests';
import { alternatives, carries, constant, mentions, substitute, type Value } from './values';

/** A map call whose result nobody tests. */
export interface UntestedResult {
  readonly map: CallFact;
  readonly kind: 'dropped' | 'untested';
  /** First place that relies on the mapping. */
  readonly use: { readonly span: Span; readonly text: string } | undefined;
}

/** Names of fields that some function of the file tests, and functions that test a parameter. */
export interface FileTests {
  /** Last name of each tested field, with the full names it is tested under; an empty one where the type is not seen. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
  readonly params: ReadonlyMap<string, ReadonlySet<number>>;
}

/** `KUNIT_ASSERT_EQ(test, ret, 0)`. */
const ASSERTION = /ASSERT|EXPECT/;

export function findUntestedResults(
  flow: Flow,
  text: (span: Span) => string,
  tests: FileTests,
  callers: readonly Flow[],
): readonly UntestedResult[] {
  const found: UntestedResult[] = [];
  for (const map of flow.calls) {
    const probe = probeOf(map);
    if (!probe) continue;
    if (isTestedByEffect(flow, map)) continue;
    if (!map.resultUsed) {
      found.push({ map, kind: 'dropped', use: firstUse(flow, map, text) });
      continue;
    }
    const isResult = resultOf(map.result);
    if (flow.branches.some((branch) => tellsFailure(flow, branch, isResult, probe)) || leaves(flow, map, tests))
      continue;
    if (flow.branches.some((branch) => isNegativeTest(branch, map.result)) && map.api?.fails === 'zero') continue;
    if (isRefusedAsCount(flow, map, callers)) continue;
    found.push({ map, kind: 'untested', use: firstUse(flow, map, text) });
  }
  return found;
}

/** A test of a map result that never sees failure, or takes success for failure. */
export interface MisreadResult {
  readonly map: CallFact;
  readonly span: Span;
  /** What the code takes the result for. */
  readonly as: 'negative errno' | 'zero on failure' | 'nonzero on failure' | 'count';
}

/** Map results that are tested, or used, against their convention. */
export function findMisreadResults(flow: Flow): readonly MisreadResult[] {
  const found: MisreadResult[] = [];
  for (const map of flow.calls) {
    const { api } = map;
    const probe = probeOf(map);
    if (!probe || !api) continue;
    const about = flow.branches.filter((branch) => isAboutResult(branch, map.result));
    if (about.some((branch) => tellsFailure(flow, branch, resultOf(map.result), probe))) {
      const inverted = about.find((branch) => takesSuccessForFailure(flow, branch, map, probe));
      const counted = api?.fails === 'nonzero' ? usedAsCount(flow, map) : undefined;
      const taken = api?.fails === 'nonzero' ? 'zero on failure' : 'nonzero on failure';
      if (inverted) found.push({ map, span: inverted.expr.span, as: taken });
      else if (counted) found.push({ map, span: counted, as: 'count' });
      continue;
    }
    const negative = api?.fails === 'zero' ? about.find((branch) => isNegativeTest(branch, map.result)) : undefined;
    if (negative) found.push({ map, span: negative.expr.span, as: 'negative errno' });
  }
  return found;
}

/** The test is of the result and nothing else. */
function isAboutResult(branch: BranchFact, result: Value): boolean {
  return mentions(branch.test, (part) => isExactly(part, result));
}

function isExactly(part: Value, result: Value): boolean {
  const options = alternatives(part);
  return 0 < options.length && options.every((option) => option.key === result.key);
}

function isNegativeTest(branch: BranchFact, result: Value): boolean {
  const decide = (number: bigint) => decideWith(branch.test, result, number);
  return decide(-12n) !== undefined && decide(-12n) !== decide(0n) && decide(0n) === decide(1n);
}

function decideWith(test: Value, result: Value, number: bigint): boolean | undefined {
  const decided = substitute(test, (part) => (isExactly(part, result) ? constant(number) : undefined));
  return decided.kind === 'constant' ? decided.number !== 0n : undefined;
}

/** Where the mapping succeeded, every path fails, and where it failed, none does. */
function takesSuccessForFailure(
  flow: Flow,
  branch: BranchFact,
  map: CallFact,
  { failure: failed, successes: [succeeded] }: Probe,
): boolean {
  const onSuccess = decideWith(branch.test, map.result, succeeded);
  if (onSuccess === undefined || onSuccess === decideWith(branch.test, map.result, failed)) return false;
  // `count < n` may refuse a count, and `count > 1` does.
  if (map.api?.fails === 'zero' && onSuccess !== decideWith(branch.test, map.result, 1000n)) return false;
  const success = onSuccess ? branch.whenTrue : branch.whenFalse;
  const failure = onSuccess ? branch.whenFalse : branch.whenTrue;
  if (refusalAt(flow, success) && !refusalAt(flow, failure)) return true;
  // `if (!ret) goto fail;` behind dma_map_sgtable() returns that success, and hands out segments where there are none.
  return (
    map.api?.fails === 'nonzero' &&
    readsSegments(flow, success) === 'never' &&
    /^(?:always|sometimes)$/.test(readsSegments(flow, failure) ?? '')
  );
}

/** The status of dma_map_sgtable() goes where a count belongs. */
function usedAsCount(flow: Flow, map: CallFact): Span | undefined {
  for (const store of flow.stores) {
    if (store.value.key !== map.result.key || store.target.kind !== 'field') continue;
    if (
      /^(?:\w+_)?(?:nents|chunks|count|cnt|nsegs?|num_\w+|nr_\w+|n_\w+|\w+_cnt|\w+_count|sg_len)$/.test(
        store.target.name,
      )
    )
      return store.span;
  }
  for (const call of flow.calls) {
    const count = call.api?.count;
    const arg = count === undefined ? undefined : call.args[count];
    if (arg && count !== undefined && isExactly(arg, map.result)) return call.call.args[count]?.span;
  }
  const larger = flow.branches.find((branch) => {
    const decide = (number: bigint) => decideWith(branch.test, map.result, number);
    return decide(1n) !== undefined && decide(1n) !== decide(2n);
  });
  return larger?.expr.span;
}

/** Code that drops the result but asks whether there is a segment, or where: `if (!sg_dma_len(sg))`. */
function isTestedByEffect(flow: Flow, map: CallFact): boolean {
  const { list } = map;
  if (!list) return false;
  const isRead = (side: Value) =>
    alternatives(side).some(
      (part) =>
        part.kind === 'pure' &&
        (part.name === 'sg_dma_len' || part.name === 'sg_dma_address') &&
        part.args[0]?.key === list.key,
    );
  return flow.branches.some(({ test, isLoopTest }) => {
    if (isLoopTest) return false;
    if (test.kind === 'binary') return COMPARISON.test(test.op) && (isRead(test.left) || isRead(test.right));
    return isRead(test.kind === 'unary' ? test.operand : test);
  });
}

const COMPARISON = /^(?:[<>]=?|[!=]=)$/;

/** The result goes where somebody else can test it: to the caller, or to a field or function that does. */
function leaves(flow: Flow, map: CallFact, tests: FileTests): boolean {
  const holds = (value: Value) => carries(value, map.result.key);
  if (flow.returns.some((end) => end.value && holds(end.value))) return true;
  // No segments mean failure, except for commands that may have no data.
  if (map.api?.fails === 'zero' && returnsRounds(flow, map.result)) return true;
  for (const store of flow.stores) {
    if (!holds(store.value)) continue;
    if (store.target.kind === 'deref' || store.target.kind === 'index') return true;
    if (store.target.kind === 'field' && isFieldTested(flow, store, tests)) return true;
    if (store.target.kind === 'name' && !isLocal(flow, store.target.name)) return true;
  }
  return flow.calls.some((call) => {
    const name = call.call.name ?? '';
    const tested = tests.params.get(name);
    return call.args.some((arg, index) => holds(arg) && (ASSERTION.test(name) || tested?.has(index)));
  });
}

/** Some function tests the field, or one of that name whose struct is not seen. */
function isFieldTested(flow: Flow, store: StoreFact, tests: FileTests): boolean {
  const tested = store.target.kind === 'field' ? tests.fields.get(store.target.name) : undefined;
  if (!tested) return false;
  const keys = fieldKeys(flow, store.place, store.target);
  const isShort = (key: string) => key !== '' && !key.includes('.');
  if (keys.length === 0 || !keys.some(isShort)) return true;
  return [...tested].some((key) => !isShort(key) || keys.includes(key));
}

function isLocal(flow: Flow, name: string): boolean {
  return name.startsWith('#') || [...flow.ir.locals, ...flow.ir.params].some((one) => one.name === name);
}

/** The first read of the mapped list, or call that takes the count, after the map call. */
function firstUse(flow: Flow, map: CallFact, text: (span: Span) => string): UntestedResult['use'] {
  for (const call of flow.calls) {
    if (call.call.span.start <= map.call.span.start || call.api?.role === 'unmap') continue;
    const reads =
      call.result.kind === 'pure' && (call.result.name === 'sg_dma_address' || call.result.name === 'sg_dma_len');
    const takes = call.args.some(
      (arg) => arg.key === map.result.key || (map.list && call.api && arg.key === map.list.key),
    );
    if (reads || takes) return { span: call.call.span, text: text(call.call.nameSpan) };
  }
  return undefined;
}

/** Which fields and parameters the functions of a file test, of those that the result of a map call gets to. */
export function collectTests(flows: readonly Flow[]): FileTests {
  const fields = new Map<string, Set<string>>();
  const params = new Map<string, Set<number>>();
  const mapping = new Set(flows.filter(mapsLists).map((flow) => flow.ir.name));
  const takers = flows.map(takersOf);
  const takingFields = new Set(takers.flatMap((one) => one.fields));
  const called = new Set(takers.flatMap((one) => one.called));
  for (const flow of flows) {
    const { name } = flow.ir;
    for (const test of testsOf(flow)) {
      const { branch, field, param } = test;
      const isField = field !== undefined && takingFields.has(field);
      const isParam = 0 <= param && called.has(name);
      if ((!isField && !isParam) || guardsRelease(flow, branch, mapping) || !tells(flow, test)) continue;
      if (isField) fields.set(field, (fields.get(field) ?? new Set()).add(placeKey(flow, test.value.place) ?? ''));
      if (isParam) params.set(name, (params.get(name) ?? new Set()).add(param));
    }
  }
  return { fields, params };
}

/** The fields that take the result of a map call, by their last names, and the functions that are given it. */
const takersOf = perFlow((flow) => {
  const results = flow.calls.filter((call) => probeOf(call) !== undefined).map((map) => map.result.key);
  const holds = (value: Value) => results.some((key) => carries(value, key));
  return {
    fields: flow.stores.flatMap(({ target, value }) => (target.kind === 'field' && holds(value) ? [target.name] : [])),
    called: flow.calls.flatMap(({ call, args }) => (call.name !== undefined && args.some(holds) ? [call.name] : [])),
  };
});

/** A branch on something that comes from outside of the function. */
interface Test {
  readonly branch: BranchFact;
  readonly value: Extract<Value, { kind: 'initial' }>;
  /** Last name of the field that it is; none where it only bounds a loop. */
  readonly field: string | undefined;
  /** The parameter that it is; -1 for none. */
  readonly param: number;
}

const testsOf = perFlow((flow): readonly Test[] => {
  const tests: Test[] = [];
  for (const branch of flow.branches) {
    const isBound = branch.isLoopTest && branch.test.kind === 'binary';
    mentions(branch.test, (value) => {
      if (value.kind !== 'initial') return false;
      const field = isBound ? undefined : /(?:->|\.)(\w+)$/.exec(value.place)?.[1];
      const param = flow.ir.params.findIndex((one) => one.name === value.place);
      if (field !== undefined || 0 <= param) tests.push({ branch, value, field, param });
      return false;
    });
  }
  return tests;
});

const telling = new WeakMap<Test, boolean>();

/** Whether it would tell a failed mapping; worked out for few of them. */
function tells(flow: Flow, test: Test): boolean {
  const known = telling.get(test) ?? mayTellFailure(flow, test.branch, test.value);
  telling.set(test, known);
  return known;
}
