/** Which scatterlist a value belongs to, how it was built, and what is known of its length. */

import type { ListShape } from '../replay/types';
import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
import { shapeOf } from './shapes';
import { mentions, type Value } from './values';

/** A list (or the list of a table) that the device sees, as one function knows it. */
export interface ListFacts {
  /** Key of the value that points to the first entry. */
  readonly key: string;
  readonly head: Value;
  /** Key of the table value or place, where the list belongs to a table. */
  readonly table: string | undefined;
  /** The call in this function that mapped it. */
  readonly map: CallFact | undefined;
  /** The list or table in the call that mapped it, as the code writes it. */
  readonly nameSpan: Span | undefined;
  /** The function itself mapped the list, or asked for it to be mapped; otherwise somebody handed it in. */
  readonly isObtainedHere: boolean;
  /** Some variable of the function says that it is a table; otherwise only its name does. */
  readonly isTypedTable: boolean;
  /** One entry for sure, so one segment for sure. */
  readonly isOneEntry: boolean;
  /** One contiguous DMA range by contract (dma_alloc_noncontiguous()). */
  readonly isContiguous: boolean;
  readonly shape: ListShape;
}

const SGL = /^(.*?)(?:->|\.)sgl$/;
const TABLE_NAME = /(?:^|[^a-z])(?:\w*sgt\w*|\w*sg_?tables?\w*|\w*sg_tbl\w*)(?:\[[^\]]*\])?$/i;

/** What `head` is the first entry of; undefined when nothing says that it is the start of a mapped list. */
export function listAt(flow: Flow, head: Value): ListFacts | undefined {
  const table = tableOf(head);
  const about = flow.calls.filter((call) => call.api && (call.list?.key === head.key || sameTable(call, table)));
  const map = about.find((call) => call.api?.role === 'map');
  const attach = about.find((call) => call.api?.role === 'attach');
  const measured = about.some((call) => call.api?.role === 'measure');
  const isTypedTable = table !== undefined && isTyped(flow, table);
  const isTable = table !== undefined && (isTypedTable || TABLE_NAME.test(table) || attach || measured);
  if (!map && !isTable) return undefined;
  const isContiguous = about.some((call) => call.api?.role === 'allocate') || isTableOfAllocation(flow, table);
  const isLarger = about.some(
    (call) => call.api?.role === 'build' && call.api.count !== undefined && !isOneEntryBuilder(call),
  );
  const isOneEntry = (!isLarger && about.some((call) => isOneEntryBuilder(call))) || pinsOnePage(flow, head);
  const nameSpan = map?.call.args[map.api?.table ?? map.api?.list ?? -1]?.span;
  const isObtainedHere = map !== undefined || attach !== undefined;
  return {
    key: head.key,
    head,
    table,
    map,
    nameSpan,
    isObtainedHere,
    isTypedTable,
    isOneEntry,
    isContiguous,
    shape: shapeOf(about, flow, table, head),
  };
}

/** `buf->sgt` for the value `buf->sgt->sgl`. */
export function tableOf(head: Value): string | undefined {
  return head.kind === 'initial' ? SGL.exec(head.place)?.[1] : undefined;
}

function sameTable(call: CallFact, table: string | undefined): boolean {
  if (table === undefined || !call.table) return false;
  return call.table.key === table || call.table.key === `&${table}`;
}

function isTyped(flow: Flow, table: string): boolean {
  const isTable = (name: string) =>
    [...flow.ir.params, ...flow.ir.locals].some((one) => one.name === name && /\bsg_table\b/.test(one.type));
  if (isTable(table)) return true;
  // `struct sg_table *sgt = buf->priv`
  return flow.stores.some(
    ({ target, value }) =>
      target.kind === 'name' && (value.key === table || value.key === `&${table}`) && isTable(target.name),
  );
}

function isOneEntryBuilder(call: CallFact): boolean {
  if (call.api?.name === 'sg_init_one') return true;
  if (call.api?.count === undefined || call.api.role === 'consume' || call.api.role === 'walk') return false;
  const count = call.args[call.api.count];
  return count?.kind === 'constant' && count.number === 1n;
}

/** The table of memory that was allocated as one piece: dma_get_sgtable() of DMA_ATTR_FORCE_CONTIGUOUS. */
function isTableOfAllocation(flow: Flow, table: string | undefined): boolean {
  const isTable = (arg: Value) => arg.key === table || arg.key === `&${table}`;
  const isMade = (call: CallFact) => /noncontiguous/.test(call.call.name ?? '') && call.args.some(isTable);
  if (/noncontiguous/.test(flow.ir.name) || flow.calls.some(isMade)) return true;
  const isForced = (part: Value) => part.kind === 'initial' && part.place === 'DMA_ATTR_FORCE_CONTIGUOUS';
  return flow.calls.some(
    (call) =>
      /^dma_get_sgtable/.test(call.call.name ?? '') &&
      call.args.some(isTable) &&
      call.args.some((arg) => mentions(arg, isForced)),
  );
}

/** ib_umem_get() of no more than a page, whose table the list is. */
function pinsOnePage(flow: Flow, head: Value): boolean {
  if (!/(?:sgt_append\.sgt|sg_head)\.sgl$/.test(head.key)) return false;
  const pins = flow.calls.filter((call) => call.call.name === 'ib_umem_get');
  const isSmall = (call: CallFact) => {
    const [, , length] = call.args;
    return (length?.kind === 'constant' && length.number <= 4096n) || call.call.args[2]?.kind === 'sizeof';
  };
  return 0 < pins.length && pins.every(isSmall);
}
/** The list has one entry for sure: it was mapped with that count, or built so. */
export function isSingle(flow: Flow, head: Value, map: CallFact | undefined): boolean {
  const count = map?.api?.count === undefined ? undefined : map.args[map.api.count];
  if (count?.kind === 'constant') return count.number === 1n;
  return listAt(flow, head)?.isOneEntry === true;
}
