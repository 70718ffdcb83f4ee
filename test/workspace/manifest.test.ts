import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openManifest } from '../../server/workspace/manifest';
import { keyOf, openStore } from '../../server/workspace/store';
import { folderWith } from '../support/folders';

const LATER = Date.now() + 60_000;

function setUp() {
  const folder = folderWith({ 'a.c': 'one' });
  const store = openStore({ folder: folderWith(), build: 'test' });
  const file = join(folder, 'a.c');
  const open = (now = LATER) => openManifest(store, [folder], now);
  const first = open();
  first.note(file, statSync(file), 'mark');
  first.save();
  return { file, store, folder, open };
}

test('a file that looks the same has the content of last time', () => {
  const { file, open } = setUp();
  expect(open().markOf(file, statSync(file))).toBe('mark');
});

test('another size, another time, another file: not known', () => {
  const { file, open } = setUp();
  const before = statSync(file);
  writeFileSync(file, 'other');
  expect(open().markOf(file, statSync(file))).toBeUndefined();
  writeFileSync(file, 'two');
  // Even where somebody sets the time back, the inode's own time has moved on.
  utimesSync(file, before.atime, before.mtime);
  expect(open().markOf(file, statSync(file))).toBeUndefined();
  expect(open().markOf(`${file}x`, before)).toBeUndefined();
});

test('a file that was written a moment ago may change again within one tick of the clock', () => {
  const { folder, store } = setUp();
  const file = join(folder, 'b.c');
  writeFileSync(file, 'one');
  const manifest = openManifest(store, ['other'], Date.now());
  manifest.note(file, statSync(file), 'mark');
  manifest.save();
  expect(openManifest(store, ['other'], LATER).markOf(file, statSync(file))).toBeUndefined();
});

test('what is no manifest is none', () => {
  const { file, folder, store, open } = setUp();
  for (const value of [null, 7, [], { [file]: 'x' }, { [file]: [1, 2, 3, 4, 5] }]) {
    store.set(keyOf('manifest', folder), value);
    expect(open().markOf(file, statSync(file))).toBeUndefined();
  }
});
