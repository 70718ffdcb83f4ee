/** Releases that do not fit the mapping: another direction, another size, another kind, an address that is none. */

import type { Expr, StructIr } from '../code/ir';
import { isAtLeast, type KernelVersion, type Span } from '../types';
import { nameOf } from './addresses';
import { fieldKeys } from './fields';
import { type FileMappings, listNames } from './fileMappings';
import type { CallFact, Flow } from './flow';
import { isSameSubject } from './mappings';
import { type Argument, differElsewhere, differHere } from './sizes';
import { carries, mentions, type Value } from './values';

export interface Mismatch {
  readonly release: CallFact;
  readonly map: CallFact;
  /** Function that maps, when it is another one. */
  readonly mapFunction: string | undefined;
  readonly what: 'direction' | 'length' | 'kind' | 'address';
  /** The argument that differs; the function's name for `kind`. */
  readonly span: Span;
  /** Another release of the function fits the map call: this one is the odd one out. */
  readonly isOdd: boolean;
}

/** A map call whose address a field keeps. */
interface KeptMap {
  readonly map: CallFact;
  readonly flow: Flow;
}

/** What the functions of a file do with addresses that fields keep. */
export interface MapsByField {
  /** Map calls by the field that keeps their address, such as `ring_slot:dma`. */
  readonly byField: ReadonlyMap<string, readonly KeptMap[]>;
  /** Kinds of releases by the field whose address they are given. */
  readonly releasedAs: ReadonlyMap<string, ReadonlySet<string>>;
  /** Map calls by the last name of what keeps their address: a field, an array or a macro. */
  readonly byName: ReadonlyMap<string, readonly KeptMap[]>;
  /** Map calls whose address goes where nobody follows it. */
  readonly untracked: readonly CallFact[];
  readonly keysOf: (flow: Flow, place: string, expr: Expr) => readonly string[];
  readonly kernel: KernelVersion;
}

export function collectMapsByField(
  flows: readonly Flow[],
  structs: readonly StructIr[],
  kernel: KernelVersion,
): MapsByField {
  const types = fieldTypes(structs);
  const keysOf = (flow: Flow, place: string, expr: Expr) => [
    ...new Set(fieldKeys(flow, place, expr).map((key) => innermost(key, types))),
  ];
  const byField = new Map<string, KeptMap[]>();
  const byName = new Map<string, KeptMap[]>();
  const untracked: CallFact[] = [];
  const releasedAs = new Map<string, Set<string>>();
  for (const flow of flows) {
    for (const map of flow.calls) {
      const [at] = map.api?.role === 'unmap' && map.api.address !== undefined ? [map.api.address] : [];
      const [address, expr] = at === undefined ? [] : [map.args[at], map.call.args[at]];
      if (address?.kind === 'initial' && expr) {
        for (const key of keysOf(flow, address.place, expr))
          releasedAs.set(key, (releasedAs.get(key) ?? new Set()).add(familyOf(map) ?? ''));
      }
      if (map.api?.role !== 'map' || map.api.fails !== 'mapping-error') continue;
      const stores = flow.stores.filter(
        (store) => store.target.kind !== 'name' && carries(store.value, map.result.key),
      );
      for (const name of namesKeeping(flow, map)) byName.set(name, [...(byName.get(name) ?? []), { map, flow }]);
      const keys = stores.map((store) => keysOf(flow, store.place, store.target));
      for (const key of new Set(keys.flat())) byField.set(key, [...(byField.get(key) ?? []), { map, flow }]);
      if (keys.some((one) => one.length === 0) || isHandedOn(flow, map)) untracked.push(map);
    }
  }
  return { byField, releasedAs, byName, untracked, keysOf, kernel };
}

/** The names of what takes the address of a mapping, as it is or in another byte order. */
function namesKeeping(flow: Flow, map: CallFact): ReadonlySet<string> {
  const isAddress = (part: Value) => part.key === map.result.key;
  const names = flow.stores.flatMap(({ target, value }) => {
    const isLocal = target.kind === 'name' && !target.name.startsWith('#');
    return !isLocal && mentions(value, isAddress) ? [keeperName(flow, target) ?? ''] : [];
  });
  return new Set(names.filter((name) => name !== ''));
}

