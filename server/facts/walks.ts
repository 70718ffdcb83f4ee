/**
 * Who reads DMA addresses and lengths of a list's entries, over how many of them, and what else of an entry is read
 * beside them.
 */

import type { Expr, Loop } from '../code/ir';
import type { Span } from '../types';
import { evaluate, fieldPlace } from './evaluate';
import type { CallFact, Flow } from './flow';
import { innermostLoop, macroEnvironment, PRINTS, walkedList } from './flow';
import { alternatives, entryOf, mentions, type Value } from './values';

/** A place where something of a list's entry is read. */
export interface EntryRead {
  readonly what: 'address' | 'dma-length' | 'length' | 'offset' | 'page' | 'physical';
  readonly entry: Value;
  /** The expression read, or the statement that reads it. */
  readonly span: Span;
  readonly block: number;
  /** Where the value goes: memory, a call (its name), a decision of the driver, or none of them. */
  readonly sink: 'memory' | 'call' | 'test' | 'none';
  readonly call: CallFact | undefined;
  /** Where it is stored, for `memory`. */
  readonly target?: Expr;
  /** It is read to decide whether a loop goes round again. */
  readonly isLoopTest?: boolean;
}

/** A loop over a list, and what bounds it. */
export interface Walk {
  readonly loop: number;
  readonly head: Value;
  /** The list as the loop's macro names it. */
  readonly headExpr: Expr | undefined;
  /** How many entries it visits; undefined for loops that end in some other way. */
  readonly bound: Value | undefined;
  /** The bound as the code writes it; the whole head of the loop where the macro implies it. */
  readonly boundSpan: Span;
  readonly boundExpr: Expr | undefined;
  /** The loop goes on until sg_next() finds no more entries. */
  readonly isToEnd: boolean;
  /** What the macro itself says, where it takes no count. */
  readonly side: 'cpu' | 'dma' | 'count';
  readonly reads: readonly EntryRead[];
}

export interface WalkFacts {
  readonly reads: readonly EntryRead[];
  readonly walks: readonly Walk[];
}

const DMA_READS: Readonly<Record<string, EntryRead['what']>> = {
  sg_dma_address: 'address',
  sg_dma_len: 'dma-length',
  sg_page: 'page',
  sg_virt: 'page',
  sg_phys: 'physical',
};

/** What page iterators yield. */
const PAGE_READS: Readonly<Record<string, EntryRead['what']>> = {
  sg_page_iter_page: 'page',
  sg_page_iter_dma_address: 'address',
};

/** Functions that give the DMA address of a single entry, their argument number n, to a device. */
export type EntryReaders = ReadonlyMap<string, ReadonlySet<number>>;

/** The parameters of which the function gives a device the DMA address, as entries on their own. */
export function readsEntryParams(flow: Flow, { reads }: WalkFacts): ReadonlySet<number> {
  const found = new Set<number>();
  for (const read of reads) {
    const { entry } = read;
    if (read.what !== 'address' || entry.kind !== 'initial') continue;
    // `*addr = sg_dma_address(sg)`: back to the caller.
    if (read.sink === 'none' || read.sink === 'test' || read.target?.kind === 'deref') continue;
    const index = flow.ir.params.findIndex((param) => param.name === entry.place && /scatterlist/.test(param.type));
    if (0 <= index) found.add(index);
  }
  return found;
}

export function walksOf(flow: Flow, readers: EntryReaders): WalkFacts {
  const reads = collectReads(flow, readers);
  const walks: Walk[] = [];
  flow.ir.loops.forEach((loop, index) => {
    const inLoop = reads.filter((read) => loop.blocks.includes(read.block));
    if (inLoop.length === 0) return;
    const walk = loop.macro ? macroWalk(flow, loop, index, inLoop) : plainWalk(flow, loop, index, inLoop);
    if (walk) walks.push(walk);
  });
  return { reads, walks };
}

