/** Releases that do not fit the mapping, come twice, or are followed by use of what they released. */

import type { Span } from '../types';
import { placeKey } from './fields';
import type { CallFact, Flow } from './flow';
import { isSameSubject, renews } from './mappings';
import { followFrom } from './paths';
import { mentions, type Value } from './values';

export interface Mismatch {
  readonly release: CallFact;
  readonly map: CallFact;
  /** Function that maps, when it is another one. */
  readonly mapFunction: string | undefined;
  readonly what: 'direction' | 'length' | 'kind';
  /** The argument that differs; the function's name for `kind`. */
  readonly span: Span;
}

export interface LateUse {
  readonly release: CallFact;
  readonly kind: 'released again' | 'read';
  readonly span: Span;
}

export interface EarlyRead {
  readonly map: CallFact;
  readonly span: Span;
}

/** Map calls by the name of the field that keeps their address or count. */
export type MapsByField = ReadonlyMap<string, readonly { readonly map: CallFact; readonly function: string }[]>;

export function collectMapsByField(flows: readonly Flow[]): MapsByField {
  const fields = new Map<string, { map: CallFact; function: string }[]>();
  for (const flow of flows) {
    for (const store of flow.stores) {
      if (store.value.kind !== 'result' || store.target.kind === 'name') continue;
      const { value } = store;
      const map = flow.calls.find((call) => call.result.key === value.key && call.api?.fails === 'mapping-error');
      const key = map && placeKey(flow, store.place);
      if (map && key) fields.set(key, [...(fields.get(key) ?? []), { map, function: flow.ir.name }]);
    }
  }
  return fields;
}

