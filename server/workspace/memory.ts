/** What a scan knows before it reads anything: the results of last time, where nothing has changed since. */

import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Summary } from '../facts/summary';
import { type FileOptions, type FileOutcome, recall } from './analyzeFile';
import { createLinker } from './externals';
import { openManifest } from './manifest';
import { openStore, type StorePlace } from './store';

/** Files whose result is known, and files that are to be analysed. */
interface Sorted {
  readonly known: readonly FileOutcome[];
  readonly unknown: readonly string[];
}

export interface Memory extends Sorted {
  /** Bytes of a file; 0 when it cannot be told. */
  readonly sizeOf: (file: string) => number;
  /** Remembers what the files hold. */
  readonly save: (outcomes: ReadonlyMap<string, FileOutcome>) => void;
  /**
   * Sorts the files that call functions of others of which they have not heard yet, and says what those do. What a file
   * has heard is kept in `heard`.
   */
  readonly link: (
    outcomes: ReadonlyMap<string, FileOutcome>,
    heard: Map<string, string>,
  ) => Sorted & { readonly externals: ReadonlyMap<string, readonly Summary[]> };
}

/** Sorts `files`, found below `paths`. Without a cache, all are unknown. */
export function openMemory(
  files: readonly string[],
  paths: readonly string[],
  optionsOf: (file: string) => FileOptions,
  cache: StorePlace | undefined,
): Memory {
  const store = cache && openStore(cache);
  const manifest = store && openManifest(store, [resolve('.'), ...paths]);
  const stats = new Map<string, Stats>();
  const known: FileOutcome[] = [];
  const unknown: string[] = [];
  for (const file of files) {
    const stat = statOf(file);
    if (stat) stats.set(file, stat);
    const mark = stat && manifest?.markOf(file, stat);
    const outcome =
      mark === ''
        ? ({ kind: 'other', file, messages: [] } as const)
        : store && mark && recall(store, file, mark, optionsOf(file));
    if (outcome) known.push(outcome);
    else unknown.push(file);
  }
  return {
    known,
    unknown,
    sizeOf: (file) => stats.get(file)?.size ?? 0,
    save(outcomes) {
      if (!manifest) return;
      for (const [file, stat] of stats) {
        const outcome = outcomes.get(file);
        if (outcome && outcome.kind !== 'failed')
          manifest.note(file, stat, outcome.kind === 'analyzed' ? outcome.content : '');
      }
      manifest.save();
    },
    link(outcomes, heard) {
      const analyzed = [...outcomes.values()].filter((one) => one.kind === 'analyzed');
      const linker = createLinker(analyzed);
      const externals = new Map<string, readonly Summary[]>();
      const again: string[] = [];
      const recalled: FileOutcome[] = [];
      for (const { file, content, calls } of analyzed) {
        const found = linker.externalsOf(file, calls);
        const all = found.length === 0 ? '' : JSON.stringify(found);
        if (all === (heard.get(file) ?? '')) continue;
        heard.set(file, all);
        externals.set(file, found);
        const outcome = store && recall(store, file, content, optionsOf(file), found);
        if (outcome) recalled.push(outcome);
        else again.push(file);
      }
      return { known: recalled, unknown: again, externals };
    },
  };
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    // Reading it will tell why.
    return undefined;
  }
}
