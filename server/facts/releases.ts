/** Releases that come twice, or are followed by use of what they released; DMA fields that are read too early. */

import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
import { renews } from './mappings';
import { followFrom } from './paths';
import { mentions, type Value } from './values';

export interface LateUse {
  readonly release: CallFact;
  readonly kind: 'released again' | 'read';
  readonly span: Span;
}

export interface EarlyRead {
  readonly map: CallFact;
  readonly span: Span;
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
    const isWritten = flow.stores.some((store) => mentions(store.value, (part) => part.key === read.key));
    if (isWritten) found.push({ map, span: call.call.span });
  }
  return found;
}
