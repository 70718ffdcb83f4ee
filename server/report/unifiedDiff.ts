/** Reads unified diffs: which lines of which files are new. Understands `git diff`, `diff -u` and patch mails. */

export interface ChangedFile {
  /** Names that the new file may have, the likeliest first: as written, and without its first folder (`b/`). */
  readonly names: readonly string[];
  /** Numbers of the lines that are new or changed, counted from 1 in the new file. */
  readonly lines: ReadonlySet<number>;
}

/** The files that a diff changes. A deleted file is not among them; a file that only moved has no lines. */
export function parseUnifiedDiff(text: string): readonly ChangedFile[] {
  const files: { names: readonly string[]; lines: Set<number> }[] = [];
  let isGit = false;
  let current: Set<number> | undefined;
  let hunk: Hunk | undefined;
  for (const line of text.split('\n')) {
    if (hunk) {
      hunk = takeLine(hunk, line, current);
      if (hunk) continue;
    }
    const header = line.replace(/\r$/, '');
    if (header.startsWith('diff --git ')) {
      isGit = true;
      current = undefined;
      continue;
    }
    if (/^diff --(?:cc|combined) /.test(header)) isGit = true;
    const path = /^\+\+\+ (.*)$/.exec(header)?.[1];
    if (path !== undefined) {
      const name = pathOf(path);
      current = name === undefined ? undefined : new Set();
      if (name !== undefined && current) files.push({ names: namesOf(name, isGit), lines: current });
      continue;
    }
    const renamed = /^(?:rename|copy) to (.*)$/.exec(header)?.[1];
    // With changes a `+++` line follows, and says the same.
    if (renamed !== undefined) files.push({ names: [pathOf(renamed) ?? renamed], lines: new Set() });
    hunk = openHunk(header);
  }
  return files;
}

interface Hunk {
  /** Lines still to come, of each old file and of the new one. */
  readonly old: readonly number[];
  readonly added: number;
  /** Number of the next line in the new file. */
  readonly line: number;
}

/** `@@ -1,2 +3,4 @@`; a merge has an `@` and an old range more. */
function openHunk(header: string): Hunk | undefined {
  const match = /^(@@+) ((?:-\d+(?:,\d+)? )+)\+(\d+)(?:,(\d+))? @@/.exec(header);
  if (!match) return undefined;
  const old = (match[2] ?? '')
    .trim()
    .split(' ')
    .map((range) => Number(/,(\d+)/.exec(range)?.[1] ?? 1));
  const hunk = { old, added: Number(match[4] ?? 1), line: Number(match[3]) };
  return isOpen(hunk) ? hunk : undefined;
}

function isOpen(hunk: Hunk): boolean {
  return 0 < hunk.added || hunk.old.some((left) => 0 < left);
}

/** The hunk after one of its lines; undefined when `line` is none of it. */
function takeLine(hunk: Hunk, line: string, changed: Set<number> | undefined): Hunk | undefined {
  if (!isOpen(hunk)) return undefined;
  if (line.startsWith('\\')) return hunk;
  const marks = line.slice(0, hunk.old.length).padEnd(hunk.old.length).replace('\r', ' ');
  if (/[^ +-]/.test(marks)) return undefined;
  const isNew = !marks.includes('-');
  const old = hunk.old.map((left, side) => {
    const mark = marks[side];
    // A line is in an old file unless that side says it is new; a line gone elsewhere is in those that say so.
    return (isNew ? mark === ' ' : mark === '-') ? left - 1 : left;
  });
  if (isNew && marks.includes('+')) changed?.add(hunk.line);
  return { old, added: hunk.added - (isNew ? 1 : 0), line: hunk.line + (isNew ? 1 : 0) };
}

/** The path of a `+++` line; undefined for `/dev/null`. */
function pathOf(text: string): string | undefined {
  const path = text.startsWith('"') ? unquote(text) : text.replace(/\t.*$/, '');
  return path === '/dev/null' ? undefined : path;
}

function namesOf(name: string, isGit: boolean): readonly string[] {
  const slash = name.indexOf('/');
  if (slash === -1) return [name];
  const stripped = name.slice(slash + 1);
  return isGit || name.startsWith('b/') ? [stripped, name] : [name, stripped];
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** A path in git's C style: bytes beyond ASCII in octal. */
function unquote(text: string): string {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const match of text.slice(1).matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gsu)) {
    const [, octal, letter, plain] = match;
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (letter !== undefined) bytes.push(ESCAPES[letter] ?? letter.charCodeAt(0));
    else if (plain === '"') break;
    else bytes.push(...encoder.encode(plain ?? ''));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
