/** What an editor's files learn from the tree around them, brought up to date in the background. */

import type { SummaryLookup } from '../facts/summary';
import type { Analysis } from '../lens';
import type { KernelVersion } from '../types';
import { createLinker, type ExportedSummary, exportsOf } from './externals';
import { type Progress, scan } from './scan';
import type { StorePlace } from './store';

/** Heap of the worker in MiB; that there is a limit keeps the work off the thread that answers the editor. */
const WORKER_MEMORY = 200;

export interface UpdateOptions {
  readonly kernel: KernelVersion;
  readonly progress?: Progress;
  /** Ends the update; what was known before stays. */
  readonly signal?: AbortSignal;
}

export interface TreeIndex {
  /**
   * Looks at folders again; files that have not changed cost next to nothing. Resolves to true when something is known
   * that was not before, or no longer is. Rejected when the signal ends it.
   */
  readonly update: (folders: readonly string[], options: UpdateOptions) => Promise<boolean>;
  /** What functions of other files do, for the analysis of `file`. */
  readonly lookupFor: (file: string) => SummaryLookup;
  /** Takes over what the functions of a file mean to others now; true when that is something else than before. */
  readonly learn: (file: string, text: string, analysis: Analysis) => boolean;
}

/** An index that knows nothing yet. `cache`: where results are kept; absent: nowhere. */
export function createTreeIndex(cache: StorePlace | undefined): TreeIndex {
  let files: ReadonlyMap<string, readonly ExportedSummary[]> = new Map();
  let linker = createLinker([]);
  const replace = (next: ReadonlyMap<string, readonly ExportedSummary[]>) => {
    files = next;
    linker = createLinker([...next].map(([file, exports]) => ({ file, exports, calls: '' })));
  };
  return {
    async update(folders, { kernel, progress, signal }) {
      const found = await scan(folders, {
        kernel,
        // One core: the editor has the others. No rule: only what functions mean matters here.
        jobs: 1,
        workerMemory: WORKER_MEMORY,
        rules: [],
        ...(cache && { cache }),
        ...(progress && { progress }),
        ...(signal && { signal }),
      });
      const next = new Map<string, ExportedSummary[]>();
      for (const one of found.exports) {
        const { file } = one.elsewhere;
        next.set(file, [...(next.get(file) ?? []), one]);
      }
      const isChanged = meaningOf(next) !== meaningOf(files);
      replace(next);
      return isChanged;
    },
    lookupFor: (file) => (name) => linker.find(file, name),
    learn(file, text, analysis) {
      const exports = exportsOf(file, text, analysis.summaries);
      const known = files.get(file) ?? [];
      if (meaningOf(new Map([[file, exports]])) === meaningOf(new Map([[file, known]]))) return false;
      replace(new Map(files).set(file, exports));
      return true;
    },
  };
}

/** What callers would notice; where a function stands is not part of it. */
function meaningOf(files: ReadonlyMap<string, readonly ExportedSummary[]>): string {
  const meanings: string[] = [];
  for (const [file, exports] of files) {
    for (const { name, effects, returns, isExported } of exports)
      meanings.push(JSON.stringify([file, name, effects, returns, isExported]));
  }
  return meanings.sort().join('\n');
}