/** `dma` of `slot->dma`, `slot.dma[i]` and `le32_to_cpu(slot->dma)`; `SLOT_DMA()` of the macro. */
function keeperName(flow: Flow, expr: Expr): string | undefined {
  if (expr.kind !== 'name' || !expr.name.startsWith('#')) return expr.kind === 'name' ? undefined : nameOf(expr);
  for (const block of flow.ir.blocks) {
    for (const one of block.statements) {
      if (one.kind !== 'call' || one.result !== expr.name) continue;
      const [arg] = one.call.args;
      if (/^(?:__)?[lb]e(?:16|32|64)_to_cpup?$/.test(one.call.name ?? '')) return arg && keeperName(flow, arg);
      return one.call.name && !one.call.target ? `${one.call.name}()` : undefined;
    }
  }
  return undefined;
}

/** The address is returned, or given to a function that may keep it, and the function itself never releases it. */
function isHandedOn(flow: Flow, map: CallFact): boolean {
  if (flow.calls.some((call) => call.api?.role === 'unmap' && isSameSubject(call, map))) return false;
  const isAddress = (part: Value) => part.key === map.result.key;
  return (
    flow.returns.some((end) => end.value !== undefined && mentions(end.value, isAddress)) ||
    flow.calls.some((call) => !call.api && call.result.kind !== 'pure' && call.args.some((arg) => isAddress(arg)))
  );
}

/** Struct names by `struct:field`, as far as the file defines them. */
function fieldTypes(structs: readonly StructIr[]): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const one of structs) {
    for (const field of one.fields) {
      const type = /\bstruct\s+(\w+)/.exec(field.type)?.[1];
      if (type) types.set(`${one.name}:${field.name}`, type);
    }
  }
  return types;
}

/** `pond:tx.dma` is `slot:dma` where `struct pond` has a `struct slot tx[]`. */
function innermost(key: string, types: ReadonlyMap<string, string>): string {
  const [root = '', path = ''] = key.split(':');
  const names = path.split('.');
  let type = root;
  while (1 < names.length) {
    const next = types.get(`${type}:${names[0]}`);
    if (next === undefined) break;
    type = next;
    names.shift();
  }
  return `${type}:${names.join('.')}`;
}

export function findMismatches(
  flow: Flow,
  maps: MapsByField,
  lists: FileMappings,
  flows: readonly Flow[],
): readonly Mismatch[] {
  const found: Mismatch[] = [];
  for (const release of flow.calls) {
    if (release.api?.role !== 'unmap') continue;
    const wrong = wrongAddress(flow, release);
    if (wrong) {
      found.push(wrong);
      continue;
    }
    const same = flow.calls.filter((call) => call.api?.role === 'map' && isSameSubject(release, call));
    const local = same.filter((map) => map.call.span.start < release.call.span.start);
    const isRemapped = flow.calls.some(
      (call) => mapsInFile(call, flows) && call.call.span.start < release.call.span.start,
    );
    if (local.length < same.length || isRemapped) continue;
    const remote = 0 < same.length ? [] : remoteMaps(flow, release, maps);
    const pairs = 0 < local.length ? local.map((map) => ({ map, flow })) : remote;
    const [first] = pairs;
    if (!first) {
      const odd =
        0 < same.length ? undefined : (oddDirection(flow, release, maps) ?? oddListDirection(flow, release, lists));
      if (odd) found.push(odd);
      continue;
    }
    const other = remote.length === 0 ? undefined : unreleasedKind(flow, release, remote, maps);
    if (other) {
      found.push({
        release,
        map: other.map,
        mapFunction: other.flow.ir.name,
        what: 'kind',
        span: release.call.nameSpan,
        isOdd: false,
      });
      continue;
    }
    const differs = pairs.map((one) => difference(flow, release, one, maps));
    const [what] = differs;
    if (!what || !differs.every((one) => one?.what === what.what)) continue;
    const mapFunction = first.flow === flow ? undefined : first.flow.ir.name;
    const isOdd = flow.calls.some(
      (call) =>
        call !== release &&
        call.api?.role === 'unmap' &&
        isSameSubject(call, first.map) &&
        pairs.every((one) => !difference(flow, call, one, maps)),
    );
    found.push({ release, map: first.map, mapFunction, ...what, isOdd });
  }
  return found;
}

