/**
 * The scatterlist mappings of a file, under names that all its functions share: which list is mapped, and in which
 * fields the original and the mapped count can be found afterwards.
 */

import type { Expr } from '../code/ir';
import { fieldPlace } from './evaluate';
import { fieldKeys } from './fields';
import type { CallFact, Flow, StoreFact } from './flow';
import { saysFailed } from './mappings';
import { followFrom } from './paths';
import { alternatives, type Value } from './values';

export interface FileMapping {
  readonly map: CallFact;
  readonly flow: Flow;
  /** Names of the mapped list, such as `foo:sgt.sgl` or `scsi_sglist()`; none for a local list or a parameter. */
  readonly lists: ReadonlySet<string>;
  /** Fields that hold the mapped count when the function is done. */
  readonly mappedFields: ReadonlySet<string>;
  /** Fields that hold the count that was passed in. */
  readonly originalFields: ReadonlySet<string>;
}

export interface FileMappings {
  readonly all: readonly FileMapping[];
  /** Other names of fields: `buf:dma_sgt` where some function stores `&buf->sg_table` in it. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Names of lists that some function builds with one entry. */
  readonly single: ReadonlySet<string>;
  /** Last names of fields that some function of the file writes. */
  readonly written: ReadonlySet<string>;
}

export function collectMappings(flows: readonly Flow[]): FileMappings {
  const aliases = collectAliases(flows);
  const written = new Set(
    flows.flatMap((flow) => flow.stores.flatMap(({ target }) => (target.kind === 'field' ? [target.name] : []))),
  );
  const all: FileMapping[] = [];
  for (const flow of flows) {
    for (const map of flow.calls) {
      if (map.api?.role !== 'map' || (map.api.fails !== 'zero' && map.api.fails !== 'nonzero')) continue;
      const kept = keptCounts(flow, map, aliases);
      const expr = map.api.list === undefined ? undefined : map.call.args[map.api.list];
      const lists = new Set(map.list ? listNames(flow, map.list, expr, aliases) : []);
      all.push({ map, flow, lists, ...kept });
    }
  }
  return { all, aliases, written, single: collectSingle(flows, aliases) };
}

/** The list at `head` is built with one entry by some function of the file. */
export function isSingleInFile(flow: Flow, head: Value, { single, aliases }: FileMappings): boolean {
  return listNames(flow, head, undefined, aliases).some((name) => single.has(name));
}

function collectSingle(flows: readonly Flow[], aliases: FileMappings['aliases']): ReadonlySet<string> {
  const single = new Set<string>();
  for (const flow of flows) {
    for (const call of flow.calls) {
      const { api } = call;
      if (!call.list || !api || api.role === 'consume' || api.role === 'walk') continue;
      const count = api.count === undefined ? undefined : call.args[api.count];
      const isOne = api.name === 'sg_init_one' || (count?.kind === 'constant' && count.number === 1n);
      const expr = api.list === undefined ? undefined : call.call.args[api.list];
      if (isOne) for (const name of listNames(flow, call.list, expr, aliases)) single.add(name);
    }
  }
  return single;
}

/** Names of the list that a value points to. */
export function listNames(
  flow: Flow,
  list: Value,
  expr: Expr | undefined,
  aliases: FileMappings['aliases'],
): readonly string[] {
  const names = new Set<string>();
  for (const option of alternatives(list)) {
    if (option.kind === 'pure' && /sg(?:l|list)$/.test(option.name)) names.add(`${option.name}()`);
    const place = option.kind === 'initial' || option.kind === 'address' ? option.place : undefined;
    if (place === undefined) continue;
    for (const key of fieldKeys(flow, place, undefined)) names.add(key);
  }
  if (names.size === 0 && expr) for (const key of fieldKeys(flow, '', expr)) names.add(key);
  return [...names].flatMap((name) => withAlias(name, aliases));
}

