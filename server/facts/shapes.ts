/** Which lists the code can build: how many entries, how long, where they begin and end. */

import type { ListShape } from '../replay/types';
import type { CallFact, Flow } from './flow';
import type { Value } from './values';

/** Builders of a table from pages: indices of offset, size and longest entry. */
const FROM_PAGES: Readonly<Record<string, { readonly longest?: number }>> = {
  sg_alloc_table_from_pages: {},
  sg_alloc_table_from_pages_segment: { longest: 5 },
  __sg_alloc_table_from_pages: { longest: 5 },
};
const OFFSET = 3;
const SIZE = 4;
/** Lists that a framework hands to the driver with a request, by the way they are reached. */
const REQUESTS: readonly { readonly list: RegExp; readonly origin: string; readonly hasLimits: boolean }[] = [
  { list: /(?:^|->|\.)(?:\w*data)->sg$/, origin: 'a request of the MMC core', hasLimits: true },
  { list: /^scsi_sglist\(|->sdb\.table\.sgl$/, origin: 'a SCSI command', hasLimits: true },
  { list: /(?:^|->)qc->sg$/, origin: 'an ATA command', hasLimits: true },
  { list: /(?:^|->|\.)\w*req(?:uest)?->(?:src|dst)$/, origin: 'a crypto request', hasLimits: false },
];
const SETTERS = new Set(['sg_set_page', 'sg_set_buf']);
/** Longest segment of the block layer's requests unless the host says otherwise, bytes. */
const BLOCK_SEGMENT = 65536;

/** `about`: the calls that are about this list or its table; `head`: its first entry. */
export function shapeOf(about: readonly CallFact[], flow: Flow, table: string | undefined, head: Value): ListShape {
  for (const call of about) {
    const name = call.api?.name ?? '';
    const builder = Object.hasOwn(FROM_PAGES, name) ? FROM_PAGES[name] : undefined;
    if (builder) return fromPages(call, builder.longest);
    if (name === 'drm_prime_pages_to_sg') return pages('a table built from pages');
    if (name === 'sg_init_one') return { origin: 'a list of one entry', kind: 'one-entry', firstOffset: 'any' };
    if (call.api?.role === 'attach') {
      return pages(name.startsWith('dma_buf') ? 'a dma-buf attachment' : 'a table that a framework mapped');
    }
    if (name === 'sg_alloc_table' || name === 'sg_init_table') return filled(call, flow);
  }
  if (isMapOfRequest(flow, head)) return request('a request of the block layer', true);
  const asked = REQUESTS.find((one) => one.list.test(head.key));
  if (asked) return request(asked.origin, asked.hasLimits);
  const gotten = flow.calls.some(
    (call) =>
      call.call.name === 'dma_get_sgtable' && call.args.some((arg) => arg.key === table || arg.key === `&${table}`),
  );
  if (gotten) return pages('the pages of a DMA allocation');
  return { origin: 'a list made elsewhere', kind: 'pages', firstOffset: 'any' };
}

function pages(origin: string): ListShape {
  return { origin, kind: 'pages', firstOffset: 'zero' };
}

function fromPages(call: CallFact, longest: number | undefined): ListShape {
  const size = constantAt(call, SIZE);
  const most = longest === undefined ? undefined : constantAt(call, longest);
  return {
    origin: isPinned(call) ? 'pages pinned from user space' : 'a table built from pages',
    kind: 'pages',
    firstOffset: constantAt(call, OFFSET) === 0 ? 'zero' : 'any',
    ...(size !== undefined && 0 < size && { maxBytes: size }),
    ...(most !== undefined && 0 < most && most < 0xfffff000 && { maxEntryBytes: most }),
  };
}

/** The pages come out of a frame vector or a pinning call. */
function isPinned(call: CallFact): boolean {
  return /frame_vector|pin_user|get_user|upages|user/.test(call.args[1]?.key ?? '');
}

/** A table or array that the function fills entry by entry. */
function filled(call: CallFact, flow: Flow): ListShape {
  const origin = 'a table that the driver fills';
  const count = call.api?.count ?? 1;
  const entries = constantAt(call, count);
  const bound = entries !== undefined && 0 < entries ? { maxEntries: entries } : {};
  const sets = flow.calls.filter((one) => SETTERS.has(one.call.name ?? ''));
  const lengths = new Set(sets.map((one) => constantAt(one, 2)));
  const [length] = lengths;
  const isWhole = 0 < sets.length && sets.every((one) => one.call.name === 'sg_set_page' && constantAt(one, 3) === 0);
  if (isWhole && lengths.size === 1 && length !== undefined && 0 < length) {
    return { origin, kind: 'pages', firstOffset: 'zero', entryBytes: length, ...bound };
  }
  return { origin, kind: 'pages', firstOffset: isWhole ? 'zero' : 'any', ...bound };
}

/** blk_rq_map_sg() filled the list. */
function isMapOfRequest(flow: Flow, head: Value): boolean {
  return flow.calls.some(
    (call) => /^(?:__)?blk_rq_map_sg$/.test(call.call.name ?? '') && call.args.some((arg) => arg.key === head.key),
  );
}

/** Requests are made of pieces of pages that may begin anywhere a sector may. */
function request(origin: string, hasLimits: boolean): ListShape {
  return {
    origin,
    kind: 'any',
    firstOffset: 'any',
    ...(hasLimits && { maxEntryBytes: BLOCK_SEGMENT, isLimitedByHost: true }),
  };
}

function constantAt(call: CallFact, index: number): number | undefined {
  const value = call.args[index];
  return value?.kind === 'constant' && value.number <= 2n ** 40n ? Number(value.number) : undefined;
}
