/** The program starts with the code that the engine compiled of it in an earlier run, or without. */

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { sandbox } from '../support/sandbox';

vi.setConfig({ testTimeout: 60_000 });

const box = sandbox();

function run(cache: string, ...args: readonly string[]) {
  return box.run(args, undefined, { XDG_CACHE_HOME: join(box.folder, cache) });
}

function kept(cache: string): readonly string[] {
  const folder = join(box.folder, cache, 'dma-lens/compiled');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

test('what was compiled is kept once, and used', () => {
  const first = run('once', 'platforms');
  const [file = ''] = kept('once');
  expect(kept('once')).toHaveLength(1);
  const { mtimeMs } = statSync(file);
  const second = run('once', 'platforms');
  expect(second).toEqual(first);
  // The engine took it: else there would be another in its place.
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
});

test('altered or torn, it is replaced, and nothing else happens', () => {
  const first = run('altered', 'platforms');
  const [file = ''] = kept('altered');
  const whole = readFileSync(file);
  for (const at of [0, 19, 20, 40, whole.length >> 1, whole.length - 1]) {
    const altered = Buffer.from(whole);
    altered[at] = (altered[at] ?? 0) ^ 0x40;
    writeFileSync(file, altered);
    expect(run('altered', 'platforms')).toEqual(first);
    expect(readFileSync(file)).not.toEqual(altered);
  }
  for (const length of [0, 10, 20, 1000]) {
    writeFileSync(file, whole.subarray(0, length));
    expect(run('altered', 'platforms')).toEqual(first);
    expect(statSync(file).size).toBeGreaterThan(100_000);
  }
});

test('nothing is kept where nothing may be, or can be', () => {
  box.put({ 'one.c': 'int one;\n' });
  expect(run('never', 'check', '--no-cache', 'one.c').status).toBe(0);
  expect(kept('never')).toEqual([]);
  box.put({ file: 'no folder' });
  expect(run('file', 'platforms')).toMatchObject({ status: 0, err: '' });
});

test('checks and their workers take what a check kept', () => {
  const padding = `/* ${'-'.repeat(60_000)} */\n`;
  const source = 'int f(struct device *dev, struct scatterlist *sgl) { dma_map_sg(dev, sgl, 4, 1); return 0; }\n';
  for (let i = 0; i < 60; i++) box.put({ [`tree/f${i}.c`]: `/* ${i} */\n${source}${padding}` });
  const check = () => run('check', 'check', '--fail-on', 'never', '--format', 'json', '--jobs', '2', 'tree');
  const first = check();
  expect(JSON.parse(first.out).findings).toHaveLength(60);
  const [file = ''] = kept('check');
  const { mtimeMs } = statSync(file);
  expect(check()).toEqual(first);
  expect(kept('check')).toHaveLength(1);
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
});
