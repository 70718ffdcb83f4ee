/** Why a walk may end before its count does. */

import type { Call } from '../code/ir';
import { type Flow, PRINTS, walkedList } from './flow';
import { calledTemporaries } from './temporaries';
import { alternatives, mentions, type Value } from './values';
import type { Walk } from './walks';

/** The loop leaves off where a segment has no length: what lies behind the mapped ones is not used. */
export function endsAtEmptySegment(flow: Flow, walk: Walk): boolean {
  const blocks = new Set(flow.ir.loops[walk.loop]?.blocks ?? []);
  const isLength = (value: Value) => value.kind === 'pure' && value.name === 'sg_dma_len';
  return flow.branches.some(({ block, test }) => {
    if (!blocks.has(block)) return false;
    if (alternatives(test).some(isLength)) return true;
    if (test.kind === 'unary') return test.op === '!' && isLength(test.operand);
    if (test.kind !== 'binary' || !/^(?:==|!=|<=|>)$/.test(test.op)) return false;
    return test.right.kind === 'constant' && test.right.number === 0n && alternatives(test.left).some(isLength);
  });
}

/** The loop ends when all bytes are handed out, and the segments hold them all: `left -= len; if (!left) break;`. */
export function endsWithBytes(flow: Flow, walk: Walk): boolean {
  const blocks = new Set(flow.ir.loops[walk.loop]?.blocks ?? []);
  const isLength = (part: Value) => part.kind === 'pure' && part.name === 'sg_dma_len';
  const isAddress = (part: Value) => part.kind === 'pure' && part.name === 'sg_dma_address';
  const budgets = new Set<string>();
  for (const store of flow.stores) {
    const { value } = store;
    if (!blocks.has(store.block) || value.kind !== 'binary' || (value.op !== '-' && value.op !== '+')) continue;
    if (mentions(value, isLength) && !mentions(value, isAddress)) budgets.add(store.place);
  }
  if (budgets.size === 0) return false;
  const isBudget = (part: Value) => part.kind === 'either' && budgets.has(part.place);
  return flow.branches.some((branch) => {
    if (!blocks.has(branch.block) || (blocks.has(branch.whenTrue) && blocks.has(branch.whenFalse))) return false;
    return mentions(branch.test, isBudget);
  });
}

/** True when the function writes DMA addresses into entries of the list, which makes the mapping its own. */
export function fillsAddresses(flow: Flow, head?: Value): boolean {
  const filled = filledLists(flow);
  return 0 < filled.size && (head === undefined || filled.has(ANY) || filled.has(head.key));
}

/** True when the function lets an allocation write DMA addresses into entries: `&sg_dma_address(sg)`. */
export function fillsFromAllocations(flow: Flow): boolean {
  return filledLists(flow).has(ALLOCATED);
}

const ANY = 'any list';
const ALLOCATED = 'by allocation';
const FILLED = new WeakMap<Flow, ReadonlySet<string>>();

/** Lists into whose entries the function writes DMA addresses. */
function filledLists(flow: Flow): ReadonlySet<string> {
  const known = FILLED.get(flow);
  if (known) return known;
  const filled = new Set<string>();
  const temporaries = calledTemporaries(flow.ir);
  for (const { target, value, place } of flow.stores) {
    // A translated address, such as `sg->dma_address += base`, was there before.
    const isTranslated = () =>
      mentions(value, (part) => part.kind === 'pure' && (part.name === 'sg_dma_address' || part.name === 'sg_dma_len'));
    if (target.kind === 'field' && (target.name === 'dma_address' || target.name === 'dma_length') && !isTranslated())
      filled.add(listOf(flow, place.replace(/(?:->|\.)dma_(?:address|length)$/, '')));
    if (target.kind === 'name') {
      const macro = temporaries.get(target.name);
      if (isAccessor(macro))
        filled.add(listOf(flow, flow.calls.find(({ call }) => call === macro)?.args[0]?.key ?? ''));
    }
  }
  for (const call of flow.calls) {
    // dma_alloc_coherent(dev, size, &sg_dma_address(sg), gfp); printing takes the address of it for %pad.
    if (PRINTS.test(call.call.name ?? '')) continue;
    for (const arg of call.call.args) {
      if (arg.kind !== 'address' || arg.base.kind !== 'name') continue;
      if (isAccessor(temporaries.get(arg.base.name))) filled.add(ANY).add(ALLOCATED);
    }
  }
  FILLED.set(flow, filled);
  return filled;
}

function isAccessor(call: Call | undefined): boolean {
  return call?.name === 'sg_dma_address' || call?.name === 'sg_dma_len';
}

/** The list of the entry with that key. */
function listOf(flow: Flow, entry: string): string {
  const index = /^each@(\d+)$/.exec(entry)?.[1];
  if (index === undefined) return /^either@/.test(entry) || entry === '' ? ANY : entry.replace(/\[.*\]$/, '');
  const loop = flow.ir.loops[Number(index)];
  const env = loop && flow.entering.get(loop.header);
  return (env && walkedList(loop, env, flow)?.key) ?? ANY;
}