/** Names of the field that a count was read from; none when it is no field. */
export function countNames(
  flow: Flow,
  count: Value,
  expr: Expr | undefined,
  aliases: FileMappings['aliases'],
): readonly string[] {
  if (count.kind !== 'initial') return [];
  return fieldKeys(flow, count.place, expr).flatMap((name) => withAlias(name, aliases));
}

function withAlias(name: string, aliases: FileMappings['aliases']): readonly string[] {
  for (const [from, to] of aliases) {
    if (name === from || name.startsWith(`${from}.`)) return [name, to + name.slice(from.length)];
  }
  return [name];
}

/** Fields that some function lets point to another field of the same kind of struct. */
function collectAliases(flows: readonly Flow[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  for (const flow of flows) {
    for (const store of flow.stores) {
      if (store.target.kind !== 'field' || store.value.kind !== 'address') continue;
      const [from] = fieldKeys(flow, store.place, store.target);
      const [to] = fieldKeys(flow, store.value.place, undefined);
      if (from && to && from !== to && from.split(':')[0] === to.split(':')[0]) aliases.set(from, to);
    }
  }
  return aliases;
}

function keptCounts(
  flow: Flow,
  map: CallFact,
  aliases: FileMappings['aliases'],
): Pick<FileMapping, 'mappedFields' | 'originalFields'> {
  const { api } = map;
  if (api?.fails === 'nonzero') {
    const at = (name: string) => {
      const place = map.table && fieldPlace(map.table, name);
      return new Set(place ? fieldKeys(flow, place, undefined).flatMap((key) => withAlias(key, aliases)) : []);
    };
    return { mappedFields: at('nents'), originalFields: at('orig_nents') };
  }
  const passed = api?.count === undefined ? undefined : map.args[api.count];
  const expr = api?.count === undefined ? undefined : map.call.args[api.count];
  const mappedPlaces = new Set<string>();
  const originalPlaces = new Set<string>();
  const mappedFields = new Set<string>();
  const originalFields = new Set<string>(passed ? countNames(flow, passed, expr, aliases) : []);
  for (const store of storesAfter(flow, map)) {
    if (store.target.kind !== 'field') continue;
    const keys = fieldKeys(flow, store.place, store.target).flatMap((key) => withAlias(key, aliases));
    const options = alternatives(store.value);
    const isMapped = options.some((option) => option.key === map.result.key);
    const isOriginal = options.some((option) => option.key === passed?.key);
    for (const key of keys) {
      if (isMapped) mappedFields.add(key);
      if (isOriginal && option(store, passed)) originalFields.add(key);
    }
    if (isMapped) mappedPlaces.add(store.place);
    if (isOriginal) originalPlaces.add(store.place);
  }
  for (const store of flow.stores) {
    // Counted first, stored, then mapped: the field still holds the original count.
    if (store.target.kind !== 'field' || mappedPlaces.has(store.place) || originalPlaces.has(store.place)) continue;
    if (!passed || store.value.key !== passed.key || passed.kind === 'constant') continue;
    for (const key of fieldKeys(flow, store.place, store.target)) originalFields.add(key);
  }
  for (const key of mappedFields) if (!originalPlaces.size) originalFields.delete(key);
  return { mappedFields, originalFields };
}

function option(store: StoreFact, passed: Value | undefined): boolean {
  return passed?.kind !== 'constant' && store.value.key === passed?.key;
}

/** Stores that are reached after the mapping succeeded, with the value that they then store. */
function storesAfter(flow: Flow, map: CallFact): readonly StoreFact[] {
  const mayKeep = flow.stores.some(
    (store) =>
      store.target.kind === 'field' && alternatives(store.value).some((option) => option.key === map.result.key),
  );
  if (!mayKeep) return [];
  const stores: StoreFact[] = [];
  const ends = followFrom(flow, map, 'mapped', (state, event) => {
    if (saysFailed(flow, map, event)) return undefined;
    if (event.kind === 'store') stores.push(event.store);
    return state;
  });
  return ends ? stores : flow.stores;
}
