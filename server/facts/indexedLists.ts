/** Lists that may be chained, and are walked as if they were arrays: `sgl[i]`, `sgl + i`, `sg++`. */

import type { Span } from '../types';
import { type CallFact, type Flow, PRINTS } from './flow';
import { isSingle } from './tables';
import { alternatives, mentionsKey, type Value } from './values';
import { headOf, type WalkFacts } from './walks';

/** An entry that is reached by its number. */
export interface IndexedList {
  readonly span: Span;
  /** Who made the list, as words. */
  readonly maker: string;
  /** The call that made it, where the function has it. */
  readonly made: CallFact | undefined;
}

/** Entries that fit a page of 4 KiB, where an entry is 32 bytes long: up to then there is one array. */
const ONE_ARRAY = 128n;
const REQUEST = /^struct (?:skcipher|aead|ahash|akcipher|ablkcipher)_request$/;

export function findIndexedLists(flow: Flow, { reads }: WalkFacts): readonly IndexedList[] {
  const found = new Map<string, IndexedList>();
  const seen: { readonly entry: Value; readonly span: Span }[] = [];
  for (const { args, call } of flow.calls) {
    if (PRINTS.test(call.name ?? '')) continue;
    for (const [index, entry] of args.entries()) seen.push({ entry, span: call.args[index]?.span ?? call.span });
  }
  // Where something is decided by an entry, the statement begins long before it.
  seen.push(...reads.filter((read) => read.sink !== 'test'));
  seen.sort((x, y) => x.span.start - y.span.start);
  seen.push(...reads.filter((read) => read.sink === 'test'));
  for (const { entry, span } of seen) {
    const head = isReachedByNumber(entry) ? headOf(entry) : undefined;
    if (!head || found.has(head.key) || isSingle(flow, head, undefined)) continue;
    const maker = makerOf(flow, head, span);
    if (maker) found.set(head.key, { span, ...maker });
  }
  return [...found.values()];
}

function isReachedByNumber(entry: Value): boolean {
  if (entry.kind === 'address' || entry.kind === 'binary') return true;
  const options = alternatives(entry);
  return options.some((option) => option.kind === 'binary') && options.every((option) => option.kind !== 'pure');
}

/** Who made a list that may consist of several arrays. */
function makerOf(flow: Flow, head: Value, span: Span): Pick<IndexedList, 'maker' | 'made'> | undefined {
  if (head.key.startsWith('scsi_sglist(')) return { maker: 'the SCSI layer', made: undefined };
  const made = flow.calls.find(
    (call) =>
      (call.api?.role === 'build' || call.api?.role === 'attach') &&
      call.api.table !== undefined &&
      call.list?.key === head.key &&
      call.call.span.end <= span.start,
  );
  if (made) return isShort(flow, made) ? undefined : { maker: `${made.call.name}()`, made };
  const [, name, field] = (head.kind === 'initial' && /^(\w+)->(src|dst|(?:tx|rx)_sg\.sgl)$/.exec(head.place)) || [];
  const type = flow.ir.params.find((param) => param.name === name)?.type ?? '';
  if (field === 'src' || field === 'dst')
    return REQUEST.test(type) ? { maker: 'whoever made the request', made: undefined } : undefined;
  return field !== undefined && type === 'struct spi_transfer' ? { maker: 'the SPI core', made: undefined } : undefined;
}

/** The list has no more entries than one array holds, or the function decides something by their number. */
function isShort(flow: Flow, made: CallFact): boolean {
  const count = made.api?.count === undefined ? undefined : made.args[made.api.count];
  if (!count) return false;
  if (alternatives(count).every((option) => option.kind === 'constant' && option.number <= ONE_ARRAY)) return true;
  return flow.branches.some(
    ({ test, isLoopTest }) =>
      !isLoopTest && test.kind === 'binary' && /^[<>]=?$/.test(test.op) && mentionsKey(test, count.key),
  );
}
