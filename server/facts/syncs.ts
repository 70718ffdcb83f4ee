/** Syncs that do not fit the mapping: another direction, or after its release. */

import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
import { isSameSubject, renews } from './mappings';
import { followFrom } from './paths';

export interface WrongSync {
  readonly sync: CallFact;
  readonly map: CallFact;
  readonly why: 'direction' | 'released';
  readonly span: Span;
}

const BIDIRECTIONAL = 0n;

export function findWrongSyncs(flow: Flow): readonly WrongSync[] {
  const found: WrongSync[] = [];
  for (const sync of flow.calls) {
    if (sync.api?.role !== 'sync') continue;
    const maps = flow.calls.filter((call) => call.api?.role === 'map' && isSameSubject(sync, call));
    const [map] = maps;
    if (!map) continue;
    const span = maps.every((one) => isOtherDirection(sync, one)) ? directionSpan(sync) : undefined;
    if (span) found.push({ sync, map, why: 'direction', span });
  }
  for (const release of flow.calls) {
    if (release.api?.role !== 'unmap' || release.api.name !== release.call.name) continue;
    const late = syncAfter(flow, release);
    if (late) found.push({ sync: late, map: release, why: 'released', span: late.call.span });
  }
  return found;
}

/** A mapping for both directions may be synced for one. */
function isOtherDirection(sync: CallFact, map: CallFact): boolean {
  const [a, b] = [direction(sync), direction(map)];
  return a !== undefined && b !== undefined && b !== BIDIRECTIONAL && a !== b;
}

function direction(call: CallFact): bigint | undefined {
  const index = call.api?.direction;
  const value = index === undefined ? undefined : call.args[index];
  return value?.kind === 'constant' ? value.number : undefined;
}

function directionSpan(call: CallFact): Span | undefined {
  return call.api?.direction === undefined ? undefined : call.call.args[call.api.direction]?.span;
}

/** The first sync of what `release` released, before it is mapped again. */
function syncAfter(flow: Flow, release: CallFact): CallFact | undefined {
  const subject = subjectOf(release);
  if (subject === undefined || /each@|either@|\[/.test(subject)) return undefined;
  let late: CallFact | undefined;
  followFrom(flow, release, 'released', (state, event) => {
    if (late || renews(event, subject)) return undefined;
    if (event.kind === 'store') return event.store.place === subject ? undefined : state;
    if (event.kind === 'branch') return state;
    const { call } = event;
    if (call.call.id === release.call.id || call.api?.role === 'map') return undefined;
    if (call.api?.role === 'sync' && subjectOf(call) === subject) {
      late = call;
      return undefined;
    }
    return state;
  });
  return late;
}

function subjectOf(call: CallFact): string | undefined {
  const index = call.api?.address;
  const address = index === undefined ? undefined : call.args[index];
  return (call.list ?? call.table ?? address)?.key;
}
