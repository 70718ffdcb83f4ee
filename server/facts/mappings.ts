/** What belongs to one mapping: the calls that release it, the branches that say it failed, the places that hold it. */

import type { Expr } from '../code/ir';
import { ERROR_MARK, isTester } from './addresses';
import type { CallFact, Flow } from './flow';
import type { PathEvent } from './paths';
import { carries, constant, mentions, mentionsKey, substitute, type Value } from './values';

/** Index of the memory in dma_free_coherent() and its kin. */
const FREED = 2;

/** True when the call releases the mapping that `map` made. */
export function releases(call: CallFact, map: CallFact): boolean {
  if (map.api?.role === 'allocate') {
    const freed = call.api?.role === 'free' ? call.args[FREED] : undefined;
    return freed !== undefined && mentionsKey(freed, map.result.key);
  }
  return call.api?.role === 'unmap' && isSameSubject(call, map);
}

/** True when two calls are about the same list, table or address. */
export function isSameSubject(call: CallFact, map: CallFact): boolean {
  if (map.api?.fails === 'mapping-error') {
    const index = call.api?.address;
    const address = index === undefined ? undefined : call.args[index];
    return address !== undefined && mentionsKey(address, map.result.key);
  }
  if (isSameArgument(call, map, 'list') || isSameArgument(call, map, 'table')) return true;
  if (call.api?.name === 'scsi_dma_unmap') return map.api?.name === 'scsi_dma_map';
  if (map.list && call.list?.key === map.list.key) return true;
  return map.table !== undefined && call.table?.key === map.table.key;
}

/** Both calls name the list, or the table, with the same words. */
function isSameArgument(call: CallFact, map: CallFact, which: 'list' | 'table'): boolean {
  const at = call.api?.[which];
  const from = map.api?.[which];
  const [a, b] = [
    at === undefined ? undefined : call.call.args[at],
    from === undefined ? undefined : map.call.args[from],
  ];
  return a !== undefined && b !== undefined && isSameExpr(a, b);
}

function isSameExpr(a: Expr, b: Expr): boolean {
  if (a.kind === 'name' && b.kind === 'name') return a.name === b.name && !a.name.startsWith('#');
  if (a.kind === 'field' && b.kind === 'field') return a.name === b.name && isSameExpr(a.base, b.base);
  if (a.kind === 'address' && b.kind === 'address') return isSameExpr(a.base, b.base);
  return false;
}

/** True when the event is a branch that is taken only where the mapping failed. */
export function saysFailed(flow: Flow, map: CallFact, event: PathEvent): boolean {
  if (event.kind !== 'branch') return false;
  const decide = (subject: Value, number: bigint) => {
    const decided = substitute(event.test, (part) => (part.key === subject.key ? constant(number) : undefined));
    return decided.kind === 'constant' ? decided.number !== 0n : undefined;
  };
  const tells = (subject: Value, failed: bigint, succeeded: bigint) => {
    if (!mentionsKey(event.test, subject.key)) return false;
    const onFailure = decide(subject, failed);
    return onFailure === event.holds && decide(subject, succeeded) === !onFailure;
  };
  switch (map.api?.fails) {
    case 'mapping-error':
      return (
        tells(map.result, 0n, 1n) ||
        event.holds === isErrorMark(event.test, map) ||
        checkedParts(event.test, map).some((part) => tells(part, 1n, 0n)) ||
        testersOf(flow, map).some((call) => tells(call.result, 1n, 0n))
      );
    case 'zero':
    case 'null':
      return tells(map.result, 0n, 1n);
    case 'nonzero':
      return tells(map.result, -12n, 0n);
    case 'negative':
      return tells(map.result, -12n, 1n) || tells(map.result, 0n, 1n);
    default:
      return false;
  }
}

/** `addr == DMA_MAPPING_ERROR`: true; `addr != DMA_MAPPING_ERROR`: false; undefined: another test. */
function isErrorMark(test: Value, map: CallFact): boolean | undefined {
  if (test.kind !== 'binary' || (test.op !== '==' && test.op !== '!=')) return undefined;
  const isMark = (side: Value) => side.kind === 'initial' && ERROR_MARK.test(side.place);
  const address = isMark(test.right) ? test.left : isMark(test.left) ? test.right : undefined;
  return address && carries(address, map.result.key) ? test.op === '==' : undefined;
}