export function findMismatches(flow: Flow, fields: MapsByField, flows: readonly Flow[]): readonly Mismatch[] {
  const found: Mismatch[] = [];
  for (const release of flow.calls) {
    if (release.api?.role !== 'unmap') continue;
    const same = flow.calls.filter((call) => call.api?.role === 'map' && isSameSubject(release, call));
    const local = same.filter((map) => map.call.span.start < release.call.span.start);
    const isRemapped = flow.calls.some(
      (call) => mapsInFile(call, flows) && call.call.span.start < release.call.span.start,
    );
    if (local.length < same.length || isRemapped) continue;
    const remote = 0 < same.length || isUsual(release, flows) ? [] : remoteMaps(flow, release, fields);
    const maps = 0 < local.length ? local.map((map) => ({ map, function: undefined })) : remote;
    const [first] = maps;
    if (!first) continue;
    const differs = maps.map(({ map }) => difference(release, map));
    const [what] = differs;
    if (!what || !differs.every((one) => one?.what === what.what)) continue;
    found.push({ release, map: first.map, mapFunction: first.function, ...what });
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

/** Some map call of the file has the release's direction, or one that is worked out: fields of one name are shared. */
function isUsual(release: CallFact, flows: readonly Flow[]): boolean {
  const direction = (call: CallFact) => (call.api?.direction === undefined ? undefined : call.args[call.api.direction]);
  const given = direction(release);
  return flows.some((flow) =>
    flow.calls.some((call) => {
      const other = call.api?.role === 'map' ? direction(call) : undefined;
      return other !== undefined && (other.kind !== 'constant' || other.key === given?.key);
    }),
  );
}

function remoteMaps(flow: Flow, release: CallFact, fields: MapsByField) {
  const index = release.api?.address;
  const address = index === undefined ? undefined : release.args[index];
  const key = address?.kind === 'initial' ? placeKey(flow, address.place) : undefined;
  return key === undefined ? [] : (fields.get(key) ?? []);
}

function difference(release: CallFact, map: CallFact): Pick<Mismatch, 'what' | 'span'> | undefined {
  const direction = constants(release, map, 'direction');
  if (direction) return { what: 'direction', span: direction };
  if (map.api?.fails !== 'mapping-error') return undefined;
  if ((release.api?.list ?? release.api?.table) !== undefined) return { what: 'kind', span: release.call.nameSpan };
  const length = constants(release, map, 'length');
  return length && { what: 'length', span: length };
}

/** Where both calls give a constant, and not the same one: the release's argument. */
function constants(release: CallFact, map: CallFact, which: 'direction' | 'length'): Span | undefined {
  const at = release.api?.[which];
  const from = map.api?.[which];
  if (at === undefined || from === undefined) return undefined;
  const [given, wanted] = [release.args[at], map.args[from]];
  if (given?.kind !== 'constant' || wanted?.kind !== 'constant' || given.number === wanted.number) return undefined;
  return release.call.args[at]?.span;
}

/** What happens to a list or an address after it was released. */
export function findLateUses(flow: Flow): readonly LateUse[] {
  const found: LateUse[] = [];
  for (const release of flow.calls) {
    if (release.api?.role !== 'unmap' || release.api.name !== release.call.name) continue;
    const subject = subjectOf(release);
    if (!subject || isMoving(subject)) continue;
    let use: LateUse | undefined;
    followFrom(flow, release, 'released', (state, event) => {
      if (event.kind === 'branch') return state;
      if (renews(event, subject.key)) return undefined;
      if (event.kind === 'store')
        return event.store.value.kind === 'result' && isPart(subject, event.store.place) ? undefined : state;
      const { call } = event;
      if (call.call.id === release.call.id) return undefined;
      if (call.api?.role === 'map' && (call.list?.key === subject.key || call.table?.key === release.table?.key))
        return undefined;
      if (call.result.key === subject.key) return undefined;
      if (call.api?.role === 'unmap' && isSame(call, release, subject)) {
        use ??= { release, kind: 'released again', span: call.call.span };
        return undefined;
      }
      const read = call.result;
      const isRead = read.kind === 'pure' && (read.name === 'sg_dma_address' || read.name === 'sg_dma_len');
      if (isRead && release.list && read.args[0]?.key === release.list.key) {
        use ??= { release, kind: 'read', span: call.call.span };
        return undefined;
      }
      return state;
    });
    if (use) found.push(use);
  }
  return found;
}

function subjectOf(release: CallFact): Value | undefined {
  const index = release.api?.address;
  return release.list ?? release.table ?? (index === undefined ? undefined : release.args[index]);
}

/** A value that stands for another thing each time round a loop, or for one of several. */
function isMoving(value: Value): boolean {
  return /each@|either@|\[/.test(value.key) || value.kind === 'opaque' || value.kind === 'constant';
}

function isPart(subject: Value, place: string): boolean {
  return subject.kind === 'initial' && subject.place === place;
}

function isSame(call: CallFact, release: CallFact, subject: Value): boolean {
  if (subjectOf(call)?.key !== subject.key) return false;
  const device = (one: CallFact) => (one.api?.device === undefined ? undefined : one.args[one.api.device]?.key);
  const direction = (one: CallFact) =>
    one.api?.direction === undefined ? undefined : one.args[one.api.direction]?.key;
  return device(call) === device(release) && direction(call) === direction(release);
}

/** DMA fields of a list that are read in front of the call that maps it. */
export function findEarlyReads(flow: Flow, leadsTo: (from: number, to: number) => boolean): readonly EarlyRead[] {
  const found: EarlyRead[] = [];
  for (const call of flow.calls) {
    const read = call.result;
    if (read.kind !== 'pure' || (read.name !== 'sg_dma_address' && read.name !== 'sg_dma_len')) continue;
    const [entry] = read.args;
    const about = flow.calls.filter((one) => one.list !== undefined && one.list.key === entry?.key);
    const isBuilt = about.some((one) => one.api?.role === 'build' && one.call.span.start < call.call.span.start);
    const maps = about.filter((one) => one.api?.role === 'map');
    const [map] = maps;
    if (!map || !isBuilt || maps.some((one) => one.call.span.start < call.call.span.start)) continue;
    if (leadsTo(map.block, call.block) || (map.block !== call.block && !leadsTo(call.block, map.block))) continue;
    const isWritten = flow.stores.some(
      (store) => store.target.kind === 'name' && mentions(store.value, (part) => part.key === read.key),
    );
    if (isWritten) found.push({ map, span: call.call.span });
  }
  return found;
}
