/** Coherent memory: whether its allocation is tested, how it is freed, and whether it is cleared twice. */

import type { Expr } from '../code/ir';
import type { Span } from '../types';
import { isTester, nameOf } from './addresses';
import { successors } from './blocks';
import { fieldKeys } from './fields';
import type { CallFact, Flow } from './flow';
import { perFlow } from './perFlow';
import { alternatives, mentions, type Value } from './values';

export interface UntestedAllocation {
  readonly allocation: CallFact;
  /** dma_mapping_error() on the address, which says nothing about an allocation. */
  readonly misread: Span | undefined;
  /** The first use that would crash. */
  readonly use: Span | undefined;
  /** The field that keeps the memory, where the function does nothing else with it; others may test that. */
  readonly kept: string | undefined;
}

export interface WrongFree {
  readonly free: CallFact;
  readonly allocation: CallFact;
  readonly allocationFunction: string;
  /** The size argument of the free. */
  readonly span: Span;
}

export interface SecondClear {
  readonly allocation: CallFact;
  /** The memset(). */
  readonly span: Span;
}

/** Index of the memory in dma_free_coherent() and its kin. */
const FREED = 2;
const WRITES = /^(?:memcpy|memset|memmove|strscpy|snprintf)$/;

function isAllocation(call: CallFact): boolean {
  return call.api?.role === 'allocate' && call.api.table === undefined && call.api.name === call.call.name;
}

/** Allocations whose result is written to, and never tested. */
export function findUntestedAllocations(flow: Flow): readonly UntestedAllocation[] {
  const found: UntestedAllocation[] = [];
  for (const allocation of flow.calls) {
    if (!isAllocation(allocation)) continue;
    const isMemory = (part: Value) => part.key === allocation.result.key;
    if (flow.branches.some((branch) => mentions(branch.test, isMemory))) continue;
    const handle = allocation.api?.address === undefined ? undefined : allocation.args[allocation.api.address];
    const tester =
      handle?.kind === 'address'
        ? flow.calls.find(
            (call) =>
              isTester(call) &&
              call.args.some((arg) => arg.kind === 'initial' && arg.place === `${handle.place}@${allocation.call.id}`),
          )
        : undefined;
    const use = firstUse(flow, allocation);
    const kept = tester || use ? undefined : onlyKept(flow, allocation);
    if (tester || use || kept) found.push({ allocation, misread: tester?.call.span, use, kept });
  }
  return found;
}

/** The name of the one field that takes the memory, where the function neither hands it on nor lets its caller see it. */
function onlyKept(flow: Flow, allocation: CallFact): string | undefined {
  const isMemory = (part: Value) => part.key === allocation.result.key;
  if (flow.returns.some((end) => end.value && mentions(end.value, isMemory))) return undefined;
  if (flow.calls.some((call) => call.args.some((arg) => mentions(arg, isMemory)))) return undefined;
  const stores = flow.stores.filter((one) => mentions(one.value, isMemory));
  const names = new Set(
    stores.map(({ target }) => (target.kind === 'name' && target.name.startsWith('#') ? undefined : nameOf(target))),
  );
  const [name] = names;
  return names.size === 1 ? name : undefined;
}

/** A write through the pointer, in the function itself. */
function firstUse(flow: Flow, allocation: CallFact): Span | undefined {
  const { key } = allocation.result;
  const store = flow.stores.find(
    (one) => one.place.startsWith(`${key}->`) || one.place.startsWith(`${key}[`) || one.place === `*${key}`,
  );
  const call = flow.calls.find((one) => WRITES.test(one.call.name ?? '') && one.args[0]?.key === key);
  return store?.span ?? call?.call.span;
}