const knownTesters = new WeakMap<CallFact, readonly CallFact[]>();

/**
 * The calls that may tell whether `map` failed: those whose name says so; where there is no test that is known for
 * one, all that are given the address and answer something.
 */
function testersOf(flow: Flow, map: CallFact): readonly CallFact[] {
  let testers = knownTesters.get(map);
  if (!testers) {
    const isAddress = (part: Value) => part.key === map.result.key;
    const given = flow.calls.filter((call) => call.args.some((arg) => mentions(arg, isAddress)));
    const named = given.filter(isTester);
    const isTested = 0 < named.length || flow.branches.some(({ test }) => isErrorMark(test, map) !== undefined);
    testers = isTested ? named : given.filter((call) => !call.api && call.resultUsed);
    knownTesters.set(map, testers);
  }
  return testers;
}

/** `dma_mapping_error(dev, addr)` within a test. */
function checkedParts(test: Value, map: CallFact): readonly Value[] {
  const parts: Value[] = [];
  mentions(test, (part) => {
    if (
      part.kind === 'pure' &&
      part.name === 'dma_mapping_error' &&
      part.args.some((arg) => arg.key === map.result.key)
    )
      parts.push(part);
    return false;
  });
  return parts;
}

/** The event gives a new meaning to what `key` is reached through: its variable is set, or the call that made it comes again. */
export function renews(event: PathEvent, key: string): boolean {
  if (event.kind === 'branch') return false;
  if (event.kind === 'store' ? event.store.target.kind !== 'name' : event.call.result.kind !== 'result') return false;
  const bare = key.replace(/^[&*]+/, '');
  const begins = (root: string) => root !== '' && bare.startsWith(root) && !/^\w/.test(bare.slice(root.length));
  if (event.kind === 'store') return begins(event.store.place);
  const { key: made } = event.call.result;
  return begins(made) || bare.includes(`(${made})`);
}

/** True when a function that is given `arg` can get at one of the places in `owned`. */
export function reaches(arg: Value, owned: ReadonlySet<string>): boolean {
  const key = arg.kind === 'address' ? arg.place : arg.key;
  const argument = `(${key})`;
  for (const held of owned) {
    // `*req->addr` is `req->addr[0]`, and belongs to `req`.
    const place = held.startsWith('*') ? held.replace(/^\*+/, '') : held;
    if (held === key || place === key || (place.startsWith(key) && /^(?:->|\.|\[)/.test(place.slice(key.length))))
      return true;
    // What an accessor such as to_foo(port) leads to belongs to its argument.
    if (place.includes(argument)) return true;
  }
  return false;
}

/** Where the mapping hangs: its list, its buffer, the places that keep its address, descriptors that were given it. */
export function ownedPlaces(flow: Flow, map: CallFact): ReadonlySet<string> {
  const owned = new Set<string>();
  const add = (value: Value | undefined) => {
    if (value && value.kind !== 'constant') owned.add(value.kind === 'address' ? value.place : value.key);
  };
  add(map.list);
  add(map.table);
  if (map.api?.address !== undefined) add(map.args[map.api.address]);
  // scsi_dma_map() and its kin take nothing but what they map.
  else if (!map.list && !map.table && map.args.length === 1) add(map.args[0]);
  for (const store of flow.stores) {
    if (store.target.kind !== 'name' && store.value.key === map.result.key) owned.add(store.place);
  }
  for (const call of flow.calls) {
    // A descriptor that is given the address can be asked to give it back.
    if (map.api?.fails !== 'mapping-error' || call.api || !call.args.some((arg) => arg.key === map.result.key))
      continue;
    for (const arg of call.args) if (arg.key !== map.result.key) add(arg);
  }
  for (const store of flow.stores) {
    // What is put into something else can be reached from there.
    if (store.target.kind !== 'name' && store.value.kind !== 'constant' && reaches(store.value, owned))
      owned.add(store.place);
  }
  return owned;
}