function macroWalk(flow: Flow, loop: Loop, index: number, reads: readonly EntryRead[]): Walk | undefined {
  const entering = flow.entering.get(loop.header);
  const env = entering && macroEnvironment(loop, entering, flow);
  const api = flow.apis(loop.macro?.name);
  const head = entering && walkedList(loop, entering, flow);
  if (!env || !head || !loop.macro || !api) return plainWalk(flow, loop, index, reads);
  const isOwn = (part: Value) => part.kind === 'entry' && part.loop === index;
  const own = reads.filter((read) => mentions(read.entry, isOwn));
  const arg = api.count === undefined ? undefined : loop.macro.args[api.count];
  return {
    loop: index,
    head,
    headExpr: api.list === undefined ? undefined : loop.macro.args[api.list],
    bound: arg && evaluate(arg, env, flow.names),
    boundSpan: arg?.span ?? loop.span,
    boundExpr: arg,
    isToEnd: false,
    side: api.count === undefined ? (api.side ?? 'count') : 'count',
    reads: own,
  };
}

/** `for (i = 0; i < n; i++, sg = sg_next(sg))`, `for (i = 0; i < n; i++) use(&sgl[i])`. */
function plainWalk(flow: Flow, loop: Loop, index: number, reads: readonly EntryRead[]): Walk | undefined {
  for (const read of reads) {
    const head = headOf(read.entry);
    if (!head || innermost(flow, read.block) !== index) continue;
    const own = reads.filter((one) => headOf(one.entry)?.key === head.key);
    const bound = loopBound(flow, loop);
    return {
      loop: index,
      head,
      headExpr: undefined,
      bound: bound?.value,
      boundSpan: bound?.expr.span ?? loop.span,
      boundExpr: bound?.expr,
      isToEnd: bound === undefined && goesToEnd(flow, loop, read.entry),
      side: 'count',
      reads: own,
    };
  }
  return undefined;
}

/** The list that a moving entry began with: by sg_next(), by `sg++`, or by a moving index. */
export function headOf(entry: Value): Value | undefined {
  if (entry.kind === 'either') {
    const moves = (option: Value) =>
      (option.kind === 'pure' && option.name === 'sg_next') || (option.kind === 'binary' && option.op === '+');
    const options = alternatives(entry);
    return options.some(moves) ? options.find((option) => !moves(option)) : undefined;
  }
  if (entry.kind !== 'address' && entry.kind !== 'binary') return undefined;
  if (entry.kind === 'binary') return entry.right.kind === 'either' ? entry.left : undefined;
  const indexed = /^(.*?)\[(either@.*)\]$/.exec(entry.place)?.[1];
  if (indexed === undefined) return undefined;
  return { kind: 'initial', key: indexed, place: indexed };
}

/** The loop's test is whether there is an entry at all. */
function goesToEnd(flow: Flow, loop: Loop, entry: Value): boolean {
  const isEntry = (value: Value) => value.key === entry.key;
  return flow.branches.some((branch) => {
    if (branch.block !== loop.header || !branch.isLoopTest) return false;
    const { test } = branch;
    return isEntry(test) || (test.kind === 'binary' && test.op === '!=' && isEntry(test.left));
  });
}

interface Bound {
  readonly value: Value;
  readonly expr: Expr;
}

/** The count that the loop's test compares its counter with. */
function loopBound(flow: Flow, loop: Loop): Bound | undefined {
  const branch = flow.branches.find((one) => one.block === loop.header && one.isLoopTest);
  if (!branch) return undefined;
  const { test, expr } = branch;
  if (test.kind === 'binary' && expr.kind === 'binary' && /^(?:<|<=|!=|>|>=)$/.test(test.op)) {
    const isCounter = (side: Value) => side.kind === 'either' && side.options.some((one) => one.kind === 'binary');
    if (isCounter(test.left) && !isCounter(test.right) && test.right.kind !== 'constant')
      return { value: test.right, expr: expr.right };
    if (isCounter(test.right) && !isCounter(test.left)) return { value: test.left, expr: expr.left };
    // while (n-- > 0)
    if (isCounter(test.left) && test.right.kind === 'constant')
      return countdown(test.left, expr.left) ?? { value: test.right, expr: expr.right };
    return undefined;
  }
  return countdown(test, expr);
}

function countdown(value: Value, expr: Expr): Bound | undefined {
  if (value.kind !== 'either' || !value.options.some((one) => one.kind === 'binary' && one.op === '-'))
    return undefined;
  const start = value.options.find((one) => one.kind !== 'binary' && one.kind !== 'constant');
  return start && { value: start, expr };
}

