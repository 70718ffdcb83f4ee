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
  // A thread that is ended while it is inside the native parser takes the process with it; the WASM one is as fast here.
  parser ??= createParser({ engine: 'wasm' });
  const loaded = await parser;
  const store = cache && openStore(cache);
  const outcomes: FileOutcome[] = [];
  for (const { file, options, externals } of files) {
    outcomes.push(analyzeFile(file, loaded, options, externals, store));
    // Whoever wants to end the work gets a turn.
    await turn();
  }
  return outcomes;
}