/** Memory that is zero since 5.0 is set to zero again, and nothing was put into it in between. */
export function findSecondClears(flow: Flow): readonly SecondClear[] {
  const found: SecondClear[] = [];
  for (const call of flow.calls) {
    const [memory, value] = call.args;
    if (call.call.name !== 'memset' || value?.kind !== 'constant' || value.number !== 0n || call.resultUsed) continue;
    const allocation = flow.calls.find((one) => isAllocation(one) && one.result.key === memory?.key);
    if (!allocation || loopOf(flow, allocation.block) !== loopOf(flow, call.block)) continue;
    const isBetween = (span: Span) => allocation.call.span.end < span.start && span.start < call.call.span.start;
    const key = allocation.result.key;
    const isFilled =
      flow.stores.some((store) => isBetween(store.span) && store.place.startsWith(`${key}`)) ||
      flow.calls.some((one) => isBetween(one.call.span) && one.args.some((arg) => arg.key === key) && !one.api);
    if (isFilled || isWipe(flow, call) || comesAgain(flow, call, allocation)) continue;
    if (sameLength(allocation, call)) found.push({ allocation, span: call.call.span });
  }
  return found;
}

/** Cleared right before it is freed: what was in it, such as a key, shall not stay behind. */
function isWipe(flow: Flow, clear: CallFact): boolean {
  return flow.calls.some(
    (free) =>
      free.api?.role === 'free' &&
      free.block === clear.block &&
      clear.call.span.end < free.call.span.start &&
      free.args[FREED]?.key === clear.args[0]?.key,
  );
}