/** A function of the file that maps and unmaps lists: the directions may have changed behind it. */
function mapsInFile(call: CallFact, flows: readonly Flow[]): boolean {
  const callee = call.api ? undefined : flows.find((flow) => flow.ir.name === call.call.name);
  const has = (role: string) =>
    callee?.calls.some((one) => one.api?.role === role && one.api.fails !== 'mapping-error');
  return has('map') === true && has('unmap') === true;
}

/** The release is given the memory that was mapped, or its physical address, in place of its DMA address. */
function wrongAddress(flow: Flow, release: CallFact): Mismatch | undefined {
  const index = release.api?.address;
  const [address, expr] = index === undefined ? [] : [release.args[index], release.call.args[index]];
  if (!address || !expr) return undefined;
  const map = flow.calls.find((call) => {
    const at = call.api?.role === 'map' && call.api.fails === 'mapping-error' ? call.api.address : undefined;
    return at !== undefined && call.args[at]?.key === address.key && address.kind !== 'constant';
  });
  return map && { release, map, mapFunction: undefined, what: 'address', span: expr.span, isOdd: false };
}

/** The map calls of other functions that fill the field whose address is released, where all of them are seen. */
function remoteMaps(flow: Flow, release: CallFact, maps: MapsByField): readonly KeptMap[] {
  const index = release.api?.address;
  const [address, expr] = index === undefined ? [] : [release.args[index], release.call.args[index]];
  if (address?.kind !== 'initial' || !expr) return [];
  for (const key of maps.keysOf(flow, address.place, expr)) {
    const kept = maps.byField.get(key);
    if (!kept) continue;
    // Where the types of fields are not seen, one of the same name may be the same memory.
    const isTwin = (other: string) => other !== key && lastName(other) === lastName(key) && isLong(other, key);
    const twins = [...maps.byField].filter(([other]) => isTwin(other)).flatMap(([, found]) => found);
    const others = [...twins.map((one) => one.map), ...maps.untracked].filter(
      (map) => !kept.some((one) => one.map === map),
    );
    return others.some((map) => mayFit(release, map)) ? [] : kept;
  }
  return [];
}

/** Whatever the function, and the file, keeps under the name that is released, it maps in another direction. */
function oddDirection(flow: Flow, release: CallFact, maps: MapsByField): Mismatch | undefined {
  const at = release.api?.address;
  const expr = at === undefined ? undefined : release.call.args[at];
  const given = argument(release, 'direction');
  const name = expr && keeperName(flow, expr);
  const kept = name === undefined ? undefined : maps.byName.get(name);
  // What another file maps may be kept under that name too, but hardly where this function maps it itself.
  const first = kept?.find((one) => one.flow === flow);
  if (!kept || !first || given?.value.kind !== 'constant') return undefined;
  if ([...kept.map((one) => one.map), ...maps.untracked].some((map) => mayFit(release, map))) return undefined;
  return { release, map: first.map, mapFunction: undefined, what: 'direction', span: given.expr.span, isOdd: false };
}

/** Whoever maps a list of that name in the file, maps it in another direction. */
function oddListDirection(flow: Flow, release: CallFact, { all, aliases }: FileMappings): Mismatch | undefined {
  const given = argument(release, 'direction');
  if (!release.list || given?.value.kind !== 'constant') return undefined;
  const expr = release.api?.list === undefined ? undefined : release.call.args[release.api.list];
  const names = listNames(flow, release.list, expr, aliases);
  const same = all.filter((one) => names.some((name) => one.lists.has(name)));
  const [first] = same;
  // A list that nobody can name may be this one, too.
  const may = [...same, ...all.filter((one) => one.lists.size === 0)];
  if (!first || may.some((one) => one.isDerived || mayFit(release, one.map))) return undefined;
  const { map, flow: mapFlow } = first;
  return { release, map, mapFunction: mapFlow.ir.name, what: 'direction', span: given.expr.span, isOdd: false };
}

