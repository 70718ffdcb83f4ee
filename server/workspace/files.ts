/** Which files a scan looks at. */

import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MENTIONS_DMA } from '../dmaApi';

export interface FoundFiles {
  /** C files, as paths below what was given, in stable order. */
  readonly files: readonly string[];
  /** What could not be looked at, and why. */
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
}

/** The C files among and below `paths`. Links that lead in circles are followed once. */
export function findFiles(paths: readonly string[]): FoundFiles {
  const files: string[] = [];
  const failed: { file: string; reason: string }[] = [];
  const seen = new Set<string>();
  for (const path of paths) visit(path, true, files, failed, seen);
  return { files, failed };
}

function visit(
  path: string,
  isGiven: boolean,
  files: string[],
  failed: { file: string; reason: string }[],
  seen: Set<string>,
): void {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      const real = realpathSync(path);
      if (seen.has(real)) return;
      seen.add(real);
      for (const name of readdirSync(path).sort()) {
        if (name === '.git' || name === 'node_modules') continue;
        visit(path === '.' ? name : join(path, name), false, files, failed, seen);
      }
    } else if (stat.isFile()) {
      if (isGiven || /\.[ch]$/.test(path)) files.push(path);
    } else if (isGiven) {
      failed.push({ file: path, reason: 'neither a file nor a folder' });
    }
  } catch (error) {
    if (isGiven || !isMissing(error)) failed.push({ file: path, reason: reasonOf(error) });
  }
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
  };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Bytes of a file; 0 when it cannot be told. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Larger files are generated tables, not drivers. Bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Every file that mentions the DMA API has one of these: a search over bytes that spares decoding the others. */
const HINTS = ['dma_', 'pci_', 'prime_get_contiguous'].map((word) => Buffer.from(word));

export type SourceText =
  | { readonly kind: 'text'; readonly text: string }
  /** Does not mention the DMA API. */
  | { readonly kind: 'other' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Reads a source file, as UTF-8 where it is, else as Latin-1. `all`: also files without DMA. Never throws. */
export function readSource(path: string, { all = false }: { readonly all?: boolean } = {}): SourceText {
  try {
    if (MAX_BYTES < statSync(path).size) return { kind: 'other' };
    const bytes = readFileSync(path);
    if (bytes.subarray(0, 8192).includes(0)) return { kind: 'failed', reason: 'a binary file' };
    if (!HINTS.some((hint) => bytes.includes(hint))) return { kind: 'other' };
    const latin = bytes.toString('latin1');
    if (!all && !MENTIONS_DMA.test(latin)) return { kind: 'other' };
    return { kind: 'text', text: decode(bytes, latin) };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

function decode(bytes: Uint8Array, latin: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return latin;
  }
}
