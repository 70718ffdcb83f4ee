/** Which files a scan looks at. */

import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MENTIONS_DMA } from '../dmaApi';
import { decodeSource } from './encoding';
import { type IgnoreRules, ignoreRulesAbove, isIgnored, isInRepository, withIgnoreFile } from './gitignore';

export interface FoundFiles {
  /** C files, as paths below what was given, in stable order. */
  readonly files: readonly string[];
  /** What could not be looked at, and why. */
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
}

interface Walk {
  readonly files: string[];
  readonly failed: { file: string; reason: string }[];
  /** Real paths of what was visited. */
  readonly seen: Set<string>;
}

/**
 * The C files among and below `paths`, each once. What `.gitignore` excludes is left out, unless it is itself among
 * `paths`. Links that lead in circles are followed once.
 */
export function findFiles(paths: readonly string[]): FoundFiles {
  const walk: Walk = { files: [], failed: [], seen: new Set() };
  for (const path of paths) visitGiven(path, walk);
  return { files: walk.files, failed: walk.failed };
}

function visitGiven(path: string, walk: Walk): void {
  try {
    const stat = statSync(path);
    const real = realpathSync(path);
    if (stat.isDirectory()) visitFolder(path, real, ignoreRulesAbove(real), walk, isInRepository(real));
    else if (stat.isFile()) addFile(path, real, walk);
    else walk.failed.push({ file: path, reason: 'neither a file nor a folder' });
  } catch (error) {
    walk.failed.push({ file: path, reason: reasonOf(error) });
  }
}

/** Outside of a repository `.gitignore` says nothing: a tree that was unpacked from an archive brings that of its packager. */
function visitFolder(path: string, real: string, above: IgnoreRules, walk: Walk, isBelow: boolean): void {
  if (walk.seen.has(real)) return;
  walk.seen.add(real);
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const has = (name: string) => entries.some((entry) => entry.name === name);
  const isInside = isBelow || has('.git');
  const rules = isInside && has('.gitignore') ? withIgnoreFile(above, real) : above;
  for (const entry of entries) {
    const below = path === '.' ? entry.name : join(path, entry.name);
    try {
      visitEntry(entry, below, join(real, entry.name), rules, walk, isInside);
    } catch (error) {
      // What vanishes while the scan runs was not there.
      if (!isMissing(error)) walk.failed.push({ file: below, reason: reasonOf(error) });
    }
  }
}

function visitEntry(
  entry: Dirent,
  path: string,
  place: string,
  rules: IgnoreRules,
  walk: Walk,
  isInside: boolean,
): void {
  const isLink = entry.isSymbolicLink();
  const what = isLink ? statSync(path) : entry;
  if (what.isDirectory()) {
    if (entry.name === '.git' || entry.name === 'node_modules' || isIgnored(rules, place, true)) return;
    visitFolder(path, isLink ? realpathSync(path) : place, rules, walk, isInside);
  } else if (what.isFile() && /\.[ch]$/.test(path) && !isIgnored(rules, place, false)) {
    addFile(path, isLink ? realpathSync(path) : place, walk);
  }
}

function addFile(path: string, real: string, walk: Walk): void {
  if (walk.seen.has(real)) return;
  walk.seen.add(real);
  walk.files.push(path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** An error of the file system in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or folder',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EISDIR: 'is a folder',
    ELOOP: 'too many symbolic links',
    ENOTDIR: 'a part of the path is no folder',
    ENOSPC: 'no space left',
    EROFS: 'the file system is read-only',
  };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Larger files are generated tables, not drivers. Bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Every file that mentions the DMA API has one of these: a search over bytes that spares decoding the others. */
const HINTS = ['dma_', 'pci_', 'prime_get_contiguous', 'get_pages_sgt', 'map_request', 'host1x_bo_pin'].map((word) =>
  Buffer.from(word),
);

export type SourceText =
  | { readonly kind: 'text'; readonly text: string }
  /** Does not mention the DMA API. */
  | { readonly kind: 'other' }
  | { readonly kind: 'failed'; readonly reason: string };

export type SourceBytes =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | Exclude<SourceText, { readonly kind: 'text' }>;

/** Reads a source file, as UTF-8 where it is, else as Latin-1. `all`: also files without DMA. Never throws. */
export function readSource(path: string, { all = false }: { readonly all?: boolean } = {}): SourceText {
  const source = readBytes(path, { all });
  return source.kind === 'bytes' ? { kind: 'text', text: decodeSource(source.bytes).text } : source;
}

/** Reads a source file as it is. `all`: also files without DMA. Never throws. */
export function readBytes(path: string, { all = false }: { readonly all?: boolean } = {}): SourceBytes {
  try {
    if (MAX_BYTES < statSync(path).size) return { kind: 'other' };
    const bytes = readFileSync(path);
    if (bytes.subarray(0, 8192).includes(0)) return { kind: 'failed', reason: 'a binary file' };
    if (!all && !HINTS.some((hint) => bytes.includes(hint))) return { kind: 'other' };
    if (!all && !MENTIONS_DMA.test(bytes.toString('latin1'))) return { kind: 'other' };
    return { kind: 'bytes', bytes };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}
