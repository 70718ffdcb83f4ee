/** Who relies on a mapped list being one contiguous DMA range: by taking its first address, or by testing for it (`contiguityTests.ts`). */

import type { FunctionIr } from '../code/ir';
import type { Span } from '../types';
import { type ContiguityTest, findTests, type Helpers } from './contiguityTests';
import type { Flow } from './flow';
import { walkedList } from './flow';
import { findMeasures, type Measure } from './measure';
import { type ListFacts, listAt } from './tables';
import { calledTemporaries } from './temporaries';
import { alternatives, mentions, pure, type Value } from './values';

/** The device is given the first DMA address of a list. */
export interface FirstAddressUse {
  readonly list: ListFacts;
  /** Where the address is read. */
  readonly span: Span;
  /** Where it goes: `buf->dma_addr`, `writel()`, the caller. */
  readonly sink: { readonly span: Span; readonly text: string };
  /** The block that reads it. */
  readonly block: number;
  /** The length of the first segment is read too: the code may know that there is no other. */
  readonly hasOwnLength: boolean;
  /** The code uses some other address in its stead on another path. */
  readonly isOneOfTwo: boolean;
}

export interface ContiguityFacts {
  readonly firstAddressUses: readonly FirstAddressUse[];
  readonly tests: readonly ContiguityTest[];
  /** Keys of lists whose segments the function handles one by one, or hands on. */
  readonly handled: ReadonlySet<string>;
}

/** Functions that do not give an address to a device: printing, releasing, comparing, mapping by hand. */
const NO_DEVICE_USE =
  /^(?:pr_|dev_(?:dbg|err|warn|info|vdbg|notice|crit|printk)|printk|drm_(?:dbg|err|info|warn)|DRM_|netdev_|ibdev_|mlx5_core_|trace_|dprintk|seq_printf|WARN|sn?printf|scnprintf|kfree|kvfree|vfree|sg_free_table|sgl_free|memset|unpin_|put_page|dma_(?:un)?map_|dma_sync_|dma_buf_|dma_get_sgtable|sg_(?:alloc|init|set|mark|unmark|free|copy|pcopy|zero|nents|last|miter)|clflush|flush_|cache_|arch_|outer_|phys_to_|dma_to_phys|page_|iommu_(?:un)?map)/;
const DEBUG_NAME = /(?:dbg|debug|_dump|_log|print|trace|warn|_err|_info)(?:_|$)/i;
/** Whoever maps IOVAs by hand wants each physical address, not a contiguous range. */
const MAPS_BY_HAND = /^(?:iommu_map|iommu_map_sg|iommu_map_sgtable|iommu_map_sg_atomic|domain_map|ops->map_pages)$/;

/** The list of a request whose size the framework limits. */
const REQUEST_LIST = /(?:data|mrq|req|cmd)\w*->sg$|^sgl?$|->sgl?$/;

export function contiguityOf(flow: Flow, helpers: Helpers): ContiguityFacts {
  const makesAddresses = helpers.contracts.get(flow.ir.name)?.some((one) => one.ops === 'dma_map_ops');
  if (makesAddresses || implementsMapping(flow.ir)) return { firstAddressUses: [], tests: [], handled: new Set() };
  const measures = findMeasures(flow);
  const handled = new Set(handledLists(flow, measures));
  const mapsByHand = flow.calls.some((call) => call.call.name !== undefined && MAPS_BY_HAND.test(call.call.name));
  const fills = flow.stores.some((store) => fillsAddress(store.target, flow));
  const isLimited = (use: FirstAddressUse) =>
    helpers.hostTakesOneSegment && use.list.table === undefined && REQUEST_LIST.test(use.list.key);
  const firstAddressUses = mapsByHand || fills ? [] : findFirstAddressUses(flow).filter((use) => !isLimited(use));
  const tests = findTests(flow, measures, helpers);
  // A measured size that is not tested in any way we know may be used in some other.
  for (const call of flow.calls) {
    if (call.api?.role !== 'measure' || !call.list || tests.some((test) => test.list.key === call.list?.key)) continue;
    handled.add(call.list.key);
  }
  return { firstAddressUses, tests, handled };
}

/** A function with the signature of a map_sg or unmap_sg operation: it makes the addresses that others rely on. */
function implementsMapping(ir: FunctionIr): boolean {
  const has = (type: RegExp) => ir.params.some((param) => type.test(param.type));
  return (
    has(/\bstruct device\b/) && has(/\bstruct scatterlist\b/) && has(/\benum dma_data_direction\b/) && has(/\blong\b/)
  );
}

