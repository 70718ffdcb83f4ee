/**
 * The scatterlist mappings of a file, under names that all its functions share: which list is mapped, and in which
 * fields the original and the mapped count can be found afterwards.
 */

import type { Expr } from '../code/ir';
import { collectDerivedMappings, type DerivedMapping } from './derivedMappings';
import { fieldPlace } from './evaluate';
import { fieldKeys } from './fields';
import type { CallFact, Flow } from './flow';
import { saysFailed } from './mappings';
import { followFrom } from './paths';
import { alternatives, type Value } from './values';
import { fillsFromAllocations } from './walkEnds';

export interface FileMapping {
  readonly map: CallFact;
  readonly flow: Flow;
  /** The mapping of another function, seen from one that is handed its count. */
  readonly isDerived: boolean;
  /** Names of the mapped list, such as `foo:sgt.sgl` or `scsi_sglist()`; none for a local list or a parameter. */
  readonly lists: ReadonlySet<string>;
  /** Fields that hold the mapped count when the function is done. */
  readonly mappedFields: ReadonlySet<string>;
  /** Fields that hold the count that was passed in. */
  readonly originalFields: ReadonlySet<string>;
}

export interface FileMappings {
  readonly all: readonly FileMapping[];
  /** Calls of functions of the file that map a list and hand the count back. */
  readonly derived: readonly DerivedMapping[];
  /** Other names of fields: `buf:dma_sgt` where some function stores `&buf->sg_table` in it. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Names of lists that some function builds with one entry. */
  readonly single: ReadonlySet<string>;
  /** Some function of the file makes up the DMA addresses of a list: &sg_dma_address(sg) given to an allocation. */
  readonly fillsLists: boolean;
  /** Last names of fields that some function of the file writes. */
  readonly written: ReadonlySet<string>;
  /** A mapping of a table, where all mappings of tables leave the mapped count in `nents`, and nothing else writes it. */
  readonly keptInTables: FileMapping | undefined;
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
      all.push({ map, flow, lists, ...kept, isDerived: false });
    }
  }
  const derived = collectDerivedMappings(flows);
  for (const { flow, map, list, fields } of derived) {
    if (fields.size === 0) continue;
    const mappedFields = new Set([...fields].flatMap((key) => withAlias(key, aliases)));
    const lists = new Set(listNames(flow, list, undefined, aliases));
    all.push({ map, flow, lists, mappedFields, originalFields: new Set(), isDerived: true });
  }
  const fillsLists = flows.some(fillsFromAllocations);
  return {
    all,
    derived,
    aliases,
    written,
    single: collectSingle(flows, aliases),
    fillsLists,
    keptInTables: keptInTables(all, flows),
  };
}

function keptInTables(all: readonly FileMapping[], flows: readonly Flow[]): FileMapping | undefined {
  const ofTables = all.filter(({ map, isDerived }) => !isDerived && tableOfMap(map) !== undefined);
  const isNents = (place: string) => /(?:->|\.)nents$/.test(place);
  const keeps = ({ map, flow }: FileMapping) => {
    if (map.api?.fails === 'nonzero') return true;
    const table = tableOfMap(map);
    return flow.stores.some(
      ({ place, value }) =>
        (place === `${table}->nents` || place === `${table}.nents`) &&
        alternatives(value).some((option) => option.key === map.result.key),
    );
  };
  const isOther = (value: Value) =>
    alternatives(value).some(
      (option) => option.kind !== 'mapped' && !(option.kind === 'constant' && option.number <= 0n),
    );
  const isMixed = flows.some((flow) => flow.stores.some(({ place, value }) => isNents(place) && isOther(value)));
  return !isMixed && ofTables.every(keeps) ? ofTables[0] : undefined;
}

/** The place of the table that a call maps, whichever way. */
function tableOfMap({ list, table }: CallFact): string | undefined {
  if (table) return table.kind === 'address' ? table.place : table.key;
  return list?.kind === 'initial' ? /^(.*)(?:->|\.)sgl$/.exec(list.place)?.[1] : undefined;
}

