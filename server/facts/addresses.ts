/** What becomes of the address that dma_map_single() and its kin return: whether it is tested, and how. */

import type { Expr } from '../code/ir';
import type { Span } from '../types';
import type { BranchFact, CallFact, Flow } from './flow';
import { perFlow } from './perFlow';
import { refusalAt } from './refusals';
import { alternatives, constant, mentions, substitute, type Value } from './values';

/** A mapped address that nobody tests with dma_mapping_error(). */
export interface UntestedAddress {
  readonly map: CallFact;
  /** The code compares the address with something that no failed mapping promises to be. */
  readonly misread: { readonly span: Span; readonly with: string } | undefined;
  /** The code takes success for failure, and goes on where the mapping failed. */
  readonly inverted: Span | undefined;
  /** Where the code keeps the address. */
  readonly keeper: Span | undefined;
  /** The code does not keep the address at all. */
  readonly isDropped: boolean;
}

/** Names under which the functions of a file test addresses. */
export interface AddressTests {
  /** Last field, array or variable name of each tested expression. */
  readonly names: ReadonlySet<string>;
  /** Parameters that a function tests. */
  readonly params: ReadonlyMap<string, ReadonlySet<number>>;
  /** Functions that hand back, untested, the address of what they map. */
  readonly mappers: ReadonlySet<string>;
}

/** dma_mapping_error(), and the drivers' own wrappers and macros around it. */
const TESTER = /mapping_?err|map_?err|map_check|mapping_(?:in)?valid/i;

/** Names of functions that may look whether an address is one. */
const MAY_TEST = /err|check|valid|fail|bad|ok|test|verify|capable|is_/i;

/** The value of a failed mapping, since 5.0 and before. */
export const ERROR_MARK = /^(?:DMA_MAPPING_ERROR|DMA_ERROR_CODE)$/;

/** `defined`: all functions of the file; those that cannot matter test nothing. */
export function collectAddressTests(
  flows: readonly Flow[],
  defined: readonly { readonly name: string }[],
): AddressTests {
  const names = new Set<string>();
  const params = new Map<string, ReadonlySet<number>>(defined.map(({ name }) => [name, new Set()]));
  const mappers = new Set<string>();
  for (const flow of flows) {
    const tests = testsOf(flow);
    for (const name of tests.names) names.add(name);
    params.set(flow.ir.name, tests.params);
    if (tests.isMapper) mappers.add(flow.ir.name);
  }
  return { names, params, mappers };
}

const testsOf = perFlow((flow) => {
  const names = new Set<string>();
  const params = new Set<number>();
  const add = (expr: Expr, value: Value | undefined) => {
    const name = nameOf(expr);
    // A plain local, or a test of what the function has just mapped, says nothing about the same name elsewhere.
    if (name && expr.kind !== 'name' && !(value && isMappedHere(flow, value))) names.add(name);
    if (value?.kind === 'initial') {
      const field = /(?:->|\.)(\w+)(?:\[[^\]]*\])*$/.exec(value.place)?.[1];
      if (field) names.add(field);
      const index = flow.ir.params.findIndex((param) => param.name === value.place);
      if (0 <= index) params.add(index);
    }
  };
  for (const call of flow.calls) {
    if (!isTester(call)) continue;
    call.call.args.forEach((arg, index) => {
      add(arg, call.args[index]);
    });
  }
  for (const branch of flow.branches) {
    for (const side of sentinelSides(branch)) add(side.expr, side.value);
  }
  const isMapper = flow.returns.some(({ value }) => value && isMappedHere(flow, value)) && !flow.calls.some(isTester);
  return { names, params, isMapper };
});

/** Everything that `value` can be comes from map calls of the function. */
function isMappedHere(flow: Flow, value: Value): boolean {
  const options = alternatives(value);
  const isMap = (option: Value) =>
    option.kind === 'result' &&
    flow.calls.some((call) => call.result.key === option.key && call.api?.fails === 'mapping-error');
  return 0 < options.length && options.every(isMap);
}

