/** What `.gitignore` files say about C files and folders. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ignore, { type Ignore } from 'ignore';

interface IgnoreFile {
  /** Real path of the folder that the patterns are relative to. */
  readonly folder: string;
  readonly folders: Ignore;
  /** Only the patterns that a C file's name can match: most of a kernel's cannot, and every file is asked about. */
  readonly cFiles: Ignore;
}

/** The files that apply at a place, the nearest first. */
export type IgnoreRules = readonly IgnoreFile[];

/**
 * The rules from the top of the repository down to the folder above `real`, a real path. None when no repository
 * is above, or when they exclude `real` itself: who names an excluded folder wants what is in it.
 */
export function ignoreRulesAbove(real: string): IgnoreRules {
  const folders: string[] = [];
  for (let folder = real; ; folder = dirname(folder)) {
    if (folder !== real) folders.push(folder);
    if (existsSync(join(folder, '.git'))) break;
    if (dirname(folder) === folder) return [];
  }
  const rules = folders.reverse().reduce<IgnoreRules>(withIgnoreFile, []);
  return isIgnored(rules, real, true) ? [] : rules;
}

/** Whether a repository is at a real path or above. */
export function isInRepository(real: string): boolean {
  for (let folder = real; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return true;
    if (dirname(folder) === folder) return false;
  }
}

/** `rules` and those of the `.gitignore` in `folder`, if it can be read. */
export function withIgnoreFile(rules: IgnoreRules, folder: string): IgnoreRules {
  try {
    const lines = readFileSync(join(folder, '.gitignore'), 'utf8').split(/\r?\n/);
    const cFiles = lines.filter(canMatchCFile);
    return [{ folder, folders: ignore().add([...lines]), cFiles: ignore().add(cFiles) }, ...rules];
  } catch {
    return rules;
  }
}

/** Whether the rules exclude `place`, a path below their folders. The nearest file that speaks about it decides. */
export function isIgnored(rules: IgnoreRules, place: string, isFolder: boolean): boolean {
  for (const { folder, folders, cFiles } of rules) {
    const path = relative(folder, place);
    const { ignored, unignored } = isFolder ? folders.test(`${path}/`) : cFiles.test(path);
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}

/** False for a pattern whose last part no name that ends in `.c` or `.h` fits. */
function canMatchCFile(pattern: string): boolean {
  return /(?:\.[ch]|[\]*?\\])$/.test(pattern.trimEnd());
}
