/** Which lines changed, by git or by a diff on standard input. */

import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { indexLines } from '../report/lines';
import { parseUnifiedDiff } from '../report/unifiedDiff';
import { decodeSource } from '../workspace/encoding';
import type { FileFindings } from '../workspace/scan';
import { readStdin } from './stdin';
import { UsageError } from './usage';

/** What works where we cannot, or will not, let git make the diff. */
const PIPED = 'git diff | dma-lens check --diff -';

export interface Changes {
  /** Whether any line of the file changed. */
  has(file: string): boolean;
  /** The findings of a file that touch a line which changed. */
  findingsIn(file: FileFindings): FileFindings['findings'];
}

/** The changes from a revision to the files as they are now; `-` reads a unified diff from standard input. */
export async function changesSince(revision: string): Promise<Changes> {
  return toChanges(revision === '-' ? changesIn(decodeSource(await readStdin()).text) : changesInGit(revision));
}

/** Changed lines by the real path of the file; `all` where the whole file is new. */
type ChangedLines = Map<string, Set<number> | 'all'>;

function toChanges(changed: ChangedLines): Changes {
  const linesOf = (file: string) => changed.get(realPath(file));
  return {
    has(file) {
      const lines = linesOf(file);
      return lines === 'all' || (lines !== undefined && 0 < lines.size);
    },
    findingsIn({ file, text, findings }) {
      const changedLines = linesOf(file);
      if (changedLines === undefined || changedLines === 'all') return changedLines ? findings : [];
      const lines = indexLines(text);
      return findings.filter(({ span }) => {
        const last = lines.positionAt(Math.max(span.start, span.end - 1)).line;
        for (let line = lines.positionAt(span.start).line; line <= last; line++) {
          if (changedLines.has(line)) return true;
        }
        return false;
      });
    },
  };
}

/** Names in a diff count from the top of the repository, or from here. */
function changesIn(diff: string): ChangedLines {
  const top = topFolder() ?? process.cwd();
  return linesByPath(diff, [top, process.cwd()]);
}

/** The lines of each file of a diff, with names resolved below the first of `folders` where they exist. */
function linesByPath(diff: string, folders: readonly string[]): ChangedLines {
  const changed: ChangedLines = new Map();
  for (const { names, lines } of parseUnifiedDiff(diff)) {
    const places = folders.flatMap((folder) => names.map((name) => join(folder, name)));
    const place = places.find((one) => existsSync(one));
    if (place === undefined) continue;
    const path = realPath(place);
    const known = changed.get(path);
    changed.set(path, new Set([...(known instanceof Set ? known : []), ...lines]));
  }
  return changed;
}

function changesInGit(revision: string): ChangedLines {
  const top = topFolder();
  if (top === undefined) {
    throw new UsageError(`--diff needs a git repository here; or pipe a diff in: ${PIPED}`);
  }
  const commit = commitOf(revision, top);
  const format = ['--unified=0', '--find-renames', '--no-color', '--no-ext-diff', '--no-textconv', '--no-relative'];
  const prefixes = ['--src-prefix=a/', '--dst-prefix=b/', '--output-indicator-new=+', '--output-indicator-old=-'];
  const settings = withoutFilters(top);
  const diff = diffOf(top, [...settings, 'diff', ...format, ...prefixes, '--ignore-submodules=all', commit, '--']);
  const changed = linesByPath(diff, [top]);
  const untracked = git(top, ['ls-files', '--others', '--exclude-standard', '-z', '--', '*.c', '*.h']);
  for (const name of untracked.split('\0')) if (name !== '') changed.set(realPath(join(top, name)), 'all');
  return changed;
}

/** In a clone without all old files git would have to fetch them, which is the user's to ask for. */
function diffOf(top: string, args: readonly string[]): string {
  try {
    return git(top, args);
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError(`${error.message}; if git has to fetch what this clone left out, pipe its diff in: ${PIPED}`);
  }
}

/** The commit of `REV`, or where the current branch left it for `REV...`. */
function commitOf(revision: string, top: string): string {
  const base = /^(.+)\.\.\.$/.exec(revision)?.[1];
  const verify = (name: string) => {
    try {
      return git(top, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]).trim();
    } catch {
      throw new UsageError(`git knows no revision '${name}'; in a shallow clone, fetch it first`);
    }
  };
  if (base === undefined) return verify(revision);
  try {
    return git(top, ['merge-base', verify(base), 'HEAD']).trim();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`'${base}' and HEAD have no common commit; in a shallow clone, fetch more of it`);
  }
}

function topFolder(): string | undefined {
  try {
    return git(process.cwd(), ['rev-parse', '--show-toplevel']).replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/** Options that turn off the programs which the repository's configuration lets files pass through. */
function withoutFilters(top: string): readonly string[] {
  const listed = git(top, ['config', '--list', '--name-only', '-z']);
  const names = new Set(listed.split('\0').flatMap((key) => /^filter\.([\s\S]*)\.\w+$/.exec(key)?.[1] ?? []));
  // Git takes what is before the first `=` for the name of a setting.
  if ([...names].some((name) => name.includes('='))) {
    throw new UsageError(`a filter in git's configuration has '=' in its name; pipe the diff in: ${PIPED}`);
  }
  return [...names].flatMap((name) =>
    ['clean=', 'process=', 'required=false'].flatMap((setting) => ['-c', `filter.${name}.${setting}`]),
  );
}

/** Nothing that a repository's configuration or its hooks name is run, and nothing is fetched or written. */
const CAREFUL = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'protocol.allow=never'];
const CAREFUL_ENV = { GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' };

/** Runs git without a shell; what it says on standard error is kept for the message. */
function git(folder: string, args: readonly string[]): string {
  try {
    return execFileSync('git', [...CAREFUL.flatMap((setting) => ['-c', setting]), ...args], {
      cwd: folder,
      env: { ...process.env, ...CAREFUL_ENV },
      encoding: 'utf8',
      maxBuffer: 1024 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isAbsent) throw new UsageError('--diff needs git, which is not installed');
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`git ${args[0]} failed: ${said.split('\n')[0] ?? ''}`);
  }
}

/** The path without links, also where the file itself is gone. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(resolve(path));
    return parent === resolve(path) ? parent : join(realPath(parent), relative(parent, resolve(path)));
  }
}