export function findUntestedAddresses(flow: Flow, tests: AddressTests): readonly UntestedAddress[] {
  const found: UntestedAddress[] = [];
  const testedLocals = localsTested(flow);
  for (const map of flow.calls) {
    const isMapper = !map.api && map.call.name !== undefined && tests.mappers.has(map.call.name);
    if (!isMapper && (map.api?.role !== 'map' || map.api.fails !== 'mapping-error')) continue;
    const isAddress = (part: Value) => part.key === map.result.key;
    const testers = flow.calls.filter((call) => isTester(call) && call.args.some((arg) => mentions(arg, isAddress)));
    const inverted = testers.length === 1 && testers[0] ? takesSuccessForFailure(flow, testers[0]) : undefined;
    if (inverted) found.push({ map, misread: undefined, inverted, keeper: undefined, isDropped: false });
    if (0 < testers.length || isTestedThroughAccessor(flow, map) || isTestedThroughOwner(flow, map)) continue;
    if (flow.branches.some((branch) => sentinelSides(branch).some((side) => mentions(side.value, isAddress)))) continue;
    if (leaves(flow, map, tests, testedLocals)) continue;
    const misread = flow.branches.map((branch) => misreading(branch, map.result)).find((one) => one !== undefined);
    const keeper = flow.stores.find((store) => store.value.key === map.result.key && !isTemporary(store.target))?.target
      .span;
    found.push({ map, misread, inverted: undefined, keeper, isDropped: !map.resultUsed });
  }
  return found;
}

/** Where the mapping succeeded, every way fails, and where it failed, none does. */
function takesSuccessForFailure(flow: Flow, tester: CallFact): Span | undefined {
  const isTest = (part: Value) => part.key === tester.result.key;
  for (const branch of flow.branches) {
    if (!mentions(branch.test, isTest)) continue;
    const decide = (number: bigint) => {
      const decided = substitute(branch.test, (part) => (isTest(part) ? constant(number) : undefined));
      return decided.kind === 'constant' ? decided.number !== 0n : undefined;
    };
    const [onSuccess, onFailure] = [decide(0n), decide(1n)];
    if (onSuccess === undefined || onFailure === undefined || onSuccess === onFailure) continue;
    const success = onSuccess ? branch.whenTrue : branch.whenFalse;
    const failure = onSuccess ? branch.whenFalse : branch.whenTrue;
    if (refusalAt(flow, success) && !refusalAt(flow, failure)) return branch.expr.span;
  }
  return undefined;
}

/** `sg_dma_address(sg) = dma_map_single(...)`, tested as `dma_mapping_error(dev, sg_dma_address(sg))`. */
function isTestedThroughAccessor(flow: Flow, map: CallFact): boolean {
  return flow.stores.some((store) => {
    if (store.value.key !== map.result.key || !isTemporary(store.target)) return false;
    const place = store.target.kind === 'name' ? store.target.name : '';
    const accessor = accessorOf(flow, place);
    return (
      accessor !== undefined &&
      flow.calls.some((call) => isTester(call) && call.args.some((arg) => isSamePlace(flow, arg, accessor)))
    );
  });
}

/** `req->iov.addr = dma_map_single(...)`, tested as `dma_mapping_error(dev, req_addr(req))`. */
function isTestedThroughOwner(flow: Flow, map: CallFact): boolean {
  const places = flow.stores
    .filter((store) => store.target.kind === 'field' && store.value.key === map.result.key)
    .map((store) => store.place);
  return flow.calls.some(
    (call) =>
      isTester(call) &&
      call.args.some((arg) => {
        const getter = arg.kind === 'result' ? flow.calls.find((one) => one.call.id === arg.call) : undefined;
        return (
          getter !== undefined &&
          !getter.api &&
          getter.args.some((owner) => places.some((place) => place.startsWith(`${owner.key}->`)))
        );
      }),
  );
}

/** What can be assigned to is a macro: with the same arguments it stands for the same place. */
function isSamePlace(flow: Flow, value: Value, accessor: CallFact): boolean {
  if (value.key === accessor.result.key) return true;
  const again = value.kind === 'result' ? flow.calls.find((call) => call.call.id === value.call) : undefined;
  return (
    again !== undefined &&
    again.call.name !== undefined &&
    again.call.name === accessor.call.name &&
    again.args.length === accessor.args.length &&
    again.args.every((arg, index) => arg.key === accessor.args[index]?.key)
  );
}

/** The call whose result is the temporary `name`. */
function accessorOf(flow: Flow, name: string): CallFact | undefined {
  for (const block of flow.ir.blocks) {
    for (const statement of block.statements) {
      if (statement.kind === 'call' && statement.result === name)
        return flow.calls.find((call) => call.call.id === statement.call.id);
    }
  }
  return undefined;
}

/** True for a call that tells whether a mapping failed. */
export function isTester(call: CallFact): boolean {
  return call.api?.role === 'check' || isTesterName(call.call.name ?? '');
}

/** The answers for names: asked for each call at each branch of each path. */
const knownTesters = new Map<string, boolean>();

