/** Mappings that are lost: a way out of the function on which nobody can release them any more. */

import type { Expr } from '../code/ir';
import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
import { ownedPlaces, reaches, releases, saysFailed } from './mappings';
import { followFrom, type PathEnd, type PathEvent } from './paths';
import { alternatives, carries, mentions, type Value } from './values';

export interface Leak {
  readonly map: CallFact;
  /** The return that loses it. */
  readonly end: Span;
  /** Why the function is the one to release it. */
  readonly because: 'released elsewhere' | 'kept in a variable' | 'refused by the DMA engine';
  /** A release on another way out. */
  readonly release: Span | undefined;
}

/** Functions that may release what they are given a part of. */
const CLEANUP =
  /unmap|free|release|clean|destroy|teardown|fini|complete|done|put|abort|drop|unprep|undo|exit|finish|end_|_end|finali[sz]e|remove|discard|detach|deinit|uninit|unwind|giveback|return_|shutdown|recycle|dealloc|kill|purge|cancel|rollback|reset|fail|error|err_|stop/i;
const PREPARE = /^dmaengine_prep_|^device_prep_|->device_prep_/;
/** Errors that mean "in progress". */
const PENDING = new Set([-115n, -16n, -529n, -114n, -517n]);

export function findLeaks(flow: Flow, callers: (name: string) => readonly Flow[]): readonly Leak[] {
  const found: Leak[] = [];
  for (const map of flow.calls) {
    if (map.api?.role !== 'map' || map.api.fails === undefined || map.api.name !== map.call.name) continue;
    const leak = leakOf(flow, map, callers);
    if (leak) found.push(leak);
  }
  return found;
}

function leakOf(flow: Flow, map: CallFact, callers: (name: string) => readonly Flow[]): Leak | undefined {
  const release = flow.calls.find((call) => releases(call, map));
  const isOne = map.api?.fails === 'mapping-error';
  const prepares = flow.calls.filter((call) => isPrepare(call) && call.args.some((arg) => isOf(arg, map)));
  if (!release && !isOne && prepares.length === 0) return undefined;
  const owned = ownedPlaces(flow, map);
  const step = (state: string, event: PathEvent): string | undefined => {
    if (saysFailed(flow, map, event)) return undefined;
    if (event.kind === 'branch') {
      return guardsCleanup(flow, event, owned) ? undefined : afterBranch(state, event, prepares);
    }
    if (event.kind === 'store') {
      const { target, value } = event.store;
      if (state === 'refused') return target.kind === 'field' && isZero(value) ? 'fallback' : state;
      const isKept = !isLocal(flow, target) || isMacroTarget(flow, target);
      return isKept && state === 'live' && isOf(value, map) ? 'kept' : state;
    }
    const { call } = event;
    if (call.call.id === map.call.id || releases(call, map)) return undefined;
    const name = call.call.name ?? '';
    if (prepares.includes(call)) return state;
    const isRelated = call.args.some((arg) => isOf(arg, map) || reaches(arg, owned));
    if (isRelated && !call.api && (CLEANUP.test(name) || call.call.name === undefined)) return undefined;
    const isGiven =
      !call.api && state === 'live' && call.result.kind !== 'pure' && call.args.some((arg) => isOf(arg, map));
    return isGiven ? 'kept' : state;
  };
  const ends = followFrom(flow, map, 'live', step);
  if (!ends) return undefined;
  for (const end of ends) {
    const because = reason(flow, map, end, release !== undefined, isOne, callers);
    if (because) return { map, end: end.span, because, release: release?.call.span };
  }
  return undefined;
}

function reason(
  flow: Flow,
  map: CallFact,
  end: PathEnd,
  hasRelease: boolean,
  isOne: boolean,
  callers: (name: string) => readonly Flow[],
): Leak['because'] | undefined {
  const fails = isFailure(flow, end);
  // It turned to another way of doing the work, and nobody will hear of the mapping again.
  if (end.state === 'fallback' && end.value === undefined) return 'refused by the DMA engine';
  if (end.state === 'refused' || end.state === 'fallback') {
    if (!fails) return undefined;
    return hasRelease || !callers(flow.ir.name).some(releasesAnything) ? 'refused by the DMA engine' : undefined;
  }
  if (!fails || isOf(end.value, map)) return undefined;
  if (hasRelease) return 'released elsewhere';
  return isOne && end.state === 'live' ? 'kept in a variable' : undefined;
}

