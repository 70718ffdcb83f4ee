/** Mappings that are lost: a way out of the function on which nobody can release them any more. */

import type { Expr } from '../code/ir';
import type { Span } from '../types';
import type { Callers } from './callers';
import { WRITES } from './cpuFields';
import { isFailure, isGivenUp, mayFail } from './failures';
import { hasFlag } from './flags';
import { type CallFact, type Flow, PRINTS } from './flow';
import { ownedPlaces, reaches, releases, renews, saysFailed } from './mappings';
import { followFrom, type PathEnd, type PathEvent } from './paths';
import { tableOf } from './tables';
import { calledTemporaries } from './temporaries';
import { hasTwinAlone } from './twins';
import { alternatives, carries, constant, mentions, mentionsKey, substitute, type Value } from './values';

export interface Leak {
  readonly map: CallFact;
  /** The return that loses it. */
  readonly end: Span;
  /** Why the function is the one to release it. */
  readonly because:
    | 'released elsewhere'
    | 'kept in a variable'
    | 'refused by the DMA engine'
    | 'memory freed'
    | 'others released'
    | 'another failed';
  /** A release on another way out. */
  readonly release: Span | undefined;
}

/** Functions that may release what they are given a part of. */
export const CLEANUP =
  /unmap|free|release|clean|destroy|teardown|fini|complete|done|put|abort|drop|unprep|undo|exit|finish|end_|_end|finali[sz]e|remove|discard|detach|deinit|uninit|unwind|giveback|return_|shutdown|recycle|dealloc|kill|purge|cancel|rollback|reset|fail|error|err_|stop/i;
/** Functions that give memory back, and leave mappings of it as they are. */
export const FREES_MEMORY =
  /^(?:k[vz]?free(?:_sensitive)?|kzfree|kmem_cache_free|devm_kfree|(?:dev_)?kfree_skb(?:_any|_irq|_reason)?|dev_consume_skb_(?:any|irq)|consume_skb|__free_pages?|free_pages?|put_page|ieee80211_free_txskb)$/;
/** Functions that give back the entries of a list, or of a table. */
const FREES_ENTRIES = /^(?:sg_free_table(?:_chained)?|sgl_free(?:_order|_n_order)?)$/;
/** Behind these, the device is done with what it was given, or given up. */
const WAITS = /^(?:wait_for_completion|wait_event|dma_sync_wait|dma_wait_for_async_tx)/;
const PREPARE = /^dmaengine_prep_|^device_prep_|->device_prep_/;
export function findLeaks(flow: Flow, callers: Callers): readonly Leak[] {
  const found: Leak[] = [];
  for (const map of flow.calls) {
    if (map.api?.fails === undefined || map.api.name !== map.call.name || !isTaken(map)) continue;
    const leak = leakOf(flow, map, callers);
    if (leak) found.push(leak);
  }
  return found;
}

/** It maps, or allocates memory that is mapped from the start. Managed memory goes when the device does. */
function isTaken(call: CallFact): boolean {
  if (call.api?.name.startsWith('dmam_')) return false;
  return call.api?.role === 'map' || (call.api?.role === 'allocate' && call.api.table === undefined);
}

