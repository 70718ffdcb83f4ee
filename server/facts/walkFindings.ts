/** Walks over the wrong number of entries, and entries whose CPU side is given to the device. */

import type { Span } from '../types';
import type { FieldWrites } from './fields';
import { fieldKeys, placeKey } from './fields';
import type { CallFact, Flow } from './flow';
import type { Knowledge } from './knowledge';
import { listAt } from './tables';
import { alternatives, mentions, type Value } from './values';
import type { EntryRead, Walk, WalkFacts } from './walks';

/** The original count decides how many DMA segments are read or handed on. */
export interface OriginalCountWalk {
  readonly span: Span;
  /** How it is used: a loop, a function that takes segments and a count, or an entry by its number. */
  readonly by: 'loop' | 'call' | 'index';
  readonly callee: string | undefined;
  readonly map: CallFact | undefined;
  readonly mapFunction: string | undefined;
  /** The variable that holds the mapped count at this place. */
  readonly mappedName: string | undefined;
  readonly read: EntryRead | undefined;
}

export interface CpuWalk {
  readonly walk: Walk;
  readonly read: EntryRead;
}

/** What a device is given of an entry's CPU side, beside its DMA address. */
export interface CpuFieldUse {
  readonly what: 'length' | 'offset';
  readonly span: Span;
  readonly address: EntryRead;
}

/** Where lists are mapped, by the names that a file's functions share. */
export interface MappedFields {
  /** Name of the list's field -> the map call, its count's field name, its function. */
  readonly byList: ReadonlyMap<string, readonly MappedField[]>;
  readonly writes: ReadonlyMap<string, FieldWrites>;
  readonly knowledge: Knowledge;
}

export interface MappedField {
  readonly map: CallFact;
  readonly count: string | undefined;
  readonly function: string;
}

/** Lists in fields that some function of the file maps with a count. */
export function collectMappedFields(flows: readonly Flow[]): ReadonlyMap<string, readonly MappedField[]> {
  const fields = new Map<string, MappedField[]>();
  for (const flow of flows) {
    for (const map of flow.calls) {
      if (map.api?.role !== 'map' || map.api.count === undefined || map.api.fails !== 'zero') continue;
      const list = map.list?.kind === 'initial' ? placeKey(flow, map.list.place) : undefined;
      const value = map.args[map.api.count];
      const expr = map.call.args[map.api.count];
      if (!list || !value || !expr) continue;
      const [count] = value.kind === 'initial' ? fieldKeys(flow, value.place, expr) : [];
      fields.set(list, [...(fields.get(list) ?? []), { map, count, function: flow.ir.name }]);
    }
  }
  return fields;
}

export function findOriginalCountWalks(
  flow: Flow,
  { walks, reads }: WalkFacts,
  fields: MappedFields,
): readonly OriginalCountWalk[] {
  if (fillsAddresses(flow)) return [];
  const found: OriginalCountWalk[] = [];
  for (const walk of walks) {
    const read = walk.reads.find((one) => isDmaRead(one) && one.sink !== 'none') ?? walk.reads.find(isDmaRead);
    if (!read || endsAtEmptySegment(flow, walk)) continue;
    if (walk.side === 'dma') continue;
    const known = mappingOf(flow, walk.head, read.span.start, fields);
    if (walk.side === 'cpu') {
      if (known && !isSingle(flow, walk.head, known.map))
        found.push({ ...blank(known), span: walk.boundSpan, by: 'loop', read });
      continue;
    }
    if (!known || !walk.bound || isSingle(flow, walk.head, known.map)) continue;
    if (!isOriginal(flow, walk.bound, known, fields)) continue;
    const mappedName = nameOfMapped(flow, known.map, walk.boundSpan.start);
    found.push({ ...blank(known), span: walk.boundSpan, by: 'loop', read, mappedName });
  }
  for (const call of flow.calls) {
    const consumer = consumerOf(call, fields.knowledge);
    const list = consumer && call.args[consumer.list];
    const count = consumer && call.args[consumer.count];
    const span = consumer && call.call.args[consumer.count]?.span;
    if (!list || !count || !span) continue;
    const known = mappingOf(flow, list, call.call.span.start, fields);
    if (!known || isSingle(flow, list, known.map) || !isOriginal(flow, count, known, fields)) continue;
    const mappedName = nameOfMapped(flow, known.map, span.start);
    found.push({ ...blank(known), span, by: 'call', callee: call.call.name, mappedName });
  }
  found.push(...fixedIndexReads(flow, reads));
  return found;
}

