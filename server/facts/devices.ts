/** What is asked of the device: masks, the device that maps, and that there is one. */

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

/** A list is mapped for another device than the DMA engine's, and then given to the engine. */
export interface WrongMapper {
  readonly map: CallFact;
  readonly prepare: CallFact;
  readonly device: Span;
  /** The channel, as the code writes it. */
  readonly channel: Span;
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

/** `dma_map_sg(host->dev, sg, ...)` in front of `dmaengine_prep_slave_sg(host->chan, sg, ...)`. */
export function findWrongMappers(flow: Flow): readonly WrongMapper[] {
  const found: WrongMapper[] = [];
  for (const prepare of flow.calls) {
    if (!/^dmaengine_prep_slave_(?:sg|single)$/.test(prepare.call.name ?? '')) continue;
    const [channel, subject] = prepare.args;
    const channelSpan = prepare.call.args[0]?.span;
    if (!channel || !subject || !channelSpan) continue;
    const maps = flow.calls.filter((call) => call.api?.role === 'map' && isSubject(call, subject));
    const [map] = maps;
    const index = map?.api?.device;
    const [device, expr] = index === undefined ? [] : [map?.args[index], map?.call.args[index]];
    if (maps.length !== 1 || !map || !device || !expr || !isOwnDevice(device)) continue;
    found.push({ map, prepare, device: expr.span, channel: channelSpan });
  }
  return found;
}

function isSubject(map: CallFact, subject: Value): boolean {
  return map.api?.fails === 'mapping-error' ? map.result.key === subject.key : map.list?.key === subject.key;
}

/** The device of the platform, the bus or the port: not one that was taken from a channel. */
function isOwnDevice(device: Value): boolean {
  const place = device.kind === 'initial' || device.kind === 'address' ? device.place : '';
  return (
    /(?:pdev|dev->dev|port(?:\.|->)dev|master(?:\.|->)dev|parent)$|(?:pdev|platform_device)->dev$/.test(place) &&
    !/chan|dma/i.test(place)
  );
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
