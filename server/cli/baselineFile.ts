/** `--baseline` and `--update-baseline`. */

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { BaselineError, baselineOf, baselineText, parseBaseline, withoutKnown } from '../report/baseline';
import { reasonOf } from '../workspace/files';
import type { FileFindings } from '../workspace/scan';
import { writeAtomically } from '../workspace/writeFile';
import { UsageError } from './usage';

/** The findings that the file does not know. */
export function withoutBaseline(files: readonly FileFindings[], path: string): readonly FileFindings[] {
  const folder = dirname(resolve(path));
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: ${reasonOf(error)}; --update-baseline writes it`);
  }
  try {
    const isGone = (name: string) => !existsSync(resolve(folder, name));
    return withoutKnown(files, parseBaseline(text), nameIn(folder), isGone);
  } catch (error) {
    if (error instanceof BaselineError) throw new UsageError(`${path}: no baseline: ${error.message}`);
    throw error;
  }
}

/** Writes the findings of a scan as the new baseline; returns how many there are. */
export function updateBaseline(files: readonly FileFindings[], path: string): number {
  const baseline = baselineOf(files, nameIn(dirname(resolve(path))));
  try {
    writeAtomically(existsSync(path) ? realpathSync(path) : path, Buffer.from(baselineText(baseline)));
  } catch (error) {
    throw new UsageError(`${path}: ${reasonOf(error)}`);
  }
  return baseline.length;
}

/** Names are relative to the baseline's folder, so that it can be used from anywhere. */
function nameIn(folder: string): (file: string) => string {
  return (file) => relative(folder, resolve(file));
}
