/** `dma-lens merge`. */

import { readFileSync } from 'node:fs';
import { MergeError, mergeReports } from '../report/merge';
import type { Severity } from '../types';
import { reasonOf } from '../workspace/files';
import { atOrAbove, type FailLevel } from './failLevel';
import { UsageError } from './usage';

/** Merges the reports of shards and prints the result; returns the exit status. */
export function runMerge(files: readonly string[], options: { readonly failOn: FailLevel }): number {
  const reports = files.map((name) => ({ name, text: read(name) }));
  try {
    const { text, severities } = mergeReports(reports);
    process.stdout.write(text);
    return atOrAbove(options.failOn).some((level: Severity) => severities.has(level)) ? 1 : 0;
  } catch (error) {
    if (error instanceof MergeError) throw new UsageError(error.message);
    throw error;
  }
}

function read(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch (error) {
    throw new UsageError(`${name}: ${reasonOf(error)}`);
  }
}
