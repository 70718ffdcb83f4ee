/** Which functions of other files a file's calls may mean, and what those do. */

import { dirname } from 'node:path';
import { type Elsewhere, isTelling, type Summary, type SummaryLookup } from '../facts/summary';

/** What one file tells the others, and what it asks of them. */
export interface FileInterface {
  readonly file: string;
  /** Functions of which callers in other files learn something. */
  readonly exports: readonly ExportedSummary[];
  /** Functions that it calls and does not define, separated by spaces. */
  readonly calls: string;
}

/** A function that callers in other files learn something from. */
export interface ExportedSummary extends Summary {
  readonly elsewhere: Elsewhere;
  /** The whole kernel can call it, not only the driver that it belongs to. */
  readonly isExported: boolean;
}

/** Finds the functions that a file's calls mean. */
export interface Linker {
  /** What a file's calls of functions defined elsewhere do; empty where nothing is known. */
  readonly externalsOf: (file: string, calls: string) => readonly Summary[];
  /** What a call of one name in a file means. */
  readonly find: (file: string, name: string) => Summary | undefined;
}

/** What a file's functions tell other files. `text` is the file's. */
export function exportsOf(file: string, text: string, summaries: readonly Summary[]): readonly ExportedSummary[] {
  const telling = summaries.filter((one) => (file.endsWith('.h') || !one.isStatic) && isTelling(one));
  if (telling.length === 0) return [];
  const isPublic = /(?:^|\/)include\//.test(file);
  const exported = new Set([...text.matchAll(/\bEXPORT_SYMBOL\w*\(\s*(\w+)/g)].map((match) => match[1]));
  return telling.map((one) => ({
    ...one,
    elsewhere: { file, ...positionAt(text, one.at.start) },
    isExported: isPublic || exported.has(one.name),
  }));
}

function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/** Links files by the names of their functions. */
export function createLinker(files: Iterable<FileInterface>): Linker {
  const definitions = new Map<string, ExportedSummary[]>();
  for (const { exports } of files) {
    for (const summary of exports) {
      const known = definitions.get(summary.name);
      if (known) known.push(summary);
      else definitions.set(summary.name, [summary]);
    }
  }
  const find = (file: string, name: string) => {
    const candidates = definitions.get(name);
    return candidates && choose(candidates, file);
  };
  return {
    find,
    externalsOf(file, calls) {
      if (definitions.size === 0) return [];
      return calls.split(' ').flatMap((name) => find(file, name) ?? []);
    },
  };
}

/** The one definition that a call in `file` can mean: the nearest, where there are several; none when it cannot be told. */
function choose(candidates: readonly ExportedSummary[], file: string): Summary | undefined {
  const near = candidates.filter((one) => isNear(one.elsewhere.file, file));
  const reachable = 0 < near.length ? near : candidates.filter((one) => one.isExported);
  return reachable.length === 1 ? reachable[0] : undefined;
}

/** The files belong to one driver: they share a folder, or one lies below the other's. */
function isNear(a: string, b: string): boolean {
  const [one, other] = [`${dirname(a)}/`, `${dirname(b)}/`];
  return one.startsWith(other) || other.startsWith(one);
}

/** A lookup for one file's analysis. */
export function lookupIn(summaries: readonly Summary[]): SummaryLookup {
  const byName = new Map(summaries.map((one) => [one.name, one]));
  return (name) => byName.get(name);
}
