import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cacheFolder } from '../../server/workspace/cacheFolder';
import { keyOf, openStore, pruneDaily, pruneStore } from '../../server/workspace/store';
import { folderWith } from '../support/folders';

const BUILD = 'test';
const KEY = keyOf('a key');
const VALUE = { list: [{ page: 0x8000_0000n, length: 4096 }], text: 'é\n', none: null };

/** The only file of a store that holds one value. */
function fileOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const [file] = names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  if (!file) throw new Error('the store is empty');
  return file;
}

describe('a store', () => {
  test('gives back what it was given, big numbers too', () => {
    const folder = folderWith();
    openStore({ folder, build: BUILD }).set(KEY, VALUE);
    expect(openStore({ folder, build: BUILD }).get(KEY)).toEqual(VALUE);
  });

  test('has nothing under another key or from another build', () => {
    const folder = folderWith();
    openStore({ folder, build: BUILD }).set(KEY, VALUE);
    expect(openStore({ folder, build: BUILD }).get(keyOf('another'))).toBeUndefined();
    expect(openStore({ folder, build: 'other' }).get(KEY)).toBeUndefined();
  });

  test('takes a file that was cut off anywhere, or altered, for none', () => {
    const folder = folderWith();
    const store = openStore({ folder, build: BUILD });
    store.set(KEY, VALUE);
    const file = fileOf(folder);
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length));
      expect(store.get(KEY)).toBeUndefined();
    }
    for (let at = 0; at < whole.length; at++) {
      const altered = Buffer.from(whole);
      altered[at] = (altered[at] ?? 0) ^ 1;
      writeFileSync(file, altered);
      expect(store.get(KEY)).toBeUndefined();
    }
    writeFileSync(file, whole);
    expect(store.get(KEY)).toEqual(VALUE);
  });

  test('takes the file of another key for none', () => {
    const folder = folderWith();
    const store = openStore({ folder, build: BUILD });
    store.set(KEY, VALUE);
    const file = fileOf(folder);
    const other = keyOf('other');
    mkdirSync(join(folder, 'v1', BUILD, other.slice(0, 2)), { recursive: true });
    copyFileSync(file, join(folder, 'v1', BUILD, other.slice(0, 2), other.slice(2)));
    expect(store.get(KEY)).toEqual(VALUE);
    expect(store.get(other)).toBeUndefined();
  });

  test('does without a folder that cannot be made', () => {
    const folder = join(folderWith({ 'a file': '' }), 'a file');
    const store = openStore({ folder, build: BUILD });
    store.set(KEY, VALUE);
    expect(store.get(KEY)).toBeUndefined();
    pruneStore(folder);
    pruneDaily(folder);
  });

  test('leaves no half-written file where there is no room', () => {
    const folder = folderWith();
    const store = openStore({ folder, build: BUILD });
    store.set(KEY, VALUE);
    // A folder stands where the value should be renamed to: the write fails, as on a full disk.
    const other = keyOf('other');
    mkdirSync(join(folder, 'v1', BUILD, other.slice(0, 2), other.slice(2), 'x'), { recursive: true });
    store.set(other, VALUE);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(store.get(KEY)).toEqual(VALUE);
  });

  test('two that write the same at once leave one whole value', async () => {
    const folder = folderWith();
    const stores = [1, 2, 3, 4].map(() => openStore({ folder, build: BUILD }));
    await Promise.all(stores.map(async (store) => store.set(KEY, VALUE)));
    expect(stores[0]?.get(KEY)).toEqual(VALUE);
    expect(fileOf(folder).endsWith('.tmp')).toBe(false);
  });
});

describe('pruning', () => {
  const DAY = 24 * 60 * 60 * 1000;
  const LIMITS = { bytes: 1000, age: 30 * DAY };

  test('drops what nobody asked for in a month, and what a killed process left', () => {
    const folder = folderWith({ old: 'x', new: 'x', 'old.1.tmp': 'x', 'new.2.tmp': 'x' });
    const ago = (ms: number) => new Date(Date.now() - ms);
    utimesSync(join(folder, 'old'), ago(31 * DAY), ago(31 * DAY));
    utimesSync(join(folder, 'old.1.tmp'), ago(2 * DAY), ago(2 * DAY));
    pruneStore(folder, LIMITS);
    expect(readdirSync(folder).sort()).toEqual(['new', 'new.2.tmp']);
  });

  test('keeps the newest where there is too much', () => {
    const folder = folderWith({ a: 'x'.repeat(600), b: 'x'.repeat(600), c: 'x'.repeat(300) });
    ['a', 'b', 'c'].forEach((name, index) => {
      const at = new Date(Date.now() - (3 - index) * DAY);
      utimesSync(join(folder, name), at, at);
    });
    pruneStore(folder, LIMITS);
    expect(readdirSync(folder).sort()).toEqual(['b', 'c']);
  });

  test('happens once a day', () => {
    const folder = folderWith({ old: 'x' });
    const at = new Date(Date.now() - 40 * DAY);
    const age = () => utimesSync(join(folder, 'old'), at, at);
    age();
    pruneDaily(folder);
    expect(readdirSync(folder)).toEqual(['pruned']);
    writeFileSync(join(folder, 'old'), 'x');
    age();
    pruneDaily(folder);
    expect(readdirSync(folder)).toContain('old');
    pruneDaily(folder, Date.now() + 2 * DAY);
    expect(readdirSync(folder)).not.toContain('old');
  });

  test('happens when the clock was set back', () => {
    const folder = folderWith({ old: 'x', pruned: '' });
    utimesSync(join(folder, 'pruned'), new Date(Date.now() + 300 * DAY), new Date(Date.now() + 300 * DAY));
    utimesSync(join(folder, 'old'), new Date(Date.now() - 40 * DAY), new Date(Date.now() - 40 * DAY));
    pruneDaily(folder);
    expect(readdirSync(folder)).not.toContain('old');
  });
});

test('the folder is where the platform has its caches', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/caches' }, 'linux')).toBe('/caches/dma-lens');
  expect(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux')).toMatch(/\.cache\/dma-lens$/);
  expect(cacheFolder({}, 'linux')).toMatch(/\.cache\/dma-lens$/);
  expect(cacheFolder({}, 'darwin')).toMatch(/Library\/Caches\/dma-lens$/);
  expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toMatch(/^\/local\/dma-lens/);
});
