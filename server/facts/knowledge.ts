/** One lookup for what is known of a called function: the table of the DMA API, its own file, other files. */

import { type DmaFunction, dmaFunction } from '../dmaApi';
import type { ApiLookup } from './flow';
import { rowOf, type Summary, type SummaryLookup } from './summary';

export interface Knowledge {
  /** The row of the table, or that which a function of the drivers amounts to. */
  readonly row: ApiLookup;
  /** What the function does, by its own code where that was seen, else by the table. */
  readonly summary: (name: string | undefined) => Summary | undefined;
  /** Adds a function of the file. */
  readonly learn: (summary: Summary) => void;
  /** Functions of the file, in the order in which they were learned. */
  readonly learned: () => readonly Summary[];
}

/** What a file starts with. `own`: names that the file defines; `external` is never asked for those. */
export function createKnowledge(own: ReadonlySet<string>, external: SummaryLookup = () => undefined): Knowledge {
  const summaries = new Map<string, Summary>();
  const rows = new Map<string, DmaFunction | undefined>();
  const elsewhere = (name: string) => (own.has(name) ? undefined : external(name));
  const row: ApiLookup = (name) => {
    if (name === undefined) return undefined;
    const known = dmaFunction(name);
    if (known || rows.has(name)) return known ?? rows.get(name);
    const summary = elsewhere(name);
    const found = summary && knownRow(summary);
    if (!own.has(name)) rows.set(name, found);
    return found;
  };
  return {
    row,
    summary: (name) =>
      name === undefined ? undefined : (summaries.get(name) ?? elsewhere(name) ?? summaryOfRow(dmaFunction(name))),
    learn(summary) {
      summaries.set(summary.name, summary);
      rows.set(summary.name, knownRow(summary));
    },
    learned: () => [...summaries.values()],
  };
}

const rowsOfSummaries = new WeakMap<Summary, { readonly row: DmaFunction | undefined }>();
const summariesOfRows = new WeakMap<DmaFunction, { readonly summary: Summary | undefined }>();

/** The same object for the same summary. */
function knownRow(summary: Summary): DmaFunction | undefined {
  const known = rowsOfSummaries.get(summary) ?? { row: rowOf(summary, dmaFunction) };
  rowsOfSummaries.set(summary, known);
  return known.row;
}

/** What a row of the table says in the terms of a summary: the same object for the same row. */
function summaryOfRow(row: DmaFunction | undefined): Summary | undefined {
  if (!row) return undefined;
  const known = summariesOfRows.get(row) ?? { summary: restated(row) };
  summariesOfRows.set(row, known);
  return known.summary;
}

function restated(row: DmaFunction): Summary | undefined {
  const about = { name: row.name, isStatic: false, at: { start: 0, end: 0 }, params: [] };
  const at = (argument: number) => ({ argument, path: '' });
  if (row.role === 'measure' && row.table !== undefined)
    return { ...about, effects: [], returns: { kind: 'contiguous-size', of: at(row.table) } };
  if (row.role === 'consume' && row.list !== undefined && row.count !== undefined)
    return { ...about, effects: [{ kind: 'walks', list: at(row.list), count: at(row.count) }] };
  if (row.role === 'check' && row.address !== undefined)
    return { ...about, effects: [{ kind: 'tests-mapping', what: at(row.address) }] };
  return undefined;
}