function leakOf(flow: Flow, map: CallFact, callers: Callers): Leak | undefined {
  const release = flow.calls.find((call) => releases(call, map));
  const isOne = map.api?.fails === 'mapping-error' || map.api?.fails === 'null';
  const prepares = flow.calls.filter((call) => isPrepare(call) && call.args.some((arg) => isOf(arg, map)));
  const hasTwin = !release && !isOne && hasTwinAlone(flow, map, callers);
  if (!release && !isOne && prepares.length === 0 && !hasTwin && !flow.calls.some(isFree)) return undefined;
  const owned = ownedPlaces(flow, map);
  const others = flow.calls.filter((call) => call !== map && isTaken(call) && call.api?.fails !== undefined);
  const memory = memoryOf(map);
  const isAllocated = map.api?.role === 'allocate';
  const isLocalOnly = map.api?.fails === 'mapping-error' && !isStored(flow, map);
  const canWait = isLocalOnly && flow.calls.some((call) => WAITS.test(call.call.name ?? ''));
  const submits = 0 < prepares.length && flow.calls.some((call) => isSubmit(call.result));
  const canFree = 0 < memory.size && flow.calls.some(isFree);
  // Where no way out can lose it, none needs to be followed.
  if (prepares.length === 0 && !canWait && !canFree && !mayFail(flow, 0 < others.length)) return undefined;
  if (isAllocated && flow.ir.loops.some((loop) => loop.blocks.includes(map.block))) return undefined;
  const step = (told: string, event: PathEvent): string | undefined => {
    const state = told.endsWith(AFTER_FAILURE) ? told.slice(0, -AFTER_FAILURE.length) : told;
    const after = (next: string | undefined) =>
      next === undefined || next === state || next === MEMORY_FREED
        ? next === state
          ? told
          : next
        : next + told.slice(state.length);
    if (saysFailed(flow, map, event) || saysNoHandle(map, event)) return undefined;
    // The next round of a loop has another buffer under the same name.
    if ([...memory].some((key) => renews(event, key))) return undefined;
    if (event.kind === 'branch') {
      if (guardsCleanup(flow, event, map, owned) || skipsRelease(flow, event, map, owned)) return undefined;
      if (isFlagOf(flow, event, map)) return undefined;
      if (submits && state === TAKEN && saysNotSubmitted(event)) return after('refused');
      const isFailed = others.some((other) => isOnlySaid(flow, map, other, event));
      return isFailed && told === state
        ? state + AFTER_FAILURE
        : after(onlyIf(isLocalOnly || submits, afterBranch(state, event, prepares)));
    }
    return after(afterStatement(state, event));
  };
  const afterStatement = (state: string, event: Exclude<PathEvent, { kind: 'branch' }>): string | undefined => {
    if (event.kind === 'store') {
      const { target, value } = event.store;
      if (state === 'refused') return target.kind === 'field' && isZero(value) ? 'fallback' : state;
      if (isAllocated && !isLocal(flow, target) && isOwner(value, owned)) return undefined;
      const isKept = !isLocal(flow, target) || isMacroTarget(flow, target);
      return isKept && state === 'live' && isOf(value, map) ? 'kept' : state;
    }
    const { call } = event;
    if (call.call.id === map.call.id || releases(call, map) || mayRelease(flow, call, map)) return undefined;
    const name = call.call.name ?? '';
    if (prepares.includes(call)) return state;
    if (!call.api && call.args.some((arg) => arg.kind === 'address' && keeps(flow, arg.place, map))) return undefined;
    // A function of the driver's own that unmaps several things is known by one of them.
    if (call.api?.role === 'unmap' && call.args.some((arg) => isOf(arg, map))) return undefined;
    if (isLocalOnly && WAITS.test(name) && (state === 'live' || state === 'kept' || state === TAKEN)) return 'waited';
    if (isFree(call)) return call.args.some((arg) => memory.has(arg.key)) ? MEMORY_FREED : state;
    const isOpen = call.api?.name !== call.call.name || call.api?.role === 'free';
    const mayCleanUp = isOpen && (call.call.name === undefined || CLEANUP.test(name));
    if (mayCleanUp && (hasTwin || call.args.some((arg) => isOf(arg, map) || reaches(arg, owned)))) return undefined;
    if (state === 'kept' && others.some((other) => other.block !== map.block && releases(call, other)))
      return 'others released';
    const isGiven =
      !call.api && state === 'live' && call.result.kind !== 'pure' && call.args.some((arg) => isOf(arg, map));
    return isGiven ? 'kept' : state;
  };
  const ends = followFrom(flow, map, 'live', step);
  if (!ends) return undefined;
  for (const end of ends) {
    const because =
      reason(flow, map, end, release !== undefined, isOne, callers) ??
      (hasTwin && isLostWithTwin(flow, end) ? 'another failed' : undefined);
    if (because === 'released elsewhere' && isAllocated && end.state !== 'live' && mayBeUndone(flow, callers)) continue;
    if (because) return { map, end: end.span, because, release: release?.call.span };
  }
  return undefined;
}

