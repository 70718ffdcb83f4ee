import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findFiles } from '../../server/workspace/files';

let top = '';
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'dma-lens-files-'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
}

function found(...paths: readonly string[]): readonly string[] {
  return findFiles(paths.map((path) => join(top, path))).files.map((file) => relative(top, file));
}

test('C files below folders, in order, each once', () => {
  put({ 'b/x.c': '', 'a/y.h': '', 'a/z.txt': '', 'c.c': '', '.git/hidden.c': '', 'node_modules/m.c': '' });
  expect(found('.')).toEqual(['a/y.h', 'b/x.c', 'c.c']);
  expect(found('b', 'b/x.c', '.', 'a/../b')).toEqual(['b/x.c', 'a/y.h', 'c.c']);
});

test('a given file is taken whatever its name', () => {
  put({ 'odd.inc': '' });
  expect(found('odd.inc')).toEqual(['odd.inc']);
});

test('links: followed once, circles end, dead ones are nothing', () => {
  put({ 'a/x.c': '', 'z/y.c': '' });
  symlinkSync('.', join(top, 'a/loop'));
  symlinkSync('..', join(top, 'a/up'));
  symlinkSync('nowhere', join(top, 'a/dead.c'));
  symlinkSync('self.c', join(top, 'a/self.c'));
  expect(found('a')).toEqual(['a/up/z/y.c', 'a/x.c']);
});

describe('.gitignore', () => {
  const FILES = {
    '.gitignore': '*.mod.c\n/generated/\n*.o\nbuild/\n!keep.mod.c\n',
    'a.c': '',
    'a.mod.c': '',
    'keep.mod.c': '',
    'generated/g.c': '',
    'sub/generated/g.c': '',
    'sub/build/b.c': '',
    'sub/.gitignore': 'local*.c\n!a.mod.c\n# note.c\n\\#odd.c\n',
    'sub/local1.c': '',
    'sub/a.mod.c': '',
    'sub/note.c': '',
    'sub/#odd.c': '',
  };

  test('says the same as git', () => {
    put(FILES);
    execFileSync('git', ['init', '-q'], { cwd: top });
    const listed = execFileSync('git', ['ls-files', '--others', '--exclude-standard', '-z', '*.c'], { cwd: top });
    const git = listed.toString().split('\0').filter(Boolean);
    expect([...found('.')].sort()).toEqual(git.sort());
    expect(git).toEqual(['a.c', 'keep.mod.c', 'sub/a.mod.c', 'sub/generated/g.c', 'sub/note.c']);
  });

  test('holds below a folder of the repository, but not outside of one', () => {
    put(FILES);
    expect(found('sub')).toContain('sub/local1.c');
    expect(found('sub')).toContain('sub/build/b.c');
    mkdirSync(join(top, '.git'));
    expect(found('sub')).not.toContain('sub/local1.c');
    expect(found('sub')).not.toContain('sub/build/b.c');
  });

  test('of a packager who ignores a whole unpacked tree does not hide the tree', () => {
    put({ '.gitignore': '/*\n!/debian/\n', 'drivers/a.c': '' });
    expect(found('.')).toEqual(['drivers/a.c']);
  });

  test('does not hold for what is named', () => {
    put({ ...FILES, '.git/HEAD': '' });
    expect(found('a.mod.c', 'generated')).toEqual(['a.mod.c', 'generated/g.c']);
  });
});
