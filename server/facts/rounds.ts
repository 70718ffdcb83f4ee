/** Loops that map something in each round, and lose what earlier rounds mapped when one of them fails. */

import type { Span } from '../types';
import { isTester } from './addresses';
import type { Callers } from './callers';
import { explore, type Outcome } from './explore';
import type { CallFact, Flow } from './flow';
import { CLEANUP, FREES_MEMORY } from './leaks';
import { saysFailed } from './mappings';
import { alternatives, mentions, type Value } from './values';

export interface LostRounds {
  readonly map: CallFact;
  /** The return on the way that gives up. */
  readonly end: Span;
  /** The packet whose parts were mapped is freed on that way. */
  readonly dropsPacket: boolean;
}

/** Value of DMA_FROM_DEVICE in include/linux/dma-direction.h. */
const FROM_DEVICE = 2n;
/** `tx_clear_range()` gives slots back; `clear_bit()` does not. */
const CLEARS = /clear(?!_bit)/i;
const PRINTS = /dbg|printk|^pr_|_(?:err|warn|info)$|^(?:dev|netdev)_/;

export function findLostRounds(flow: Flow, callers: Callers): readonly LostRounds[] {
  const found: LostRounds[] = [];
  for (const map of flow.calls) {
    if (map.api?.role !== 'map' || map.api.fails !== 'mapping-error') continue;
    const loop = flow.ir.loops.find((one) => one.blocks.includes(map.block));
    if (!loop || !isKept(flow, map)) continue;
    const undoes = (call: CallFact) => mayUndo(call) && !isOfBefore(flow, call, loop.blocks);
    if (flow.calls.some((call) => loop.blocks.includes(call.block) && undoes(call))) continue;
    const failed = failureBlock(flow, map);
    const env = failed === undefined ? undefined : flow.entering.get(failed);
    if (failed === undefined || !env || loop.header === failed) continue;
    const outcomes = explore(flow, failed, env);
    const lost = outcomes?.map((outcome) => lossOf(flow, outcome, undoes, callers));
    const first = lost?.[0];
    if (!lost || !first || !lost.every((one) => one !== undefined)) continue;
    if (first.dropsPacket || !countsRounds(flow, map, loop.blocks)) found.push({ map, ...first });
  }
  return found;
}

/** The address outlives the round: it is put into a descriptor, an array or a list. */
function isKept(flow: Flow, map: CallFact): boolean {
  const isAddress = (part: Value) => part.key === map.result.key;
  return flow.stores.some(
    (store) => (store.target.kind === 'field' || store.target.kind === 'index') && mentions(store.value, isAddress),
  );
}

/** `ring->filled++` in a loop that maps for reception: what the ring has got it keeps, and the next refill goes on. */
function countsRounds(flow: Flow, map: CallFact, blocks: readonly number[]): boolean {
  const direction = map.api?.direction === undefined ? undefined : map.args[map.api.direction];
  if (direction?.kind !== 'constant' || direction.number !== FROM_DEVICE) return false;
  return flow.stores.some(
    ({ target, value, block }) =>
      blocks.includes(block) &&
      target.kind === 'field' &&
      value.kind === 'binary' &&
      value.op === '+' &&
      [value.left, value.right].some((side) => side.kind === 'constant' && side.number === 1n),
  );
}

/** Where the loop goes when the mapping of this round failed. */
function failureBlock(flow: Flow, map: CallFact): number | undefined {
  for (const { test, expr, whenTrue, whenFalse } of flow.branches) {
    const about = { kind: 'branch', test, span: expr.span } as const;
    if (saysFailed(flow, map, { ...about, holds: true, other: whenFalse })) return whenTrue;
    if (saysFailed(flow, map, { ...about, holds: false, other: whenTrue })) return whenFalse;
  }
  return undefined;
}

/** The call may release what a loop has mapped. */
export function mayUndo(call: CallFact): boolean {
  const name = call.call.name ?? '';
  if (call.api?.role === 'unmap' || name === '') return true;
  if (call.api?.name === name || isTester(call)) return false;
  if (FREES_MEMORY.test(name) || PRINTS.test(name) || /^(?:netif_|spin_|mutex_)/.test(name)) return false;
  return CLEANUP.test(name) || CLEARS.test(name);
}

/** It releases what was mapped before the loop, such as the head of a packet, and nothing else. */
function isOfBefore(flow: Flow, release: CallFact, blocks: readonly number[]): boolean {
  const index = release.api?.role === 'unmap' ? release.api.address : undefined;
  const address = index === undefined ? undefined : release.args[index];
  if (!address) return false;
  const isBefore = (one: CallFact) =>
    one.api?.role === 'map' && one.api.fails === 'mapping-error' && !blocks.includes(one.block);
  return alternatives(address).every((option) =>
    flow.calls.some((one) => isBefore(one) && one.result.key === option.key),
  );
}

/** The way ends without anything that may release, and its caller will not do so either. */
function lossOf(
  flow: Flow,
  outcome: Outcome,
  undoes: (call: CallFact) => boolean,
  callers: Callers,
): Pick<LostRounds, 'end' | 'dropsPacket'> | undefined {
  if (!outcome.returned || !outcome.span || outcome.calls.some(undoes)) return undefined;
  const isPacket = (arg: Value) =>
    arg.kind === 'initial' && flow.ir.params.some((one) => one.name === arg.place && /\bsk_buff\b/.test(one.type));
  const dropsPacket = outcome.calls.some((call) => FREES_MEMORY.test(call.call.name ?? '') && call.args.some(isPacket));
  if (dropsPacket) return { end: outcome.span, dropsPacket };
  const { value } = outcome;
  if (value?.kind !== 'constant' || 0n <= value.number) return undefined;
  return flow.ir.isStatic && 0 < callers.count && !callers.undo ? { end: outcome.span, dropsPacket } : undefined;
}
