/** Walks over the wrong number of entries. */

import type { Expr } from '../code/ir';
import type { Span } from '../types';
import { countNames, type FileMapping, type FileMappings, listNames } from './fileMappings';
import type { CallFact, Flow } from './flow';
import { frameworkCount } from './frameworkCounts';
import type { Knowledge } from './knowledge';
import { isSingle } from './tables';
import { alternatives, mentionsKey, type Value } from './values';
import { endsAtEmptySegment, endsWithBytes, fillsAddresses } from './walkEnds';
import type { EntryRead, Walk, WalkFacts } from './walks';

/** The original count decides how many DMA segments are read or handed on. */
export interface OriginalCountWalk {
  readonly span: Span;
  /** How it is used: a loop, a function that takes segments and a count, or an entry by its number. */
  readonly by: 'loop' | 'end' | 'call' | 'index';
  readonly callee: string | undefined;
  readonly map: CallFact | undefined;
  readonly mapFunction: string | undefined;
  /** Words for the mapped count that are right at this place. */
  readonly mappedName: string | undefined;
  readonly read: EntryRead | undefined;
}

export interface CpuWalk {
  readonly walk: Walk;
  readonly read: EntryRead;
  /** The DMA address that the same walk reads. */
  readonly address: EntryRead | undefined;
}

/** What the file knows about its lists. */
export interface WalkContext {
  readonly mappings: FileMappings;
  readonly knowledge: Knowledge;
  /** The file tells its framework that a request has one segment. */
  readonly hostTakesOneSegment: boolean;
}

export function findOriginalCountWalks(
  flow: Flow,
  walked: WalkFacts,
  context: WalkContext,
): readonly OriginalCountWalk[] {
  const found: OriginalCountWalk[] = [];
  for (const walk of walked.walks) {
    const one = walkedWrongly(flow, walk, context);
    if (one) found.push(one);
  }
  for (const call of flow.calls) {
    const one = handedWrongly(flow, call, context);
    if (one) found.push(one);
  }
  found.push(...fixedIndexReads(flow, walked.reads));
  return found;
}

function walkedWrongly(flow: Flow, walk: Walk, context: WalkContext): OriginalCountWalk | undefined {
  const dma = walk.reads.filter((one) => isDmaRead(one) && one.sink !== 'none');
  const read = dma.find((one) => one.sink !== 'test') ?? dma[0];
  if (
    !read ||
    walk.side === 'dma' ||
    fillsAddresses(flow, walk.head) ||
    endsAtEmptySegment(flow, walk) ||
    endsWithBytes(flow, walk)
  )
    return undefined;
  const known = mappingOf(flow, walk.head, walk.headExpr, read.span.start, context);
  if (known && (isSingle(flow, walk.head, known.map) || isComparedWithOriginal(known.flow, known.map)))
    return undefined;
  const found = {
    callee: undefined,
    map: known?.map,
    mapFunction: nameOfOther(known, flow),
    read,
    mappedName: undefined,
  };
  // Whoever gives them away, or decides by an address, takes the table for a mapped one, wherever that was done.
  const isGiven = dma.some((one) => one.sink !== 'test' || one.what === 'address');
  if (walk.side === 'cpu' || isTableBound(walk))
    return known || (isGiven && !context.mappings.fillsLists)
      ? { ...found, span: walk.boundSpan, by: 'loop' }
      : undefined;
  if (walk.isToEnd) return known && !mapsEntries(context) ? { ...found, span: walk.boundSpan, by: 'end' } : undefined;
  if (!known && context.mappings.fillsLists) return undefined;
  if (!walk.bound) return undefined;
  if (known && isOriginal(flow, walk.head, walk.bound, walk.boundExpr, known, context)) {
    const mappedName = known.flow === flow ? nameOfMapped(flow, known.map, walk.boundSpan.start) : undefined;
    return { ...found, span: walk.boundSpan, by: 'loop', mappedName };
  }
  const framework = frameworkCount(flow.ir, walk.head, walk.bound);
  if (framework?.kind !== 'original' || context.hostTakesOneSegment || mapsEntries(context)) return undefined;
  if (alternatives(walk.bound).some((option) => option.kind === 'mapped') || isSingle(flow, walk.head, undefined))
    return undefined;
  return read.what === 'address' ? { ...found, span: walk.boundSpan, by: 'loop' } : undefined;
}

