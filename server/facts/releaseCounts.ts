/** Which count a release, a sync or another mapping of a list is given. */

import type { Expr } from '../code/ir';
import type { Span } from '../types';
import { evaluate } from './evaluate';
import { type FieldWrites, fieldKeys } from './fields';
import { countNames, type FileMapping, type FileMappings, listNames } from './fileMappings';
import type { CallFact, Flow } from './flow';
import { isSameSubject } from './mappings';
import { alternatives, initial, type Value } from './values';

/** A release or sync that is given the mapped count. */
export interface MappedCountRelease {
  readonly call: CallFact;
  readonly count: Expr;
  readonly map: CallFact;
  /** Function that maps, when it is another one. */
  readonly mapFunction: string | undefined;
  /** The original count in words that are right at the release. */
  readonly original: OriginalCount | undefined;
}

export interface OriginalCount {
  readonly text: string;
  /** It is the count that was passed in for sure: nobody changes it in between. */
  readonly isCertain: boolean;
}

/** What is known of the whole file. */
export interface CountContext {
  readonly mappings: FileMappings;
  readonly writes: ReadonlyMap<string, FieldWrites>;
  readonly text: (span: Span) => string;
}

/** Calls with the given role whose count is what a map call returned. */
export function findMappedCountReleases(
  flow: Flow,
  role: 'unmap' | 'sync' | 'map',
  context: CountContext,
): readonly MappedCountRelease[] {
  const found: MappedCountRelease[] = [];
  for (const call of flow.calls) {
    if (call.api?.role !== role || call.api.count === undefined) continue;
    const count = call.call.args[call.api.count];
    const value = call.args[call.api.count];
    if (!count || !value) continue;
    const local = localMap(flow, call, value);
    const remote = local
      ? undefined
      : (derivedMap(flow, call, value, context) ?? remoteMap(flow, call, count, value, context));
    const map = local ?? remote?.map;
    if (!map || map === call || isOneEntry(map)) continue;
    const mapFunction = remote && remote.flow !== flow ? remote.flow.ir.name : undefined;
    found.push({ call, count, map, mapFunction, original: originalCount(flow, call, count, map, !remote, context) });
  }
  return found;
}

/**
 * The map call of this function whose result the count is: on some path, when it mapped the same list, or on all of
 * them.
 */
function localMap(flow: Flow, release: CallFact, value: Value): CallFact | undefined {
  const options = alternatives(value).filter((option) => !(option.kind === 'constant' && option.number <= 0n));
  const maps = options.flatMap((option) => {
    const map = option.kind === 'mapped' ? flow.calls.find((call) => call.call.id === option.call) : undefined;
    return map && map !== release ? [map] : [];
  });
  const same = maps.find((map) => isSameSubject(release, map));
  if (same) return same;
  return 0 < maps.length && maps.length === options.length ? maps[0] : undefined;
}

/** The mapping behind a function of the file that handed the count back to this one. */
function derivedMap(
  flow: Flow,
  release: CallFact,
  value: Value,
  { mappings }: CountContext,
): { readonly map: CallFact; readonly flow: Flow } | undefined {
  const options = new Set(alternatives(value).map((option) => option.key));
  const found = mappings.derived.find(
    (one) =>
      one.flow === flow && one.list.key === release.list?.key && [...one.counts].some((count) => options.has(count)),
  );
  const mapper = found && mappings.all.find((one) => one.map === found.map);
  return mapper && { map: mapper.map, flow: mapper.flow };
}

/** The mapping, in any function of the file, whose result the field holds that the count is read from. */
function remoteMap(
  flow: Flow,
  release: CallFact,
  count: Expr,
  value: Value,
  { mappings, writes }: CountContext,
): { readonly map: CallFact; readonly flow: Flow } | undefined {
  const names = alternatives(value).flatMap((option) => countNames(flow, option, count, mappings.aliases));
  if (value.kind === 'constant') return undefined;
  if (names.length === 0) return keptInTable(release, value, mappings);
  const expr = release.api?.list === undefined ? undefined : release.call.args[release.api.list];
  const lists = release.list ? listNames(flow, release.list, expr, mappings.aliases) : [];
  const holds = (one: FileMapping) =>
    names.some((name) => one.mappedFields.has(name)) && !names.some((name) => one.originalFields.has(name));
  const same = mappings.all.filter((one) => lists.some((list) => one.lists.has(list)));
  const keeper = same.find(holds);
  if (keeper && !isOneEntry(keeper.map)) {
    // The count that another mapping of the same list leaves there is the original one: who knows which it was.
    if (same.some((one) => one !== keeper && !holds(one) && names.some((name) => one.originalFields.has(name))))
      return undefined;
    // Where the count is put right before the list is mapped again, the next mapping is given the original one.
    if (release.api?.role === 'map' && names.some((name) => 0 < (writes.get(name)?.others ?? 0))) return undefined;
    return keeper.map === release ? undefined : keeper;
  }
  if (0 < same.length || release.api?.role === 'map') return undefined;
  const beside = keptBeside(release, value, mappings);
  if (beside) return beside;
  const kept = keptInTable(release, value, mappings);
  if (kept) return kept;
  // The list cannot be told apart: all that the field ever takes must be mapped counts.
  for (const name of fieldKeys(flow, value.kind === 'initial' ? value.place : '', count)) {
    const known = writes.get(name);
    const holder = mappings.all.find((one) => one.mappedFields.has(name) && !one.originalFields.has(name));
    if (holder && known?.others === 0 && !known.mapped.some((one) => isOneEntry(one.map))) return holder;
  }
  return undefined;
}