/** Another list could not be mapped, the function says so and ends: who called it knows of neither. */
function isLostWithTwin(flow: Flow, end: PathEnd): boolean {
  return end.state === `live${AFTER_FAILURE}` && (isFailure(flow, end) || isGivenUp(end));
}

function reason(
  flow: Flow,
  map: CallFact,
  end: PathEnd,
  hasRelease: boolean,
  isOne: boolean,
  callers: Callers,
): Leak['because'] | undefined {
  const [state, isAfterFailure] = [end.state.split(AFTER_FAILURE)[0], end.state.includes(AFTER_FAILURE)];
  if (state === MEMORY_FREED) return 'memory freed';
  // Where several ways lead to one return, a test of their common status tells them apart, and we cannot.
  if (state === 'waited' && (!end.value || end.value.kind === 'constant'))
    return hasRelease ? 'released elsewhere' : 'kept in a variable';
  if (state === TAKEN) return undefined;
  const fails = isFailure(flow, end) || (isAfterFailure && isGivenUp(end));
  // It turned to another way of doing the work, and nobody will hear of the mapping again.
  if (state === 'fallback' && end.value === undefined) return 'refused by the DMA engine';
  if (state === 'refused' || state === 'fallback') {
    if (!fails) return undefined;
    return hasRelease || !callers.release ? 'refused by the DMA engine' : undefined;
  }
  if (!fails || isOf(end.value, map)) return undefined;
  if (state === 'others released' && !hasRelease) return state;
  if (hasRelease) return 'released elsewhere';
  return isOne && state === 'live' ? 'kept in a variable' : undefined;
}

/** Marks states on ways where another mapping of the function is known to have failed. */
const AFTER_FAILURE = ' after a failure';
/** The DMA engine took it: nothing more to see, unless the function waits for the end of it. */
const TAKEN = 'taken';
/** The memory was given back, and the mapping was not. */
const MEMORY_FREED = 'memory freed';

/** The event says that `other` failed, and is no test of `map` as well. */
function isOnlySaid(flow: Flow, map: CallFact, other: CallFact, event: PathEvent): boolean {
  return saysFailed(flow, other, event) && other.result.key !== map.result.key;
}

/** What frees the mapped memory is given one of these: the buffer, the packet whose data it is, the page. */
function memoryOf(map: CallFact): ReadonlySet<string> {
  const keys = new Set<string>();
  if (map.list) {
    keys.add(map.list.key);
    const table = map.table?.key ?? tableOf(map.list);
    if (table !== undefined) keys.add(table).add(`&${table}`);
  }
  const buffer =
    map.api?.fails === 'mapping-error' && map.api.address !== undefined ? map.args[map.api.address] : undefined;
  if (!buffer || buffer.kind === 'constant' || buffer.kind === 'either' || buffer.kind === 'opaque') return keys;
  keys.add(buffer.key);
  const packet = /^(.*)->data$/.exec(buffer.key)?.[1];
  if (packet !== undefined) keys.add(packet);
  return keys;
}

/** `if (handle)` on the side where there is none: nothing was allocated, or mapped. */
function saysNoHandle(map: CallFact, event: PathEvent): boolean {
  if (event.kind !== 'branch' || event.holds) return false;
  // Drivers that begin with `addr = 0` take 0 for "not mapped".
  const { test } = event;
  const isSum = test.kind === 'binary' && (test.op === '+' || test.op === '-');
  if (map.api?.fails === 'mapping-error' && (isSum || test.kind === 'either')) return carries(test, map.result.key);
  if (map.api?.role !== 'allocate' || map.api.address === undefined) return false;
  const handle = map.args[map.api.address];
  return handle?.kind === 'address' && test.kind === 'initial' && test.place.startsWith(handle.place);
}