function blank(known: Known): Pick<OriginalCountWalk, 'callee' | 'map' | 'mapFunction' | 'mappedName' | 'read'> {
  return { callee: undefined, map: known.map, mapFunction: known.function, mappedName: undefined, read: undefined };
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
        mentions(branch.test, (part) => part.key === map.result.key) &&
        ![branch.test.left, branch.test.right].some((side) => side.kind === 'constant' && side.number <= 0n),
    );
    if (isCompared) continue;
    seen.add(read.entry.key);
    found.push({
      span: read.span,
      by: 'index',
      callee: undefined,
      map,
      mapFunction: undefined,
      mappedName: undefined,
      read,
    });
  }
  return found;
}

/** Walks over the mapped count that read pages or lengths of the CPU side. */
export function findCpuWalks(flow: Flow, { walks }: WalkFacts): readonly CpuWalk[] {
  const found: CpuWalk[] = [];
  for (const walk of walks) {
    const isMapped = walk.side === 'dma' || (walk.bound !== undefined && isMappedCount(walk.bound));
    if (!isMapped || walk.reads.some((read) => isDmaRead(read))) continue;
    const map = flow.calls.find((call) => call.api?.role === 'map' && call.list?.key === walk.head.key);
    if (isSingle(flow, walk.head, map)) continue;
    const read = walk.reads.find((one) => one.what === 'page') ?? walk.reads.find((one) => one.what === 'length');
    if (read) found.push({ walk, read });
  }
  return found;
}

function isMappedCount(bound: Value): boolean {
  const options = alternatives(bound).filter((option) => !(option.kind === 'constant' && option.number <= 0n));
  return 0 < options.length && options.every((option) => option.kind === 'mapped');
}

const CPU_USE = /dma_(?:un)?map|mem(?:cpy|set|move)|copy|kmap|sync|flush|page|dbg|err|warn|info|print|trace|free|sg_/i;

/** `sg->length` or `sg->offset` that goes where the DMA address of the same entry goes. */
export function findCpuFields(flow: Flow, { walks, reads }: WalkFacts): readonly CpuFieldUse[] {
  if (fillsAddresses(flow)) return [];
  const found: CpuFieldUse[] = [];
  for (const walk of walks) {
    if (walk.reads.some((read) => read.what === 'dma-length')) continue;
    const isGiven = (read: EntryRead) =>
      read.sink === 'memory' || (read.sink === 'call' && !CPU_USE.test(read.call?.call.name ?? ''));
    const address = walk.reads.find((read) => read.what === 'address' && isGiven(read));
    const map = flow.calls.find((call) => call.api?.role === 'map' && call.list?.key === walk.head.key);
    if (!address || isSingle(flow, walk.head, map)) continue;
    const length = walk.reads.find((read) => read.what === 'length' && isGiven(read));
    if (length) found.push({ what: 'length', span: length.span, address });
  }
  const offsets = new Set<string>();
  for (const offset of reads) {
    if (offset.what !== 'offset') continue;
    const address = reads.find(
      (read) => read.what === 'address' && read.entry.key === offset.entry.key && read.span.start === offset.span.start,
    );
    if (!address || offsets.has(offset.entry.key)) continue;
    offsets.add(offset.entry.key);
    found.push({ what: 'offset', span: offset.span, address });
  }
  return found;
}

interface Known {
  readonly map: CallFact;
  /** Set where another function maps. */
  readonly function: string | undefined;
  /** Name of the field that holds the original count there. */
  readonly count: string | undefined;
}

/** The map call that a walk's list went through before `position`. */
function mappingOf(flow: Flow, head: Value, position: number, fields: MappedFields): Known | undefined {
  let last: CallFact | undefined;
  for (const call of flow.calls) {
    if (call.api?.role !== 'map' || call.api.fails === 'mapping-error' || position < call.call.span.start) continue;
    if (call.list?.key === head.key) last = call;
  }
  if (last) return { map: last, function: undefined, count: undefined };
  const key = head.kind === 'initial' ? placeKey(flow, head.place) : undefined;
  const all = key === undefined ? undefined : fields.byList.get(key);
  const [first] = all ?? [];
  if (!first || !all?.every((one) => one.count === first.count)) return undefined;
  return { map: first.map, function: first.function, count: first.count };
}

