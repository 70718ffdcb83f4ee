/** What is asked of the device: which masks, and that there is one. */

import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
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
    if (!MASKS.test(wide.call.name ?? '') || mask?.kind !== 'constant') continue;
    if (BigInt.asUintN(64, mask.number) !== ALL_BITS) continue;
    const failed = failureOf(flow, wide);
    if (failed === undefined) continue;
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

/** The block that the failure of a call leads to. */
function failureOf(flow: Flow, call: CallFact): number | undefined {
  const isResult = (part: Value) => part.key === call.result.key;
  for (const branch of flow.branches) {
    if (!mentions(branch.test, isResult)) continue;
    const decide = (number: bigint) => {
      const decided = substitute(branch.test, (part) => (isResult(part) ? constant(number) : undefined));
      return decided.kind === 'constant' ? decided.number !== 0n : undefined;
    };
    const [onSuccess, onFailure] = [decide(0n), decide(-5n)];
    if (onSuccess === undefined || onFailure === undefined || onSuccess === onFailure) continue;
    return onFailure ? branch.whenTrue : branch.whenFalse;
  }
  return undefined;
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