/** What the allocation hangs on is itself put somewhere. */
function isOwner(value: Value, owned: ReadonlySet<string>): boolean {
  return (
    value.kind !== 'constant' && [...owned].some((place) => place !== value.key && place.startsWith(`${value.key}->`))
  );
}

/** The variable held the address: a function that is given a pointer to it may change it, or keep it. */
function keeps(flow: Flow, place: string, map: CallFact): boolean {
  return flow.stores.some((store) => store.place === place && store.value.key === map.result.key);
}

function isFree(call: CallFact): boolean {
  const name = call.call.name ?? '';
  return FREES_MEMORY.test(name) || FREES_ENTRIES.test(name);
}

/** The address is put into memory, or given to a function that may keep it: not to a register or the DMA engine. */
function isStored(flow: Flow, map: CallFact): boolean {
  const isKeeper = (call: CallFact) =>
    !call.api &&
    call.result.kind !== 'pure' &&
    !WRITES.test(call.call.name ?? '') &&
    !PRINTS.test(call.call.name ?? '');
  return (
    flow.calls.some((call) => call !== map && isKeeper(call) && call.args.some((arg) => isOf(arg, map))) ||
    flow.stores.some(({ target, value }) => (!isLocal(flow, target) || isMacroTarget(flow, target)) && isOf(value, map))
  );
}

/** A release of something that is not known to be another mapping: it may be this one. */
function mayRelease(flow: Flow, call: CallFact, map: CallFact): boolean {
  if (map.api?.role === 'allocate') {
    const freed = call.api?.role === 'free' ? call.args[2] : undefined;
    return freed !== undefined && !alternatives(freed).every((option) => isOtherTaken(flow, option));
  }
  if (call.api?.role !== 'unmap') return false;
  const isList = map.list !== undefined || map.table !== undefined;
  if (isList && call.api.address === undefined) {
    const isOther = (one: CallFact) => one !== map && isTaken(one) && releases(call, one);
    return !releases(call, map) && !flow.calls.some(isOther);
  }
  if (map.api?.fails !== 'mapping-error' || call.api.address === undefined) return false;
  const address = call.args[call.api.address];
  return address !== undefined && !alternatives(address).every((option) => isOtherTaken(flow, option));
}

function isOtherTaken(flow: Flow, value: Value): boolean {
  return flow.calls.some((one) => isTaken(one) && one.result.key === value.key);
}

/** The way goes past a place that may release the mapping, or a loop of them: how often it runs, nobody here can tell. */
function skipsRelease(
  flow: Flow,
  event: Extract<PathEvent, { kind: 'branch' }>,
  map: CallFact,
  owned: ReadonlySet<string>,
): boolean {
  if (mentionsKey(event.test, map.result.key)) return false;
  if (flow.calls.some((call) => call.block === event.other && mayRelease(flow, call, map))) return true;
  const loop = flow.ir.loops.find((one) => one.blocks.includes(event.other) && one.header !== map.block);
  if (!loop || loop.blocks.includes(map.block)) return false;
  return flow.calls.some(
    (call) =>
      loop.blocks.includes(call.block) &&
      (mayRelease(flow, call, map) ||
        releases(call, map) ||
        (!call.api &&
          !isFree(call) &&
          CLEANUP.test(call.call.name ?? '') &&
          call.args.some((arg) => reaches(arg, owned)))),
  );
}

function onlyIf(isFollowed: boolean, state: string | undefined): string | undefined {
  return state === TAKEN && !isFollowed ? undefined : state;
}

