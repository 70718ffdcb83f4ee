/** Importers of a dma-buf that look at the CPU's side of the table they are handed. */

import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
import type { Value } from './values';

/** Pages, or what is worked out from them, of a table that dma_buf_map_attachment() returned. */
export interface ImportRead {
  readonly import: CallFact;
  readonly span: Span;
  /** `sg_page()`, `sg_virt()`, ... */
  readonly by: string;
}

const IMPORTS = /^dma_buf_map_attachment(?:_unlocked)?$/;
const READS_ENTRY = /^sg_(?:page|virt|phys)$/;
const READS_TABLE = /^drm_prime_sg_to_page_array$/;

export function findImportReads(flow: Flow): readonly ImportRead[] {
  const imports = flow.calls.filter((call) => IMPORTS.test(call.call.name ?? ''));
  if (imports.length === 0) return [];
  const found: ImportRead[] = [];
  for (const call of flow.calls) {
    const name = call.call.name ?? '';
    const [arg] = call.args;
    if (!arg || !(READS_ENTRY.test(name) || READS_TABLE.test(name))) continue;
    const list = listOf(arg);
    const suffix = READS_ENTRY.test(name) ? '->sgl' : '';
    const from = imports.find((one) => list.key === one.result.key + suffix);
    if (from) found.push({ import: from, span: call.call.span, by: `${name}()` });
  }
  return found;
}

/** The list of an entry that a loop is at; else the value itself. */
function listOf(value: Value): Value {
  return value.kind === 'entry' ? value.list : value;
}