/** A DMA engine that takes the segments answers with a descriptor, or with NULL. */
function afterBranch(
  state: string,
  event: Extract<PathEvent, { kind: 'branch' }>,
  prepares: readonly CallFact[],
): string | undefined {
  for (const prepare of prepares) {
    const isDescriptor = (part: Value) => alternatives(part).some((option) => option.key === prepare.result.key);
    const test = event.test;
    const isPlain = isDescriptor(test);
    const compared =
      test.kind === 'binary' && (test.op === '==' || test.op === '!=') && isDescriptor(test.left) ? test.op : undefined;
    const isError = test.kind === 'pure' && /^IS_ERR/.test(test.name) && test.args.some(isDescriptor);
    if (!isPlain && !compared && !isError) continue;
    const isThere = isError ? !event.holds : compared === '==' ? !event.holds : event.holds;
    return isThere ? undefined : 'refused';
  }
  return state;
}

/** `if (req)` on whose other side what belongs to the mapping is cleaned up: here there is nothing to clean. */
function guardsCleanup(flow: Flow, event: Extract<PathEvent, { kind: 'branch' }>, owned: ReadonlySet<string>): boolean {
  const { test } = event;
  const isPlain = test.kind === 'initial' || test.kind === 'result' || test.kind === 'pure' || test.kind === 'either';
  if (!isPlain || event.holds) return false;
  return flow.calls.some(
    (call) =>
      call.block === event.other &&
      (call.api?.role === 'unmap' || CLEANUP.test(call.call.name ?? '')) &&
      call.args.some((arg) => reaches(arg, owned)),
  );
}

function isZero(value: Value): boolean {
  return value.kind === 'constant' && value.number === 0n;
}

/** `SKB_ADDR(skb) = ...`: memory behind a macro. */
function isMacroTarget(flow: Flow, target: Expr): boolean {
  return (
    target.kind === 'name' &&
    target.name.startsWith('#') &&
    flow.ir.blocks.some((block) => block.statements.some((one) => one.kind === 'call' && one.result === target.name))
  );
}

function isPrepare(call: CallFact): boolean {
  return call.api?.role === 'consume' || PREPARE.test(call.call.name ?? '');
}

/** `value` is the mapped address, or the list or table that was mapped. */
function isOf(value: Value | undefined, map: CallFact): boolean {
  if (!value) return false;
  if (map.api?.fails === 'mapping-error')
    return carries(value, map.result.key) || mentions(value, (part) => part.key === map.result.key);
  return value.key === map.list?.key || value.key === map.table?.key;
}

function isLocal(flow: Flow, target: Expr): boolean {
  return (
    target.kind === 'name' &&
    (target.name.startsWith('#') || [...flow.ir.locals, ...flow.ir.params].some((one) => one.name === target.name))
  );
}

function releasesAnything(flow: Flow): boolean {
  return flow.calls.some((call) => call.api?.role === 'unmap' || (!call.api && CLEANUP.test(call.call.name ?? '')));
}

/** The function tells its caller that it failed, for sure. */
function isFailure(flow: Flow, end: PathEnd): boolean {
  const { value } = end;
  if (!value) return false;
  const options = alternatives(value);
  const isPointer = flow.ir.returnType.includes('*');
  return (
    0 < options.length &&
    options.every((option) => {
      if (option.kind === 'constant')
        return option.number < 0n ? !PENDING.has(option.number) : isPointer && option.number === 0n;
      if (option.kind === 'pure' && option.name === 'ERR_PTR') return true;
      if (option.kind === 'result' && /timeout/.test(option.name ?? '')) return false;
      if (option.kind === 'result')
        return /\bint\b|\blong\b/.test(flow.ir.returnType) && !isPointer && end.isNonzero(option) === true;
      return false;
    })
  );
}
