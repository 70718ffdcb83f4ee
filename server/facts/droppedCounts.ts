/** Mapped counts that get lost, or that must be the original ones. */

import type { Span } from '../types';
import { type FileMapping, type FileMappings, listNames } from './fileMappings';
import type { BranchFact, CallFact, Flow } from './flow';
import { refusalAt } from './refusals';
import { isSingle, tableOf } from './tables';
import { alternatives, mentions, type Value } from './values';
import type { OriginalCountWalk } from './walkFindings';
import type { WalkFacts } from './walks';

/** A table that is mapped as a plain list: its nents still says how many entries it had. */
export interface DroppedCount {
  readonly map: CallFact;
  /** The table as the code writes it. */
  readonly table: { readonly span: Span; readonly isAddress: boolean };
  /** Who takes the table for a mapped one. */
  readonly taker:
    | { readonly kind: 'returned'; readonly span: Span }
    | { readonly kind: 'walked'; readonly span: Span; readonly function: string };
}

/** A test that fails unless every entry became a segment of its own. */
export interface SameCountTest {
  readonly map: CallFact;
  readonly span: Span;
  readonly refusal: string;
}

/** Walks of the file over the nents of a table that the walking function did not map itself. */
export interface TableWalk {
  readonly flow: Flow;
  readonly head: Value;
  readonly span: Span;
}

/** Where the file reads DMA addresses of as many entries as a table's nents says. */
export function collectTableWalks(walks: ReadonlyMap<Flow, WalkFacts>): readonly TableWalk[] {
  const found: TableWalk[] = [];
  for (const [flow, { walks: own }] of walks) {
    for (const walk of own) {
      const { bound, head } = walk;
      if (!walk.reads.some((read) => read.what === 'address')) continue;
      const isTable =
        walk.side === 'dma' ||
        (bound?.kind === 'initial' && /(?:->|\.)nents$/.test(bound.place) && tableOf(head) !== undefined);
      const isOwn = flow.calls.some((call) => call.api?.role === 'map' && call.list?.key === head.key);
      if (isTable && !isOwn) found.push({ flow, head, span: walk.boundSpan });
    }
  }
  return found;
}

export function findDroppedCounts(
  flow: Flow,
  walked: readonly OriginalCountWalk[],
  tableWalks: readonly TableWalk[],
  mappings: FileMappings,
  callers: readonly Flow[],
): readonly DroppedCount[] {
  const found: DroppedCount[] = [];
  for (const map of flow.calls) {
    const table = mappedTable(map);
    if (!table || !map.list || isSingle(flow, map.list, map) || isKept(flow, map)) continue;
    if (walked.some((one) => one.map === map)) continue;
    const taker = returnsTable(flow, map) ?? walkOf(flow, map, tableWalks, mappings, callers);
    if (taker) found.push({ map, table, taker });
  }
  return found;
}

/** dma_map_sg(dev, sgt->sgl, sgt->nents, dir): list and count of one table. */
function mappedTable(map: CallFact): DroppedCount['table'] | undefined {
  const { api, call } = map;
  if (api?.role !== 'map' || api.fails !== 'zero' || api.list === undefined || api.count === undefined)
    return undefined;
  const [list, count] = [call.args[api.list], call.args[api.count]];
  if (list?.kind !== 'field' || count?.kind !== 'field' || list.name !== 'sgl') return undefined;
  if (count.name !== 'nents' && count.name !== 'orig_nents') return undefined;
  const isSame = list.base.kind === count.base.kind && list.arrow === count.arrow;
  const length = list.base.span.end - list.base.span.start;
  if (!isSame || length !== count.base.span.end - count.base.span.start) return undefined;
  return { span: list.base.span, isAddress: !list.arrow };
}

/** The result is used as a count, or goes where somebody may. */
function isKept(flow: Flow, map: CallFact): boolean {
  const isResult = (part: Value) => part.key === map.result.key;
  if (flow.stores.some(({ target, value }) => target.kind !== 'name' && mentions(value, isResult))) return true;
  if (flow.returns.some((end) => end.value && mentions(end.value, isResult))) return true;
  if (flow.calls.some((call) => call !== map && !isPrinting(call) && call.args.some((arg) => mentions(arg, isResult))))
    return true;
  return flow.branches.some((branch) => mentions(branch.test, isResult) && !isZeroTest(branch));
}

function isPrinting(call: CallFact): boolean {
  return /^(?:dev_|pr_|printk|DRM_|drm_)/.test(call.call.name ?? '');
}

function isZeroTest({ test, isLoopTest }: BranchFact): boolean {
  if (isLoopTest) return false;
  if (test.kind !== 'binary') return true;
  return [test.left, test.right].some((side) => side.kind === 'constant' && side.number <= 1n);
}

/** The function returns the table, or what holds it, to somebody who sees it as mapped. */
function returnsTable(flow: Flow, map: CallFact): DroppedCount['taker'] | undefined {
  const table = map.list && tableOf(map.list);
  if (table === undefined) return undefined;
  for (const end of flow.returns) {
    if (!end.value) continue;
    const isTable = alternatives(end.value).some((one) => one.key === table || one.key === `&${table}`);
    if (isTable) return { kind: 'returned', span: end.span };
  }
  return undefined;
}

/**
 * Another function of the file reads DMA addresses of as many entries as the table's nents says: one that this function
 * or a caller of it calls, or one that walks the table in the same field.
 */
function walkOf(
  flow: Flow,
  map: CallFact,
  tableWalks: readonly TableWalk[],
  { all, aliases }: FileMappings,
  callers: readonly Flow[],
): DroppedCount['taker'] | undefined {
  const names = map.list ? listNames(flow, map.list, undefined, aliases) : [];
  // Where another mapping of the same list sets nents, the walk may come after that one.
  const isSameList = (one: FileMapping) => one.map !== map && names.some((name) => one.lists.has(name));
  if (all.some((one) => isSameList(one) && [...one.mappedFields].some((name) => name.endsWith('nents'))))
    return undefined;
  const near = [flow, ...callers];
  const walk = tableWalks.find((one) => {
    if (one.flow === flow) return false;
    if (near.some((caller) => caller.calls.some((call) => call.call.name === one.flow.ir.name))) return true;
    return listNames(one.flow, one.head, undefined, aliases).some((name) => names.includes(name));
  });
  return walk && { kind: 'walked', span: walk.span, function: walk.flow.ir.name };
}

export function findSameCountTests(flow: Flow): readonly SameCountTest[] {
  const found: SameCountTest[] = [];
  for (const map of flow.calls) {
    const { api } = map;
    const passed =
      api?.role === 'map' && api.fails === 'zero' && api.count !== undefined ? map.args[api.count] : undefined;
    if (!passed || passed.kind === 'mapped' || (passed.kind === 'constant' && passed.number <= 1n)) continue;
    if (map.list && isSingle(flow, map.list, map)) continue;
    for (const { test, expr, whenTrue, whenFalse, isLoopTest } of flow.branches) {
      if (isLoopTest || test.kind !== 'binary' || !/^(?:!=|==|<)$/.test(test.op)) continue;
      const isResult = (side: Value) => alternatives(side).some((option) => option.key === map.result.key);
      const isPair =
        (isResult(test.left) && test.right.key === passed.key) ||
        (isResult(test.right) && test.left.key === passed.key && test.op !== '<');
      if (!isPair) continue;
      const refusal = refusalAt(flow, test.op === '==' ? whenFalse : whenTrue);
      if (refusal) found.push({ map, span: expr.span, refusal: refusal.text });
    }
  }
  return found;
}
