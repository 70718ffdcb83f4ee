/** What is asked of the device: which masks, and that there is one. */

import type { Span } from '../types';
import { successors } from './blocks';
import type { BranchFact, CallFact, Flow } from './flow';
import { constant, mentions, substitute, type Value } from './values';

/** The result of setting a mask is dropped, and the mask is one that a machine may refuse. */
export interface DroppedMask {
  readonly call: CallFact;
}

/** A smaller mask is tried where the largest one failed, which cannot be. */
export interface MaskFallback {
  readonly wide: CallFact;
  readonly narrow: CallFact;
}

const MASKS =
  /^(?:dma_set_mask|dma_set_coherent_mask|dma_set_mask_and_coherent|dma_coerce_mask_and_coherent|pci_set_dma_mask|pci_set_consistent_dma_mask)$/;
const ALL_BITS = 0xffffffffffffffffn;

export function findDroppedMasks(flow: Flow): readonly DroppedMask[] {
  return flow.calls
    .filter((call) => MASKS.test(call.call.name ?? '') && !call.resultUsed && canFail(call))
    .map((call) => ({ call }));
}

/** The largest mask is never refused; one that nobody here knows may be. */
function canFail(call: CallFact): boolean {
  const mask = call.args[1];
  return mask?.kind === 'constant' && BigInt.asUintN(64, mask.number) < 0xffffffffn;
}

/** `if (dma_set_mask(dev, DMA_BIT_MASK(64)))`, and behind it the same with fewer bits. */
export function findMaskFallbacks(flow: Flow): readonly MaskFallback[] {
  const found: MaskFallback[] = [];
  for (const wide of flow.calls) {
    const mask = wide.args[1];
    if (!isWide(wide) || mask?.kind !== 'constant') continue;
    const failed = flow.branches.map((branch) => failureAt(branch, wide)).find((block) => block !== undefined);
    if (failed === undefined || !isOnlyFailure(flow, failed)) continue;
    const narrow = flow.calls.find((call) => {
      const other = call.args[1];
      return (
        call.call.name === wide.call.name &&
        call.block === failed &&
        other?.kind === 'constant' &&
        other.number < mask.number &&
        call.args[0]?.key === wide.args[0]?.key
      );
    });
    if (narrow) found.push({ wide, narrow });
  }
  return found;
}

/** It asks for the largest mask. */
function isWide({ call, args: [, mask] }: CallFact): boolean {
  return MASKS.test(call.name ?? '') && mask?.kind === 'constant' && BigInt.asUintN(64, mask.number) === ALL_BITS;
}

/** Every way to the block is the failure of a largest mask: `if (has64 && !dma_set_mask(...)) ... else` has another. */
function isOnlyFailure(flow: Flow, failed: number): boolean {
  const wide = flow.calls.filter(isWide);
  return flow.ir.blocks
    .filter((block) => successors(block).includes(failed))
    .every(({ id }) =>
      flow.branches.some((branch) => branch.block === id && wide.some((call) => failureAt(branch, call) === failed)),
    );
}

/** The block that the failure of a call leads to, where the branch is about that. */
function failureAt(branch: BranchFact, call: CallFact): number | undefined {
  const isResult = (part: Value) => part.key === call.result.key;
  if (!mentions(branch.test, isResult)) return undefined;
  const decide = (number: bigint) => {
    const decided = substitute(branch.test, (part) => (isResult(part) ? constant(number) : undefined));
    return decided.kind === 'constant' ? decided.number !== 0n : undefined;
  };
  const [onSuccess, onFailure] = [decide(0n), decide(-5n)];
  if (onSuccess === undefined || onFailure === undefined || onSuccess === onFailure) return undefined;
  return onFailure ? branch.whenTrue : branch.whenFalse;
}

/** Calls of the DMA API whose device is NULL. */
export function findNullDevices(flow: Flow): readonly { readonly call: CallFact; readonly span: Span }[] {
  const found: { call: CallFact; span: Span }[] = [];
  for (const call of flow.calls) {
    const index =
      call.api?.name === call.call.name && /map|alloc/.test(call.call.name ?? '') ? call.api?.device : undefined;
    const [device, expr] = index === undefined ? [] : [call.args[index], call.call.args[index]];
    if (device?.kind === 'constant' && device.number === 0n && expr) found.push({ call, span: expr.span });
  }
  return found;
}