/** The walk visits as many entries as the table says that it has. */
function isTableBound({ head, bound }: Walk): boolean {
  const table = bound?.kind === 'initial' ? /^(.*(?:->|\.))orig_nents$/.exec(bound.place)?.[1] : undefined;
  return table !== undefined && head.key === `${table}sgl`;
}

function handedWrongly(flow: Flow, call: CallFact, context: WalkContext): OriginalCountWalk | undefined {
  for (const consumer of consumersOf(call, context.knowledge)) {
    const list = call.args[consumer.list];
    const count = call.args[consumer.count];
    const expr = call.call.args[consumer.count];
    if (!list || !count || !expr) continue;
    const listExpr = call.call.args[consumer.list];
    for (const option of new Set([list, ...alternatives(list)])) {
      const known = mappingOf(flow, option, listExpr, call.call.span.start, context);
      if (!known || isSingle(flow, option, known.map) || fillsAddresses(flow, option)) continue;
      if (isComparedWithOriginal(known.flow, known.map)) continue;
      if (!isOriginal(flow, option, count, expr, known, context)) continue;
      const mappedName = known.flow === flow ? nameOfMapped(flow, known.map, expr.span.start) : undefined;
      return {
        span: expr.span,
        by: 'call',
        callee: call.call.name ?? (call.call.target?.kind === 'field' ? call.call.target.name : undefined),
        map: known.map,
        mapFunction: nameOfOther(known, flow),
        mappedName,
        read: undefined,
      };
    }
  }
  return undefined;
}

function isDmaRead(read: EntryRead): boolean {
  return read.what === 'address' || read.what === 'dma-length';
}

/** `sg_dma_address(&sg[1])` of a list of two, whose mapped count is only tested for zero. */
function fixedIndexReads(flow: Flow, reads: readonly EntryRead[]): readonly OriginalCountWalk[] {
  const seen = new Set<string>();
  const found: OriginalCountWalk[] = [];
  for (const read of reads) {
    if (read.what !== 'address' || read.entry.kind !== 'address' || seen.has(read.entry.key)) continue;
    const match = /^(.*)\[([1-9]\d*)\]$/.exec(read.entry.place);
    const map = flow.calls.find(
      (call) =>
        call.api?.role === 'map' &&
        call.api.fails === 'zero' &&
        call.call.span.start < read.span.start &&
        (call.list?.key === match?.[1] || call.list?.key === `&${match?.[1]}`),
    );
    const count = map?.api?.count === undefined ? undefined : map.args[map.api.count];
    if (!match || !map || count?.kind !== 'constant' || count.number < 2n) continue;
    // A comparison of the mapped count with anything but zero settles how many there are.
    const isCompared = flow.branches.some(
      (branch) =>
        branch.test.kind === 'binary' &&
        mentionsKey(branch.test, map.result.key) &&
        ![branch.test.left, branch.test.right].some((side) => side.kind === 'constant' && side.number <= 0n),
    );
    if (isCompared) continue;
    seen.add(read.entry.key);
    const unknown = { callee: undefined, mapFunction: undefined, mappedName: undefined };
    found.push({ span: read.span, by: 'index', map, read, ...unknown });
  }
  return found;
}

/** Walks over the mapped count that read pages or lengths of the CPU side. */
export function findCpuWalks(flow: Flow, { walks }: WalkFacts, context: WalkContext): readonly CpuWalk[] {
  const found: CpuWalk[] = [];
  for (const walk of walks) {
    if (fillsAddresses(flow, walk.head)) continue;
    const isGiven = (read: EntryRead) => read.sink === 'memory' || read.sink === 'call';
    const page = walk.reads.find((read) => read.what === 'page' && isGiven(read));
    const address = walk.reads.find((read) => read.what === 'address' && isGiven(read));
    if (!address && walk.reads.some((read) => read.what === 'address')) continue;
    // sg_phys() is another mistake, with a rule of its own.
    if (walk.reads.some((read) => read.what === 'physical' && isGiven(read))) continue;
    const length = walk.reads.some(isDmaRead) ? undefined : walk.reads.find((read) => read.what === 'length');
    const read = page ?? length;
    if (!read || (address && !page)) continue;
    if (!isMappedWalk(flow, walk, address !== undefined, context)) continue;
    const map = flow.calls.find((call) => call.api?.role === 'map' && call.list?.key === walk.head.key);
    if (!isSingle(flow, walk.head, map)) found.push({ walk, read, address });
  }
  return found;
}

