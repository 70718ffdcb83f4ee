/** A worker of the scan: takes files, gives back what came of them. */

import { createParser } from '../syntax/parser';
import { analyzeFile, type FileOptions, type FileOutcome } from './analyzeFile';

export interface WorkerTask {
  readonly files: readonly string[];
  readonly options: FileOptions;
}

const parser = createParser();

export default async function analyzeFiles({ files, options }: WorkerTask): Promise<readonly FileOutcome[]> {
  const loaded = await parser;
  return files.map((file) => analyzeFile(file, loaded, options));
}