function innermost(flow: Flow, block: number): number {
  let best = -1;
  let size = Number.POSITIVE_INFINITY;
  flow.ir.loops.forEach((loop, index) => {
    if (loop.blocks.length < size && loop.blocks.includes(block)) {
      best = index;
      size = loop.blocks.length;
    }
  });
  return best;
}

function collectReads(flow: Flow, readers: EntryReaders): readonly EntryRead[] {
  const reads: EntryRead[] = [];
  const entries = new Map<string, Value>();
  const note = (value: Value, at: Omit<EntryRead, 'what' | 'entry'>) => {
    mentions(value, (part) => {
      if (part.kind === 'pure') {
        const what = Object.hasOwn(DMA_READS, part.name) ? DMA_READS[part.name] : undefined;
        const [entry] = part.args;
        if (what && entry) {
          entries.set(entry.key, entry);
          reads.push({ what, entry, ...at });
        }
      } else if (part.kind === 'initial') {
        for (const what of ['length', 'offset'] as const) {
          if (!part.place.endsWith(`>${what}`) && !part.place.endsWith(`.${what}`)) continue;
          for (const entry of entries.values()) {
            if (fieldPlace(entry, what) === part.place) reads.push({ what, entry, ...at });
          }
        }
      }
      return false;
    });
  };
  // A walk over DMA segments may read nothing of them but the CPU's side.
  for (const [index, loop] of flow.ir.loops.entries()) {
    const env = flow.entering.get(loop.header);
    const isWalk = env && flow.apis(loop.macro?.name)?.side === 'dma';
    const list = isWalk ? walkedList(loop, env, flow) : undefined;
    if (list) entries.set(entryOf(index, list).key, entryOf(index, list));
  }
  const visit = () => {
    for (const call of flow.calls) {
      const { span } = call.call;
      note(call.result, { span, block: call.block, sink: 'none', call: undefined });
      if (call.result.kind === 'pure') continue;
      call.args.forEach((arg, index) => {
        const at = { span: call.call.args[index]?.span ?? span, block: call.block, sink: sinkOf(call), call } as const;
        note(arg, at);
        if (readers.get(call.call.name ?? '')?.has(index)) {
          entries.set(arg.key, arg);
          reads.push({ what: 'address', entry: arg, ...at });
        }
      });
      const iterated = pageRead(flow, call);
      if (iterated) {
        entries.set(iterated.entry.key, iterated.entry);
        reads.push(iterated);
      }
    }
    for (const store of flow.stores) {
      const inMemory = store.target.kind !== 'name';
      const sink = inMemory && !addsToItself(store.value, store.place) ? 'memory' : 'none';
      const target = inMemory ? { target: store.target } : {};
      note(store.value, { span: store.span, block: store.block, sink, call: undefined, ...target });
    }
    for (const branch of flow.branches) {
      const { isLoopTest, block } = branch;
      note(branch.test, { span: branch.expr.span, block, sink: 'test', call: undefined, isLoopTest });
    }
  };
  visit();
  if (entries.size === 0) return [];
  // A length may stand before the address of the same entry: look again, with all entries known.
  reads.length = 0;
  visit();
  return reads;
}

/** What is printed, or given back, does not reach a device. */
function sinkOf(call: CallFact): EntryRead['sink'] {
  const isRelease = call.api?.role === 'free' || call.api?.role === 'unmap';
  return isRelease || PRINTS.test(call.call.name ?? '') ? 'none' : 'call';
}

/** `sg_page_iter_page(&iter)` within for_each_sg_page(). */
function pageRead(flow: Flow, call: CallFact): EntryRead | undefined {
  const name = call.call.name ?? '';
  const what = Object.hasOwn(PAGE_READS, name) ? PAGE_READS[name] : undefined;
  if (!what) return undefined;
  const index = innermostLoop(flow.ir, call.block);
  const loop = flow.ir.loops[index];
  const env = loop && flow.entering.get(loop.header);
  const list = env && walkedList(loop, env, flow);
  if (!list) return undefined;
  return { what, entry: entryOf(index, list), span: call.call.span, block: call.block, sink: 'call', call };
}

/** `total += sg->length`: a sum, nothing that a device is given. */
function addsToItself(value: Value, place: string): boolean {
  return value.kind === 'binary' && mentions(value, (part) => part.kind !== 'binary' && part.key === place);
}