/** The list at `head` is built with one entry by some function of the file. */
export function isSingleInFile(flow: Flow, head: Value, { single, aliases }: FileMappings): boolean {
  return listNames(flow, head, undefined, aliases).some((name) => single.has(name));
}

function collectSingle(flows: readonly Flow[], aliases: FileMappings['aliases']): ReadonlySet<string> {
  const single = new Set<string>();
  const larger = new Set<string>();
  for (const flow of flows) {
    for (const call of flow.calls) {
      const { api } = call;
      if (!call.list || !api || api.role === 'consume' || api.role === 'walk') continue;
      const count = api.count === undefined ? undefined : call.args[api.count];
      const isOne = api.name === 'sg_init_one' || (count?.kind === 'constant' && count.number === 1n);
      const expr = api.list === undefined ? undefined : call.call.args[api.list];
      const isLarger = !isOne && api.role === 'build' && count !== undefined;
      if (!isOne && !isLarger) continue;
      for (const name of listNames(flow, call.list, expr, aliases)) (isOne ? single : larger).add(name);
    }
  }
  for (const name of larger) single.delete(name);
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
  const mappedFields = new Set<string>();
  const originalFields = new Set<string>(passed ? countNames(flow, passed, expr, aliases) : []);
  const after = storedAfter(flow, map, passed);
  for (const store of flow.stores) {
    if (store.target.kind !== 'field') continue;
    const kinds = after.get(store.place);
    const isBefore = !kinds && passed !== undefined && passed.kind !== 'constant' && store.value.key === passed.key;
    if (!kinds && !isBefore) continue;
    for (const key of fieldKeys(flow, store.place, store.target).flatMap((one) => withAlias(one, aliases))) {
      if (kinds?.has('mapped')) mappedFields.add(key);
      // Counted first, stored, then mapped: the field still holds the original count.
      if (isBefore || (kinds?.has('original') && !kinds.has('mapped'))) originalFields.add(key);
    }
  }
  for (const key of mappedFields) originalFields.delete(key);
  return { mappedFields, originalFields };
}

type Kept = 'mapped' | 'original' | 'other';

/** What fields hold at the ends of the ways on which the mapping succeeded, of those that ever take its result. */
function storedAfter(flow: Flow, map: CallFact, passed: Value | undefined): ReadonlyMap<string, ReadonlySet<Kept>> {
  const isMapped = (value: Value) => alternatives(value).some((one) => one.key === map.result.key);
  const isOriginal = (value: Value) => passed !== undefined && passed.kind !== 'constant' && value.key === passed.key;
  const places = new Set<string>();
  let mayKeep = false;
  for (const { target, value, place } of flow.stores) {
    if (target.kind !== 'field') continue;
    if (isMapped(value)) mayKeep = true;
    if (isMapped(value) || isOriginal(value)) places.add(place);
  }
  const kept = new Map<string, Set<Kept>>();
  const note = (place: string, kind: Kept) => kept.set(place, new Set([...(kept.get(place) ?? []), kind]));
  if (!mayKeep) return kept;
  const kindOf = (value: Value): Kept => (isMapped(value) ? 'mapped' : isOriginal(value) ? 'original' : 'other');
  const ends = followFrom(flow, map, '{}', (state, event) => {
    if (saysFailed(flow, map, event)) return undefined;
    if (event.kind !== 'store' || !places.has(event.store.place)) return state;
    const held = JSON.parse(state) as Record<string, Kept>;
    return JSON.stringify({ ...held, [event.store.place]: kindOf(event.store.value) });
  });
  for (const end of ends ?? []) {
    for (const [place, kind] of Object.entries(JSON.parse(end.state) as Record<string, Kept>)) note(place, kind);
  }
  if (!ends) {
    for (const { target, value, place } of flow.stores) if (target.kind === 'field') note(place, kindOf(value));
  }
  return kept;
}