/** `bound` is the count that was passed to the map call, and nothing that it returned. */
function isOriginal(flow: Flow, bound: Value, known: Known, fields: MappedFields): boolean {
  const { map } = known;
  const options = alternatives(bound);
  if (options.some((option) => option.kind === 'mapped')) return false;
  const passed = map.api?.count === undefined ? undefined : map.args[map.api.count];
  const isHead = (option: Value) =>
    (option.kind === 'pure' && option.name === 'sg_nents') ||
    (option.kind === 'initial' && /(?:->|\.)orig_nents$/.test(option.place));
  if (known.function === undefined) {
    if (passed?.kind === 'mapped') return false;
    return passed?.key === bound.key || options.every(isHead);
  }
  if (bound.kind !== 'initial' || known.count === undefined) return options.every(isHead);
  const key = placeKey(flow, bound.place);
  const isOverwritten = 0 < (fields.writes.get(known.count)?.mapped.length ?? 0);
  return key === known.count && !isOverwritten;
}

function isSingle(flow: Flow, head: Value, map: CallFact | undefined): boolean {
  const count = map?.api?.count === undefined ? undefined : map.args[map.api.count];
  if (count?.kind === 'constant' && count.number === 1n) return true;
  return listAt(flow, head)?.isOneEntry === true;
}

/** The loop leaves off where a segment has no length: what lies behind the mapped ones is not used. */
function endsAtEmptySegment(flow: Flow, walk: Walk): boolean {
  const blocks = new Set(flow.ir.loops[walk.loop]?.blocks ?? []);
  return flow.branches.some(
    (branch) =>
      blocks.has(branch.block) &&
      alternatives(branch.test).some((test) => test.kind === 'pure' && test.name === 'sg_dma_len'),
  );
}

/** Functions that write DMA addresses into entries make the mapping themselves. */
function fillsAddresses(flow: Flow): boolean {
  return flow.stores.some((store) => {
    if (store.target.kind === 'field') return store.target.name === 'dma_address' || store.target.name === 'dma_length';
    const { target } = store;
    if (target.kind !== 'name' || !target.name.startsWith('#')) return false;
    return flow.ir.blocks.some((block) =>
      block.statements.some(
        (one) =>
          one.kind === 'call' &&
          one.result === target.name &&
          (one.call.name === 'sg_dma_address' || one.call.name === 'sg_dma_len'),
      ),
    );
  });
}

/** Which arguments a call takes as mapped segments and their count. */
function consumerOf(
  call: CallFact,
  { summary }: Knowledge,
): { readonly list: number; readonly count: number } | undefined {
  if (call.api && call.api.role !== 'consume') return undefined;
  for (const effect of summary(call.call.name)?.effects ?? []) {
    if (effect.kind === 'walks' && effect.list.path === '' && effect.count.path === '')
      return { list: effect.list.argument, count: effect.count.argument };
  }
  return undefined;
}

/** The parameters that a function takes as mapped segments and their count. */
export function consumesParams(
  flow: Flow,
  { walks }: WalkFacts,
  knowledge: Knowledge,
): { readonly list: number; readonly count: number } | undefined {
  const index = (value: Value | undefined) =>
    value?.kind === 'initial' ? flow.ir.params.findIndex((param) => param.name === value.place) : -1;
  for (const walk of walks) {
    if (walk.side !== 'count' || !walk.reads.some(isDmaRead)) continue;
    const [list, count] = [index(walk.head), index(walk.bound)];
    if (0 <= list && 0 <= count) return { list, count };
  }
  for (const call of flow.calls) {
    const consumer = consumerOf(call, knowledge);
    if (!consumer) continue;
    const [list, count] = [index(call.args[consumer.list]), index(call.args[consumer.count])];
    if (0 <= list && 0 <= count) return { list, count };
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
    if (
      flow.stores.every(
        (one) =>
          one.target.kind !== 'name' || one.target.name !== name || one === store || one.span.start < store.span.start,
      )
    )
      return name;
  }
  return undefined;
}
