/** A worker of the scan: takes files, gives back what came of them. */

import { setImmediate as turn } from 'node:timers/promises';
import type { Summary } from '../facts/summary';
import { createParser } from '../syntax/parser';
import { analyzeFile, type FileOptions, type FileOutcome } from './analyzeFile';
import { openStore, type StorePlace } from './store';

export interface WorkerTask {
  readonly files: readonly {
    readonly file: string;
    readonly options: FileOptions;
    /** What functions of other files do. */
    readonly externals: readonly Summary[] | undefined;
  }[];
  /** Where results are kept. */
  readonly cache: StorePlace | undefined;
}

let parser: ReturnType<typeof createParser> | undefined;

export default async function analyzeFiles({ files, cache }: WorkerTask): Promise<readonly FileOutcome[]> {
  parser ??= createParser();
  const loaded = await parser;
  const store = cache && openStore(cache);
  const outcomes: FileOutcome[] = [];
  for (const { file, options, externals } of files) {
    outcomes.push(analyzeFile(file, loaded, options, externals, store));
    // The native parser's trees are freed between two turns of the loop, and not before.
    await turn();
  }
  return outcomes;
}
