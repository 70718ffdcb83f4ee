/** Why a walk may end before its count does. */

import type { Flow } from './flow';
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
  const budgets = new Set<string>();
  for (const store of flow.stores) {
    const { value } = store;
    if (!blocks.has(store.block) || value.kind !== 'binary' || (value.op !== '-' && value.op !== '+')) continue;
    if (mentions(value, isLength)) budgets.add(store.place);
  }
  if (budgets.size === 0) return false;
  const isBudget = (part: Value) => part.kind === 'either' && budgets.has(part.place);
  return flow.branches.some((branch) => {
    if (!blocks.has(branch.block) || (blocks.has(branch.whenTrue) && blocks.has(branch.whenFalse))) return false;
    return mentions(branch.test, isBudget);
  });
}

/** Functions that write DMA addresses into entries make the mapping themselves. */
export function fillsAddresses(flow: Flow): boolean {
  const isTranslated = (value: Value) =>
    mentions(value, (part) => part.kind === 'pure' && (part.name === 'sg_dma_address' || part.name === 'sg_dma_len'));
  return flow.stores.some((store) => {
    const { target } = store;
    if (target.kind === 'field')
      return (target.name === 'dma_address' || target.name === 'dma_length') && !isTranslated(store.value);
    if (target.kind !== 'name' || !target.name.startsWith('#')) return false;
    return flow.ir.blocks.some((block) =>
      block.statements.some(
        (one) =>
          one.kind === 'call' &&
          one.result === target.name &&
          (one.call.name === 'sg_dma_address' || one.call.name === 'sg_dma_len'),
      ),
    );
  });
}
