/** One order of findings for all reports, whatever the order of arguments, cores or shards. */

import type { FileFindings } from '../workspace/scan';

/** The files by path, each with its findings by place. */
export function inOrder(files: readonly FileFindings[]): readonly FileFindings[] {
  return [...files].sort((a, b) => comparePaths(a.file, b.file));
}

/** Folder by folder, names by their UTF-16 units: the same on every machine, whatever its language. */
export function comparePaths(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareText(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function partsOf(path: string): readonly string[] {
  return path.replace(/^(?:\.\/)+/, '').split('/');
}

/** By UTF-16 units; no locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : b < a ? 1 : 0;
}