/** The walk visits as many entries as there are mapped segments. */
function isMappedWalk(flow: Flow, walk: Walk, readsAddress: boolean, context: WalkContext): boolean {
  if (walk.side === 'dma') return true;
  const { bound } = walk;
  if (walk.side === 'cpu' || !bound) return false;
  const options = alternatives(bound).filter((option) => !(option.kind === 'constant' && option.number <= 0n));
  if (0 < options.length && options.every((option) => option.kind === 'mapped')) return true;
  if (frameworkCount(flow.ir, walk.head, bound)?.kind === 'mapped') return true;
  const table = bound.kind === 'initial' ? /^(.*)(?:->|\.)nents$/.exec(bound.place)?.[1] : undefined;
  if (table === undefined || bound.kind !== 'initial') return false;
  const isOwn = [`${table}->sgl`, `${table}.sgl`].includes(walk.head.key);
  if (!isOwn) return false;
  // Whoever reads DMA addresses takes the table for a mapped one.
  if (readsAddress) return true;
  return isTableMapped(flow, table, walk.boundSpan.start) || isHeldMapped(flow, bound, walk.boundExpr, context);
}

/** The table was mapped before `position`, or comes mapped from a framework. */
function isTableMapped(flow: Flow, table: string, position: number): boolean {
  return flow.calls.some(
    (call) =>
      call.call.span.start < position &&
      (call.table?.key === table || call.table?.key === `&${table}`) &&
      (call.api?.role === 'attach' || (call.api?.role === 'map' && call.api.fails === 'nonzero')),
  );
}

function isHeldMapped(flow: Flow, count: Value, expr: Expr | undefined, { mappings }: WalkContext): boolean {
  const names = countNames(flow, count, expr, mappings.aliases);
  const holds = (one: FileMapping) => one.flow !== flow && names.some((name) => one.mappedFields.has(name));
  return mappings.all.some(holds);
}

interface Known {
  readonly map: CallFact;
  readonly flow: Flow;
  /** All mappings of the list that other functions make; empty where this one maps it itself. */
  readonly others: readonly FileMapping[];
}

function nameOfOther(known: Known | undefined, flow: Flow): string | undefined {
  return known && known.flow !== flow ? known.flow.ir.name : undefined;
}

/** The map call that a list went through before `position`. */
function mappingOf(
  flow: Flow,
  head: Value,
  expr: Expr | undefined,
  position: number,
  { mappings }: WalkContext,
): Known | undefined {
  let last: CallFact | undefined;
  for (const call of flow.calls) {
    if (call.api?.role !== 'map' || call.api.fails === 'mapping-error' || position < call.call.span.start) continue;
    if (call.list?.key === head.key) last = call;
  }
  if (last) return { map: last, flow, others: [] };
  const names = listNames(flow, head, expr, mappings.aliases);
  const others = mappings.all.filter((one) => !one.isDerived && names.some((name) => one.lists.has(name)));
  const [first] = others;
  return first && { map: first.map, flow: first.flow, others };
}

/** `bound` is the count that was passed to the map call, and nothing that it returned. */
function isOriginal(
  flow: Flow,
  head: Value,
  bound: Value,
  expr: Expr | undefined,
  known: Known,
  { mappings }: WalkContext,
): boolean {
  const options = alternatives(bound).filter((option) => !(option.kind === 'constant' && option.number <= 0n));
  if (options.length === 0 || options.some((option) => option.kind === 'mapped')) return false;
  const { map } = known;
  const passed = map.api?.count === undefined ? undefined : map.args[map.api.count];
  const isCount = (option: Value) =>
    (option.kind === 'pure' && option.name === 'sg_nents') ||
    (option.kind === 'initial' && /(?:->|\.)orig_nents$/.test(option.place)) ||
    frameworkCount(flow.ir, head, option)?.kind === 'original';
  if (known.flow === flow) {
    if (passed?.kind === 'mapped') return false;
    if (bound.key === passed?.key || options.some((option) => option.key === passed?.key)) return true;
    // `count ?: 1`, passed for a count that is zero where there is one entry.
    const given = passed ? alternatives(passed).filter((option) => option.kind !== 'constant') : [];
    if (given.length === 1 && options.some((option) => option.key === given[0]?.key)) return true;
    return options.every(isCount);
  }
  if (options.every(isCount)) return true;
  const names = countNames(flow, bound, expr, mappings.aliases);
  if (names.length === 0) return false;
  return known.others.every(
    (one) => names.some((name) => one.originalFields.has(name)) && !names.some((name) => one.mappedFields.has(name)),
  );
}

