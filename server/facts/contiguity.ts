/** Who relies on a mapped list being one contiguous DMA range: by taking its first address, or by testing for it. */

import type { FunctionIr } from '../code/ir';
import type { Span } from '../types';
import { errnoName } from './constants';
import { explore, type Outcome } from './explore';
import type { BranchFact, CallFact, Flow } from './flow';
import { walkedList } from './flow';
import type { Knowledge } from './knowledge';
import { findMeasures, type Measure } from './measure';
import { valueAt } from './operands';
import type { Operand } from './summary';
import { type ListFacts, listAt } from './tables';
import { alternatives, constant, mentions, pure, substitute, type Value } from './values';

/** The device is given the first DMA address of a list. */
export interface FirstAddressUse {
  readonly list: ListFacts;
  /** Where the address is read. */
  readonly span: Span;
  /** Where it goes: `buf->dma_addr`, `writel()`, the caller. */
  readonly sink: { readonly span: Span; readonly text: string };
  readonly block: number;
  /** The length of the first segment is read too: the code may know that there is no other. */
  readonly hasOwnLength: boolean;
}

/** The code tests whether a list is contiguous, or one segment. */
export interface ContiguityTest {
  readonly list: ListFacts;
  readonly kind: 'contiguous-size' | 'single-segment';
  readonly span: Span;
  /** The helper that measures; absent where the function does it itself. */
  readonly helper: string | undefined;
  /** The call or loop that measures, or the count's text. */
  readonly measured: { readonly span: Span; readonly text: string };
  /** What the value is compared with. */
  readonly needed: { readonly span: Span } | undefined;
  /** What the function returns where the test fails: `-EFAULT`; undefined when it goes on some other way. */
  readonly refusal: { readonly text: string; readonly span: Span | undefined } | undefined;
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

/** What is known about called functions and about the driver's framework. */
export interface Helpers {
  readonly summary: Knowledge['summary'];
  /** The file tells its framework that a request has one segment: `mmc->max_segs = 1`. */
  readonly hostTakesOneSegment: boolean;
}

/** The list of a request whose size the framework limits. */
const REQUEST_LIST = /(?:data|mrq|req|cmd)\w*->sg$|^sgl?$|->sgl?$/;

export function contiguityOf(flow: Flow, helpers: Helpers): ContiguityFacts {
  if (implementsMapping(flow.ir)) return { firstAddressUses: [], tests: [], handled: new Set() };
  const measures = findMeasures(flow);
  const handled = handledLists(flow, measures);
  const mapsByHand = flow.calls.some((call) => call.call.name !== undefined && MAPS_BY_HAND.test(call.call.name));
  const fills = flow.stores.some((store) => fillsAddress(store.target, flow));
  const isLimited = (use: FirstAddressUse) => helpers.hostTakesOneSegment && REQUEST_LIST.test(use.list.key);
  const firstAddressUses = mapsByHand || fills ? [] : findFirstAddressUses(flow).filter((use) => !isLimited(use));
  return { firstAddressUses, tests: findTests(flow, measures, helpers), handled };
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
  const name = target.name ?? '';
  if (!name.startsWith('#')) return false;
  return flow.ir.blocks.some((block) =>
    block.statements.some((one) => one.kind === 'call' && one.result === name && one.call.name === 'sg_dma_address'),
  );
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
      uses.set(part.key, { list, span: readSpan(flow, part) ?? sink.span, sink, block, hasOwnLength });
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

function readSpan(flow: Flow, part: Value): Span | undefined {
  return flow.calls.find((call) => call.result.key === part.key)?.call.span;
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
    if (call.api?.role === 'measure' && call.list) handled.add(call.list.key);
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

function findTests(flow: Flow, measures: readonly Measure[], helpers: Helpers): readonly ContiguityTest[] {
  const tests: ContiguityTest[] = [];
  for (const branch of flow.branches) {
    const call = flow.calls.find(
      (one) => isHelper(one, helpers) && mentions(branch.test, (part) => part.key === one.result.key),
    );
    const test = call
      ? (sizeTest(flow, branch, call, helpers) ?? claimTest(flow, branch, call, helpers))
      : (ownSizeTest(flow, branch, measures) ?? countTest(flow, branch));
    if (test) tests.push(test);
  }
  return tests;
}

function isHelper(call: CallFact, { summary }: Helpers): boolean {
  const kind = summary(call.call.name)?.returns?.kind;
  return kind === 'contiguous-size' || kind === 'contiguity';
}

/** The list that an operand of a call is, or is the table of. */
function argumentList(flow: Flow, call: CallFact, operand: Operand): ListFacts | undefined {
  const value = valueAt(call, operand);
  if (!value) return undefined;
  const place = value.kind === 'address' ? `${value.place}.sgl` : `${value.key}->sgl`;
  return listAt(flow, { kind: 'initial', key: place, place }) ?? listAt(flow, value);
}

function sizeTest(flow: Flow, branch: BranchFact, call: CallFact, helpers: Helpers): ContiguityTest | undefined {
  const name = call.call.name ?? '';
  const measured = helpers.summary(name)?.returns;
  const list = measured?.kind === 'contiguous-size' ? argumentList(flow, call, measured.of) : undefined;
  if (!list) return undefined;
  return compare(flow, branch, (part) => part.key === call.result.key, {
    list,
    kind: 'contiguous-size',
    helper: name,
    measured: { span: call.call.span, text: `${name}()` },
  });
}

/** `if (!is_contiguous(sgt, size))`. */
function claimTest(flow: Flow, branch: BranchFact, call: CallFact, helpers: Helpers): ContiguityTest | undefined {
  const name = call.call.name ?? '';
  const claim = helpers.summary(name)?.returns;
  const list = claim?.kind === 'contiguity' ? argumentList(flow, call, claim.of) : undefined;
  if (!list || claim?.kind !== 'contiguity') return undefined;
  const onShort = decide(branch.test, (part) => part.key === call.result.key, claim.whenTrue ? 0n : 1n);
  if (onShort === undefined) return undefined;
  return {
    list,
    kind: 'contiguous-size',
    helper: name,
    measured: { span: call.call.span, text: `${name}()` },
    needed: undefined,
    span: branch.expr.span,
    refusal: refusalAt(flow, onShort ? branch.whenTrue : branch.whenFalse),
  };
}

/** The function measures with a loop of its own and compares the sum. */
function ownSizeTest(flow: Flow, branch: BranchFact, measures: readonly Measure[]): ContiguityTest | undefined {
  for (const measure of measures) {
    if (branch === measure.branch || flow.ir.loops[measure.loop]?.blocks.includes(branch.block)) continue;
    const isSum = (part: Value) => part.kind === 'either' && measure.sums.includes(part.place);
    const list = mentions(branch.test, isSum) ? listAt(flow, measure.head) : undefined;
    if (!list) continue;
    const loop = flow.ir.loops[measure.loop];
    const measured = { span: loop?.span ?? branch.expr.span, text: 'a loop over the segments' };
    return compare(flow, branch, isSum, { list, kind: 'contiguous-size', helper: undefined, measured });
  }
  return undefined;
}

/** `sgt->nents != 1` and its kin. */
function countTest(flow: Flow, branch: BranchFact): ContiguityTest | undefined {
  const { test } = branch;
  const operand = test.kind === 'binary' ? [test.left, test.right].find((side) => countedList(flow, side)) : undefined;
  const list = operand && countedList(flow, operand);
  if (!operand || !list || branch.isLoopTest) return undefined;
  const isCount = (part: Value) => part.key === operand.key;
  if (decide(test, isCount, 1n) === undefined || decide(test, isCount, 1n) === decide(test, isCount, 2n))
    return undefined;
  if (decide(test, isCount, 2n) !== decide(test, isCount, 3n)) return undefined;
  const measured = { span: branch.expr.span, text: 'the mapped count' };
  const refuses = decide(test, isCount, 2n) ? branch.whenTrue : branch.whenFalse;
  const needed = undefined;
  return {
    list,
    kind: 'single-segment',
    helper: undefined,
    measured,
    needed,
    span: branch.expr.span,
    refusal: refusalAt(flow, refuses),
  };
}

/** The list whose mapped count `value` is, or is where it is not zero. */
function countedList(flow: Flow, value: Value): ListFacts | undefined {
  const options = alternatives(value).filter((option) => option.kind !== 'constant');
  const [only] = options;
  const heads = new Map<string, Value>();
  for (const option of options) {
    const map = option.kind === 'mapped' ? flow.calls.find((call) => call.call.id === option.call) : undefined;
    if (map?.list) heads.set(map.list.key, map.list);
  }
  const [head] = heads.values();
  if (head)
    return heads.size === 1 && options.every((option) => option.kind === 'mapped') ? listAt(flow, head) : undefined;
  if (options.length !== 1 || !only) return undefined;
  const table = only.kind === 'initial' ? /^(.*(?:->|\.))nents$/.exec(only.place)?.[1] : undefined;
  return table === undefined ? undefined : listAt(flow, { kind: 'initial', key: `${table}sgl`, place: `${table}sgl` });
}

function decide(test: Value, isCount: (part: Value) => boolean, count: bigint): boolean | undefined {
  const decided = substitute(test, (part) => (isCount(part) ? constant(count) : undefined));
  return decided.kind === 'constant' ? decided.number !== 0n : undefined;
}

type Partial = Pick<ContiguityTest, 'list' | 'kind' | 'helper' | 'measured'>;

function compare(
  flow: Flow,
  branch: BranchFact,
  isMeasured: (part: Value) => boolean,
  known: Partial,
): ContiguityTest | undefined {
  const { test } = branch;
  if (test.kind !== 'binary') return undefined;
  const onLeft = mentions(test.left, isMeasured);
  const shortWhenTrue = onLeft
    ? test.op === '<' || test.op === '!=' || test.op === '<='
    : test.op === '>' || test.op === '!=' || test.op === '>=';
  const shortWhenFalse = onLeft
    ? test.op === '>=' || test.op === '==' || test.op === '>'
    : test.op === '<=' || test.op === '==' || test.op === '<';
  if (!shortWhenTrue && !shortWhenFalse) return undefined;
  const { expr } = branch;
  const needed = expr.kind === 'binary' ? { span: (onLeft ? expr.right : expr.left).span } : undefined;
  const refuses = shortWhenTrue ? branch.whenTrue : branch.whenFalse;
  return { ...known, needed, span: expr.span, refusal: refusalAt(flow, refuses) };
}

/** What the function returns from `block` on, when every path from there fails. */
export function refusalAt(flow: Flow, block: number): ContiguityTest['refusal'] {
  const env = flow.entering.get(block);
  if (!env) return undefined;
  const outcomes = explore(flow, block, env);
  const texts = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const text = outcome.returned ? failureText(flow.ir, outcome.value) : undefined;
    if (text === undefined) return undefined;
    texts.set(text, outcome);
  }
  const first = [...texts][0];
  return first && { text: [...texts.keys()].join(' or '), span: first[1].span };
}

function failureText(ir: FunctionIr, value: Value | undefined): string | undefined {
  if (!value) return undefined;
  if (value.kind === 'constant') {
    if (value.number < 0n) return value.text.startsWith('-E') ? value.text : errnoName(value.number);
    if (value.number === 0n && ir.returnType.includes('*')) return 'NULL';
    if (value.number === 0n && /\bbool\b/.test(ir.returnType)) return 'false';
    return undefined;
  }
  if (value.kind === 'pure' && value.name === 'ERR_PTR') {
    const [error] = value.args;
    return error?.kind === 'constant' && error.number < 0n
      ? error.text.startsWith('-E')
        ? error.text
        : errnoName(error.number)
      : undefined;
  }
  return undefined;
}