function isTesterName(name: string): boolean {
  let known = knownTesters.get(name);
  if (known === undefined) {
    known = TESTER.test(name);
    knownTesters.set(name, known);
  }
  return known;
}

/** Comparisons with DMA_MAPPING_ERROR, the value of a failed mapping since 5.0. */
function sentinelSides(branch: BranchFact): readonly { readonly expr: Expr; readonly value: Value }[] {
  const { expr, test } = branch;
  if (expr.kind !== 'binary' || test.kind !== 'binary') return [];
  const isSentinel = (side: Expr) => side.kind === 'name' && ERROR_MARK.test(side.name);
  if (isSentinel(expr.right)) return [{ expr: expr.left, value: test.left }];
  if (isSentinel(expr.left)) return [{ expr: expr.right, value: test.right }];
  return [];
}

/** The address goes where somebody else can test it. */
function leaves(flow: Flow, map: CallFact, tests: AddressTests, testedLocals: ReadonlySet<string>): boolean {
  const isAddress = (part: Value) => part.key === map.result.key;
  if (flow.returns.some((end) => end.value && mentions(end.value, isAddress))) return true;
  for (const store of flow.stores) {
    if (!mentions(store.value, isAddress) || isTemporary(store.target)) continue;
    if (store.target.kind === 'deref' && isOutput(flow, store.target.base)) return true;
    const name = nameOf(store.target);
    if (name && (store.target.kind === 'name' ? testedLocals : tests.names).has(name)) return true;
  }
  return flow.calls.some((call) => {
    const name = call.call.name ?? '';
    if (call === map || call.api || /^IS_ERR/.test(name)) return false;
    const given = call.args.findIndex((arg) => mentions(arg, isAddress));
    if (given < 0) return false;
    if (tests.params.get(name)?.has(given)) return true;
    // A function elsewhere that is named like a test, and whose answer decides what happens, may be one.
    const isResult = (part: Value) => part.key === call.result.key;
    return (
      !tests.params.has(name) && MAY_TEST.test(name) && flow.branches.some((branch) => mentions(branch.test, isResult))
    );
  });
}

/** `*addr = dma_map_single(...)`, where `addr` is a parameter: the caller's to test. */
function isOutput(flow: Flow, base: Expr): boolean {
  return base.kind === 'name' && flow.ir.params.some((param) => param.name === base.name);
}

/** Local names that the function tests somewhere, holding there who knows what. */
function localsTested(flow: Flow): ReadonlySet<string> {
  const names = new Set<string>();
  for (const call of flow.calls) {
    if (!isTester(call)) continue;
    call.call.args.forEach((arg, index) => {
      const name = nameOf(arg);
      const value = call.args[index];
      const isKnown = value && alternatives(value).every((option) => option.kind === 'result');
      if (name && !isKnown) names.add(name);
    });
  }
  return names;
}

/** `!addr`, `addr == 0`, `(int)addr < 0`, `IS_ERR(addr)`: none of them sees a failed mapping. */
function misreading(branch: BranchFact, address: Value): UntestedAddress['misread'] {
  const isAddress = (part: Value) => {
    const options = alternatives(part);
    return 0 < options.length && options.every((option) => option.key === address.key);
  };
  if (!mentions(branch.test, isAddress)) return undefined;
  const { test, expr } = branch;
  if (test.kind === 'pure' && /^IS_ERR/.test(test.name)) return { span: expr.span, with: test.name };
  const decide = (number: bigint) => {
    const decided = substitute(test, (part) => (isAddress(part) ? constant(number) : undefined));
    return decided.kind === 'constant' ? decided.number !== 0n : undefined;
  };
  const [atZero, atOne, atMinus] = [decide(0n), decide(1n), decide(-1n)];
  if (atZero === undefined || atOne === undefined || atMinus === undefined) return undefined;
  if (atZero !== atOne) return { span: expr.span, with: '0' };
  return atMinus === atOne ? undefined : { span: expr.span, with: 'a negative number' };
}

function isTemporary(target: Expr): boolean {
  return target.kind === 'name' && target.name.startsWith('#');
}

/** Last name of an expression: `dma` for `ring->buf[i].dma`, `&x->dma`, `le32_to_cpu(...)` gives none. */
export function nameOf(expr: Expr): string | undefined {
  switch (expr.kind) {
    case 'name':
    case 'field':
      return expr.name;
    case 'index':
    case 'deref':
    case 'address':
      return nameOf(expr.base);
    case 'cast':
      return nameOf(expr.operand);
    default:
      return undefined;
  }
}
