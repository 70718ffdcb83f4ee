/** A worker of the scan: takes files, gives back what came of them. */

import { createParser } from '../syntax/parser';
import { analyzeFile, type FileOptions, type FileOutcome } from './analyzeFile';

export interface WorkerTask {
  readonly files: readonly { readonly file: string; readonly options: FileOptions }[];
}

let parser: ReturnType<typeof createParser> | undefined;

export default async function analyzeFiles({ files }: WorkerTask): Promise<readonly FileOutcome[]> {
  parser ??= createParser();
  const loaded = await parser;
  return files.map(({ file, options }) => analyzeFile(file, loaded, options));
}