function lastName(key: string): string {
  return /\w+$/.exec(key)?.[0] ?? key;
}

/** One of the two goes through a field whose type is not seen. */
function isLong(a: string, b: string): boolean {
  return a.includes('.') || b.includes('.');
}

/** Before 5.2: a field takes both pages and single buffers, and every release in the file takes it for the same one. */
function unreleasedKind(
  flow: Flow,
  release: CallFact,
  kept: readonly KeptMap[],
  maps: MapsByField,
): KeptMap | undefined {
  const index = release.api?.address;
  const [address, expr] = index === undefined ? [] : [release.args[index], release.call.args[index]];
  if (isAtLeast(maps.kernel, 5, 2) || address?.kind !== 'initial' || !expr) return undefined;
  const family = familyOf(release);
  const other = kept.find((one) => familyOf(one.map) !== family && familyOf(one.map) !== 'resource');
  const isMixed = kept.some((one) => familyOf(one.map) === family);
  const keys = maps.keysOf(flow, address.place, expr);
  return isMixed && keys.every((key) => maps.releasedAs.get(key)?.size === 1) ? other : undefined;
}

/** The map call has the release's direction, or one that is worked out. */
function mayFit(release: CallFact, map: CallFact): boolean {
  const direction = (call: CallFact) => (call.api?.direction === undefined ? undefined : call.args[call.api.direction]);
  const [given, made] = [direction(release), direction(map)];
  return made === undefined || made.kind !== 'constant' || made.key === given?.key;
}

function difference(
  flow: Flow,
  release: CallFact,
  { map, flow: mapFlow }: KeptMap,
  maps: MapsByField,
): Pick<Mismatch, 'what' | 'span'> | undefined {
  const [from, to] = [argument(map, 'direction'), argument(release, 'direction')];
  if (from?.value.kind === 'constant' && to?.value.kind === 'constant' && from.value.number !== to.value.number)
    return { what: 'direction', span: to.expr.span };
  if (map.api?.fails !== 'mapping-error') return undefined;
  if ((release.api?.list ?? release.api?.table) !== undefined || isOtherKind(map, release, maps.kernel))
    return { what: 'kind', span: release.call.nameSpan };
  const [mapped, released] = [argument(map, 'length'), argument(release, 'length')];
  if (!mapped || !released) return undefined;
  const isOther =
    mapFlow === flow
      ? differHere(flow, mapped, released)
      : differElsewhere(maps.keysOf, { ...mapped, flow: mapFlow }, { ...released, flow });
  return isOther ? { what: 'length', span: released.expr.span } : undefined;
}

function argument(call: CallFact, which: 'direction' | 'length'): Argument | undefined {
  const index = call.api?.[which];
  const [value, expr] = index === undefined ? [] : [call.args[index], call.call.args[index]];
  return value && expr ? { value, expr } : undefined;
}

/** dma_map_page() and dma_map_single() became one function in 5.2; a resource was never like them. */
function isOtherKind(map: CallFact, release: CallFact, kernel: KernelVersion): boolean {
  const [from, to] = [familyOf(map), familyOf(release)];
  if (!from || !to || from === to) return false;
  return from === 'resource' || to === 'resource' || !isAtLeast(kernel, 5, 2);
}

function familyOf(call: CallFact): 'single' | 'page' | 'resource' | undefined {
  const name = call.api?.name ?? '';
  if (/resource/.test(name)) return 'resource';
  if (/_(?:un)?map_single/.test(name)) return 'single';
  return /_(?:un)?map_page|skb_frag_dma_map/.test(name) ? 'page' : undefined;
}