/** `retry:` stands between the two: from the second time on there is something to clear. */
function comesAgain(flow: Flow, clear: CallFact, allocation: CallFact): boolean {
  const seen = new Set<number>();
  const open = [clear.block];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const block = flow.ir.blocks[id];
    for (const next of block ? successors(block) : []) {
      if (next === clear.block && next !== allocation.block) return true;
      if (next === allocation.block || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return false;
}

function loopOf(flow: Flow, block: number): number {
  return flow.ir.loops.findIndex((loop) => loop.blocks.includes(block));
}

function sameLength(allocation: CallFact, clear: CallFact): boolean {
  const index = allocation.api?.length;
  const [length, cleared] = [index === undefined ? undefined : allocation.args[index], clear.args[2]];
  const [a, b] = [index === undefined ? undefined : allocation.call.args[index], clear.call.args[2]];
  if (length !== undefined && length.key === cleared?.key) return true;
  return a?.kind === 'sizeof' && b?.kind === 'sizeof' && a.text.replace(/\s/g, '') === b.text.replace(/\s/g, '');
}

/** An allocation and the field that keeps it. */
interface KeptAllocation {
  readonly allocation: CallFact;
  readonly flow: Flow;
}

export type AllocationsByField = ReadonlyMap<string, readonly KeptAllocation[]>;

export function collectAllocations(flows: readonly Flow[]): AllocationsByField {
  const kept = new Map<string, KeptAllocation[]>();
  for (const flow of flows) {
    for (const [key, allocation] of allocationsOf(flow)) {
      const known = kept.get(key);
      if (known) known.push({ allocation, flow });
      else kept.set(key, [{ allocation, flow }]);
    }
  }
  return kept;
}

/** The fields that take an allocation. Anything else that one takes may be what is freed. */
const allocationsOf = perFlow((flow) => {
  const found: (readonly [key: string, allocation: CallFact])[] = [];
  for (const store of flow.stores) {
    if (store.target.kind !== 'field') continue;
    const allocation = flow.calls.find((call) => isAllocation(call) && call.result.key === store.value.key);
    if (!allocation && store.value.kind === 'constant') continue;
    for (const key of fieldKeys(flow, store.place, store.target)) found.push([key, allocation ?? UNKNOWN]);
  }
  return found;
});

const NOWHERE = { start: 0, end: 0 };
/** Stands for memory that came from elsewhere. */
const UNKNOWN: CallFact = {
  call: { id: -1, name: undefined, nameSpan: NOWHERE, args: [], span: NOWHERE },
  api: undefined,
  args: [],
  result: { kind: 'opaque', key: '?' },
  resultUsed: false,
  block: -1,
};

/** Frees whose size is worked out from the same things as that of the allocation, in another way. */
export function findWrongFrees(flow: Flow, kept: AllocationsByField): readonly WrongFree[] {
  const found: WrongFree[] = [];
  for (const free of flow.calls) {
    if (free.api?.role !== 'free' || free.api.table !== undefined || free.api.length === undefined) continue;
    const [memory, expr] = [free.args[FREED], free.call.args[FREED]];
    if (!memory || !expr) continue;
    const size = sizeAt(flow, free);
    const local = flow.calls.filter((call) => isAllocation(call) && isExactly(memory, call.result));
    const keys = memory.kind === 'initial' ? fieldKeys(flow, memory.place, expr) : [];
    const remote = keys.flatMap((key) => kept.get(key) ?? []);
    const origins = 0 < local.length ? local.map((allocation) => ({ allocation, flow })) : remote;
    const [first] = origins;
    if (!first || !size) continue;
    const differs = origins.every((one) => {
      const wanted = sizeAt(one.flow, one.allocation);
      return wanted !== undefined && isOtherProduct(wanted, size);
    });
    const span = free.call.args[free.api.length]?.span;
    if (differs && span)
      found.push({ free, allocation: first.allocation, allocationFunction: first.flow.ir.name, span });
  }
  return found;
}

function isExactly(value: Value, wanted: Value): boolean {
  return alternatives(value).every((option) => option.key === wanted.key);
}

/** A size as a product: its number, and what else it is made of. */
interface Product {
  readonly number: bigint;
  /** Types whose size is taken, and fields or variables, each in words that mean the same in every function. */
  readonly types: readonly string[];
  readonly places: readonly string[];
}

function sizeAt(flow: Flow, call: CallFact): Product | undefined {
  const index = call.api?.length;
  const [value, expr] = index === undefined ? [] : [call.args[index], call.call.args[index]];
  return value && expr && productOf(flow, value, expr);
}

function productOf(flow: Flow, value: Value, expr: Expr): Product | undefined {
  if (value.kind === 'constant') return { number: value.number, types: [], places: [] };
  if (expr.kind === 'cast') return productOf(flow, value, expr.operand);
  if (expr.kind === 'sizeof') {
    const type = /^sizeof\s*\(\s*((?:struct\s+|union\s+)?\w+)\s*\)$/.exec(expr.text)?.[1];
    if (!type || variable(flow, type)) return undefined;
    const bits = FIXED_WIDTH.exec(type)?.[1];
    return bits
      ? { number: BigInt(bits) / 8n, types: [], places: [] }
      : { number: 1n, types: [type.replace(/\s+/g, ' ')], places: [] };
  }
  if (expr.kind === 'binary' && expr.op === '*' && value.kind === 'binary' && value.op === '*') {
    const [a, b] = [productOf(flow, value.left, expr.left), productOf(flow, value.right, expr.right)];
    return (
      a &&
      b && {
        number: a.number * b.number,
        types: [...a.types, ...b.types].sort(),
        places: [...a.places, ...b.places].sort(),
      }
    );
  }
  const [key] = value.kind === 'initial' ? fieldKeys(flow, value.place, expr) : [];
  return key === undefined ? undefined : { number: 1n, types: [], places: [key] };
}

/** `u32`, `__le32` and `uint32_t` are of one size. */
const FIXED_WIDTH = /^(?:(?:__)?[us]|__[lb]e|u?int)(8|16|32|64)(?:_t)?$/;

function variable(flow: Flow, name: string): boolean {
  return [...flow.ir.locals, ...flow.ir.params].some((one) => one.name === name);
}

/** The same fields and variables, and yet another number or another type. */
function isOtherProduct(a: Product, b: Product): boolean {
  if (a.places.join() !== b.places.join()) return false;
  if (a.types.length !== b.types.length) return 0 < a.places.length && a.number === b.number;
  return a.types.join() !== b.types.join() || a.number !== b.number;
}