/** `table->sgl` is released with `table->nents`, in a file whose tables all keep their mapped count there. */
function keptInTable(release: CallFact, value: Value, { keptInTables }: FileMappings): FileMapping | undefined {
  const [list, count] = [split(release.list), split(value)];
  const isTable = list?.field === 'sgl' && count?.field === 'nents' && list.base === count.base;
  return isTable && release.api?.role !== 'map' ? keptInTables : undefined;
}

/**
 * `op->sg` is released with `op->count`, and some function lets the `count` beside the `sg` that it maps take the result: one
 * struct, reached in two ways, whose type is not seen.
 */
function keptBeside(release: CallFact, value: Value, { all }: FileMappings): FileMapping | undefined {
  const [list, count] = [split(release.list), split(value)];
  if (!list || !count || list.base !== count.base || list.field === 'sgl') return undefined;
  const storesOf = ({ flow, map }: FileMapping) =>
    flow.stores.filter((store) => {
      const [mapped, kept] = [split(map.list), split(initial(store.place))];
      return mapped?.field === list.field && kept?.field === count.field && kept.base === mapped.base;
    });
  const isResult = (map: CallFact, of: Value) => alternatives(of).some((option) => option.key === map.result.key);
  const keepers = all.filter((one) => !one.isDerived && 0 < storesOf(one).length);
  const isKept = (one: FileMapping) => storesOf(one).some((store) => isResult(one.map, store.value));
  const [first] = keepers;
  return first && keepers.every((one) => isKept(one) && !isOneEntry(one.map)) ? first : undefined;
}

/** Owner and last name of a field: `op->` and `sg` of `op->sg`. */
function split(value: Value | undefined): { readonly base: string; readonly field: string } | undefined {
  const place = value?.kind === 'initial' || value?.kind === 'address' ? value.place : undefined;
  const match = place === undefined ? undefined : /^(.+(?:->|\.))(\w+)$/.exec(place);
  return match?.[1] !== undefined && match[2] !== undefined ? { base: match[1], field: match[2] } : undefined;
}

function isOneEntry(map: CallFact): boolean {
  const count = map.api?.count === undefined ? undefined : map.args[map.api.count];
  return count?.kind === 'constant' && count.number === 1n;
}

function originalCount(
  flow: Flow,
  release: CallFact,
  count: Expr,
  map: CallFact,
  isLocal: boolean,
  context: CountContext,
): OriginalCount | undefined {
  const kept = isLocal ? stillValid(flow, release, map, context.text) : undefined;
  if (kept !== undefined) return { text: kept, isCertain: true };
  const beside = besideList(release, map, context);
  if (beside && !context.mappings.written.has(beside.field)) return { text: beside.text, isCertain: true };
  const tableCount = originalOfTable(count, map, context.text);
  if (tableCount) return { text: tableCount, isCertain: true };
  return beside && { text: beside.text, isCertain: false };
}

/** The text of the original count, when it means at the release what it meant at the map call. */
function stillValid(flow: Flow, release: CallFact, map: CallFact, text: (span: Span) => string): string | undefined {
  const index = map.api?.count;
  const expr = index === undefined ? undefined : map.call.args[index];
  const before = index === undefined ? undefined : map.args[index];
  if (!expr || !before || !release.env || mentionsTemporary(expr)) return undefined;
  return evaluate(expr, release.env, flow.names).key === before.key ? text(expr.span) : undefined;
}

/** `task->num_scatter` beside `task->scatter`: the list and its count were passed to the map call from one struct. */
function besideList(
  release: CallFact,
  map: CallFact,
  { text }: CountContext,
): { readonly text: string; readonly field: string } | undefined {
  const at = (call: CallFact, index: number | undefined) => (index === undefined ? undefined : call.call.args[index]);
  const [list, count] = [at(map, map.api?.list), at(map, map.api?.count)];
  const released = at(release, release.api?.list);
  if (list?.kind !== 'field' || count?.kind !== 'field' || released?.kind !== 'field') return undefined;
  if (list.name !== released.name || text(list.base.span) !== text(count.base.span)) return undefined;
  if (mentionsTemporary(released)) return undefined;
  return { text: `${text(released.base.span)}${released.arrow ? '->' : '.'}${count.name}`, field: count.name };
}

/** `sgt->orig_nents` for `sgt->nents`, where that was what the map call was given, or what it sets. */
function originalOfTable(count: Expr, map: CallFact, text: (span: Span) => string): string | undefined {
  if (count.kind !== 'field' || count.name !== 'nents' || mentionsTemporary(count)) return undefined;
  const passed = map.api?.count === undefined ? undefined : map.call.args[map.api.count];
  const isTable = map.api?.fails === 'nonzero' || (passed?.kind === 'field' && /^(?:orig_)?nents$/.test(passed.name));
  return isTable ? text(count.span).replace(/nents$/, 'orig_nents') : undefined;
}

function mentionsTemporary(expr: Expr): boolean {
  switch (expr.kind) {
    case 'name':
      return expr.name.startsWith('#');
    case 'field':
    case 'deref':
    case 'address':
      return mentionsTemporary(expr.base);
    case 'index':
      return mentionsTemporary(expr.base) || mentionsTemporary(expr.index);
    case 'binary':
      return mentionsTemporary(expr.left) || mentionsTemporary(expr.right);
    case 'unary':
    case 'cast':
      return mentionsTemporary(expr.operand);
    default:
      return false;
  }
}