/** The driver goes on only, or another way, where the mapped count is the original one. */
function isComparedWithOriginal(flow: Flow, map: CallFact): boolean {
  const passed = map.api?.count === undefined ? undefined : map.args[map.api.count];
  if (!passed || passed.kind === 'mapped') return false;
  return flow.branches.some(({ test }) => {
    if (test.kind !== 'binary' || (passed.kind === 'constant' && passed.number <= 1n)) return false;
    const sides = [test.left, test.right];
    return (
      sides.some((side) => alternatives(side).some((option) => option.key === map.result.key)) &&
      sides.some((side) => side.key === passed.key)
    );
  });
}

/** Some function of the file maps entries one by one. */
function mapsEntries({ mappings }: WalkContext): boolean {
  return mappings.all.some(({ map }) => {
    const count = map.api?.count === undefined ? undefined : map.args[map.api.count];
    return count?.kind === 'constant' && count.number === 1n && map.list?.kind === 'entry';
  });
}

interface Consumer {
  readonly list: number;
  readonly count: number;
}

/** Which arguments a call takes as mapped segments and their count. */
function consumersOf(call: CallFact, knowledge: Knowledge): readonly Consumer[] {
  const { name, target, args } = call.call;
  if (call.api && call.api.role !== 'consume') return [];
  if (target?.kind === 'field' && /^device_prep_slave_sg$/.test(target.name)) return [{ list: 1, count: 2 }];
  const found: Consumer[] = [];
  const known = knowledge.summary(name);
  for (const effect of known?.effects ?? []) {
    if (effect.kind === 'walks' && effect.list.path === '' && effect.count.path === '')
      found.push({ list: effect.list.argument, count: effect.count.argument });
  }
  // Named like the engine's own function, in a file that is not seen: takes pairs of a list and a count.
  if (!known && /(?:^|_)prep(?:are)?_(?:\w+_)?sgs?$/.test(name ?? ''))
    args.slice(1).forEach((_arg, index) => {
      found.push({ list: index, count: index + 1 });
    });
  return found;
}

/** The parameters that a function takes as mapped segments and their count. */
export function consumesParams(flow: Flow, { walks }: WalkFacts, knowledge: Knowledge): Consumer | undefined {
  const index = (value: Value | undefined) =>
    value?.kind === 'initial' ? flow.ir.params.findIndex((param) => param.name === value.place) : -1;
  for (const walk of walks) {
    if (walk.side !== 'count' || !walk.reads.some(isDmaRead)) continue;
    if (endsAtEmptySegment(flow, walk) || endsWithBytes(flow, walk)) continue;
    const [list, count] = [index(walk.head), index(walk.bound)];
    if (0 <= list && 0 <= count) return { list, count };
  }
  for (const call of flow.calls) {
    for (const consumer of consumersOf(call, knowledge)) {
      const [list, count] = [index(call.args[consumer.list]), index(call.args[consumer.count])];
      if (0 <= list && 0 <= count) return { list, count };
    }
  }
  return undefined;
}

/** A local variable that still holds the mapped count at `position`. */
function nameOfMapped(flow: Flow, map: CallFact, position: number): string | undefined {
  const stores = flow.stores.filter(
    (store) => store.target.kind === 'name' && !store.target.name.startsWith('#') && store.span.start < position,
  );
  for (const store of stores) {
    if (store.target.kind !== 'name' || store.value.key !== map.result.key) continue;
    const { name } = store.target;
    const isOther = (one: (typeof stores)[number]) =>
      one.target.kind === 'name' && one.target.name === name && one !== store && store.span.start < one.span.start;
    if (!flow.stores.some(isOther)) return name;
  }
  return undefined;
}