function fillsAddress(target: { readonly kind: string; readonly name?: string }, flow: Flow): boolean {
  if (target.kind === 'field') return target.name === 'dma_address';
  if (target.kind !== 'name') return false;
  return calledTemporaries(flow.ir).get(target.name ?? '')?.name === 'sg_dma_address';
}

function findFirstAddressUses(flow: Flow): readonly FirstAddressUse[] {
  const uses = new Map<string, FirstAddressUse>();
  const add = (value: Value, block: number, sink: FirstAddressUse['sink']) => {
    for (const part of addressParts(value)) {
      const [head] = part.args;
      if (!head || uses.has(part.key)) continue;
      const list = listAt(flow, head);
      if (!list) continue;
      const hasOwnLength = flow.calls.some((call) => call.result.key === pure('sg_dma_len', [head]).key);
      const others = alternatives(value).filter((one) => one.kind !== 'constant' && !addressParts(one).includes(part));
      const isOneOfTwo = value.kind === 'either' && 0 < others.length;
      const read = flow.calls.find((call) => call.result.key === part.key);
      const at = { span: read?.call.span ?? sink.span, block: read?.block ?? block };
      uses.set(part.key, { list, ...at, sink, hasOwnLength, isOneOfTwo });
    }
  };
  for (const store of flow.stores) {
    const text = placeText(store.target);
    if (text !== undefined) add(store.value, store.block, { span: store.span, text });
  }
  for (const call of flow.calls) {
    const name = call.call.name ?? '';
    if (
      call.result.kind === 'pure' ||
      /^(?:IS_ALIGNED|FIELD_PREP|WARN_ON|BUG_ON)$/.test(name) ||
      NO_DEVICE_USE.test(name) ||
      DEBUG_NAME.test(name)
    )
      continue;
    if (call.api && call.api.role !== 'consume') continue;
    for (const arg of call.args)
      add(arg, call.block, { span: call.call.span, text: name === '' ? 'a function pointer' : `${name}()` });
  }
  for (const end of flow.returns) {
    if (end.value) add(end.value, end.block, { span: end.span, text: 'the caller' });
  }
  return [...uses.values()];
}

/** The `sg_dma_address(...)` parts that `value` is or is computed from. */
function addressParts(value: Value): readonly Extract<Value, { kind: 'pure' }>[] {
  return partsOf(value)
    .filter((part) => part.kind === 'pure')
    .filter((part) => part.name === 'sg_dma_address');
}

/** Only memory is a place where an address reaches a device; a local variable is not. */
function placeText(target: { readonly kind: string; readonly name?: string }): string | undefined {
  if (target.kind === 'field') return `'${target.name ?? ''}'`;
  if (target.kind === 'index') return 'an array';
  if (target.kind === 'deref') return "the caller's variable";
  return undefined;
}

/** Lists that the function walks segment by segment, or gives to somebody who may. */
function handledLists(flow: Flow, measures: readonly Measure[]): ReadonlySet<string> {
  const handled = new Set<string>();
  const measuring = new Set(measures.map((measure) => measure.loop));
  flow.ir.loops.forEach((loop, index) => {
    if (measuring.has(index)) return;
    const env = flow.entering.get(loop.header);
    const list = env && walkedList(loop, env, flow);
    if (list && usesEntryAddress(flow, index)) handled.add(list.key);
  });
  const movesOn = (part: Value) => part.kind === 'pure' && part.name === 'sg_next';
  for (const call of flow.calls) {
    const { result } = call;
    if (result.kind === 'pure' && result.name === 'sg_dma_address') {
      const [entry] = result.args;
      const indexed = entry?.kind === 'address' ? /^(.*)\[[^\]]+\]$/.exec(entry.place)?.[1] : undefined;
      if (indexed !== undefined) handled.add(indexed).add(`&${indexed}`);
      if (entry && mentions(entry, movesOn)) for (const part of partsOf(entry)) handled.add(part.key);
    }
    if (call.api?.role === 'consume' && call.list) handled.add(call.list.key);
  }
  return handled;
}

function partsOf(value: Value): readonly Value[] {
  const parts: Value[] = [];
  mentions(value, (part) => {
    parts.push(part);
    return false;
  });
  return parts;
}

function usesEntryAddress(flow: Flow, loop: number): boolean {
  const isEntry = (part: Value) => part.kind === 'entry' && part.loop === loop;
  return flow.calls.some((call) => {
    const { result } = call;
    if (result.kind === 'pure')
      return result.name === 'sg_dma_address' && result.args.some((arg) => mentions(arg, isEntry));
    return !call.api && !NO_DEVICE_USE.test(call.call.name ?? '') && call.args.some((arg) => mentions(arg, isEntry));
  });
}