/** What dma_submit_error() says of a descriptor, or the cookie that it says it of. */
function isSubmit(value: Value): boolean {
  const name = value.kind === 'result' || value.kind === 'pure' ? value.name : undefined;
  return name === 'dma_submit_error' || name === 'dmaengine_submit';
}

/** The way on which the DMA engine did not queue the descriptor. */
function saysNotSubmitted(event: Extract<PathEvent, { kind: 'branch' }>): boolean {
  if (!mentions(event.test, isSubmit)) return false;
  const decide = (number: bigint) => {
    const decided = substitute(event.test, (part) => (isSubmit(part) ? constant(number) : undefined));
    return decided.kind === 'constant' ? decided.number !== 0n : undefined;
  };
  return decide(-5n) === event.holds && decide(0n) === !event.holds;
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
    return isThere ? TAKEN : 'refused';
  }
  return state;
}

/** `if (req)` on whose other side what belongs to the mapping is cleaned up: here there is nothing to clean. */
function guardsCleanup(
  flow: Flow,
  event: Extract<PathEvent, { kind: 'branch' }>,
  map: CallFact,
  owned: ReadonlySet<string>,
): boolean {
  const { test } = event;
  const isPlain = test.kind === 'initial' || test.kind === 'result' || test.kind === 'pure' || test.kind === 'either';
  if (!isPlain || event.holds || isOf(test, map)) return false;
  return flow.calls.some(
    (call) =>
      call.block === event.other &&
      (call.api?.role === 'unmap' || CLEANUP.test(call.call.name ?? '')) &&
      call.args.some((arg) => reaches(arg, owned)),
  );
}

/** `if (req->flags & MAPPED)` in front of the release, where the function set the flag and others may have seen it since. */
function isFlagOf(flow: Flow, event: Extract<PathEvent, { kind: 'branch' }>, map: CallFact): boolean {
  const { test, holds, other } = event;
  if (holds || test.kind !== 'binary' || test.op !== '&' || hasFlag(test.left, test.right) !== undefined) return false;
  return (
    flow.calls.some((call) => call.block === other && releases(call, map)) &&
    flow.stores.some((store) => store.target.kind === 'field' && hasFlag(store.value, test.right) === true)
  );
}

function isZero(value: Value): boolean {
  return value.kind === 'constant' && value.number === 0n;
}

/** `SKB_ADDR(skb) = ...`: memory behind a macro. */
function isMacroTarget(flow: Flow, target: Expr): boolean {
  return target.kind === 'name' && calledTemporaries(flow.ir).has(target.name);
}

function isPrepare(call: CallFact): boolean {
  return (call.api?.role === 'consume' && call.api.returns === 'descriptor') || PREPARE.test(call.call.name ?? '');
}

/** `value` is the mapped address, or the list or table that was mapped. */
function isOf(value: Value | undefined, map: CallFact): boolean {
  if (!value) return false;
  if (map.api?.fails === 'mapping-error' || map.api?.fails === 'null') return mentionsKey(value, map.result.key);
  return value.key === map.list?.key || value.key === map.table?.key;
}

function isLocal(flow: Flow, target: Expr): boolean {
  return (
    target.kind === 'name' &&
    (target.name.startsWith('#') || [...flow.ir.locals, ...flow.ir.params].some((one) => one.name === target.name))
  );
}

/** A caller cleans up, or may do so where nobody sees it; nothing comes after a failed probe. */
function mayBeUndone(flow: Flow, callers: Callers): boolean {
  return callers.release || (callers.count === 0 && !/probe|init_one|attach/.test(flow.ir.name));
}

/** Some call of the function unmaps, or is named like one that cleans up. */
export function releasesAnything(flow: Flow): boolean {
  return flow.calls.some(
    (call) =>
      call.api?.role === 'unmap' || ((!call.api || call.api.role === 'free') && CLEANUP.test(call.call.name ?? '')),
  );
}
