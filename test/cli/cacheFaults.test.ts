/** Whatever happens to the folder of kept results, a check says what it says without one. */

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { sandbox } from '../support/sandbox';
import { WRONG_COUNT } from '../support/scan';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const box = sandbox();
const CLI = resolve('dist/cli.js');
const FILES = 60;
/** Makes the tree worth workers, as real ones are. */
const PADDING = `/* ${'-'.repeat(60_000)} */\n`;
const CHECK = ['check', '--format', 'json', '--fail-on', 'never', '--jobs', '2', 'tree'];

let expected = '';

beforeAll(() => {
  for (let i = 0; i < FILES; i++) box.put({ [`tree/f${i}.c`]: `/* ${i} */\n${WRONG_COUNT}${PADDING}` });
  expected = box.run([...CHECK, '--no-cache']).out;
  expect(JSON.parse(expected).findings).toHaveLength(FILES);
});

function check(cache: string) {
  return box.run(CHECK, undefined, { XDG_CACHE_HOME: join(box.folder, cache) });
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(box.folder, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(box.folder, folder, name))
    .filter((path) => statSync(path).isFile());
}

/** A shell in which file systems can be mounted; only there. */
function inNamespace(script: string) {
  const env = { ...process.env, CLI, node: process.execPath };
  return spawnSync('unshare', ['-rm', 'bash', '-c', script], { cwd: box.folder, encoding: 'utf8', env });
}

const canMount = inNamespace('mount -t tmpfs none /mnt').status === 0;

describe.runIf(canMount)('on a file system of its own', () => {
  const line = `XDG_CACHE_HOME=/mnt "$node" "$CLI" ${CHECK.join(' ')}`;

  test('that is full after a few results', () => {
    const script = `mount -t tmpfs -o size=64k none /mnt && ${line} && ${line} && find /mnt -name '*.tmp' >&2`;
    expect(inNamespace(script)).toMatchObject({ status: 0, stdout: expected + expected, stderr: '' });
  });

  test('that has no room for another name', () => {
    const script = `mount -t tmpfs -o nr_inodes=12 none /mnt && ${line}`;
    expect(inNamespace(script)).toMatchObject({ status: 0, stdout: expected, stderr: '' });
  });

  test('that is read-only, empty or with results', () => {
    const empty = inNamespace(`mount -t tmpfs -o ro none /mnt && ${line}`);
    expect(empty).toMatchObject({ status: 0, stdout: expected, stderr: '' });
    const full = inNamespace(`mount -t tmpfs none /mnt && ${line} && mount -o remount,ro /mnt && ${line}`);
    expect(full).toMatchObject({ status: 0, stdout: expected + expected, stderr: '' });
  });
});

test('files cut, emptied, doubled, with a byte altered, or swapped with each other', () => {
  check('damaged');
  const files = filesIn('damaged');
  expect(files.length).toBeGreaterThan(FILES);
  for (const [i, file] of files.entries()) {
    const bytes = readFileSync(file);
    const at = (i * 37) % Math.max(1, bytes.length);
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ (1 << (i % 8));
    const other = readFileSync(files[(i + 1) % files.length] ?? file);
    const damages = [bytes.subarray(0, at), Buffer.alloc(0), Buffer.concat([bytes, bytes]), altered, other];
    writeFileSync(file, damages[i % damages.length] ?? bytes);
  }
  expect(check('damaged')).toMatchObject({ status: 0, out: expected });
  expect(check('damaged')).toMatchObject({ status: 0, out: expected });
});

test('times in the future and long ago', () => {
  check('times');
  for (const [i, file] of filesIn('times').entries()) {
    const at = new Date(i % 2 === 0 ? '1971-01-01' : '2199-01-01');
    utimesSync(file, at, at);
  }
  for (let i = 0; i < FILES; i += 3) {
    const at = new Date('2199-01-01');
    utimesSync(join(box.folder, `tree/f${i}.c`), at, at);
  }
  expect(check('times')).toMatchObject({ status: 0, out: expected });
  box.put({ 'tree/f0.c': `/* 0 */\n${WRONG_COUNT.replace('mapped, DMA', 'nents, DMA')}${PADDING}` });
  utimesSync(join(box.folder, 'tree/f0.c'), new Date('2199-01-01'), new Date('2199-01-01'));
  expect(JSON.parse(check('times').out).findings).toHaveLength(FILES - 1);
  box.put({ 'tree/f0.c': `/* 0 */\n${WRONG_COUNT}${PADDING}` });
});

/** Checks without waiting; resolves to what was printed, whatever was done to the process. */
function start(cache: string) {
  const child = spawn(process.execPath, [CLI, ...CHECK], {
    cwd: box.folder,
    env: { ...process.env, XDG_CACHE_HOME: join(box.folder, cache) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (part) => (out += part));
  const done = new Promise<string>((resolved) => child.once('close', () => resolved(out)));
  return { child, done };
}

test('four processes at once', async () => {
  const all = await Promise.all(['shared', 'shared', 'shared', 'shared'].map((cache) => start(cache).done));
  for (const out of all) expect(out === expected).toBe(true);
  expect(check('shared').out === expected).toBe(true);
});

test('deleted again and again meanwhile', async () => {
  check('gone');
  const { done } = start('gone');
  const deleting = spawn('sh', ['-c', 'while sleep 0.05; do rm -rf gone; done'], { cwd: box.folder, stdio: 'ignore' });
  const out = await done;
  deleting.kill();
  expect(out === expected).toBe(true);
});

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'a process that %s ends leaves nothing wrong behind',
  async (signal) => {
    for (const delay of [250, 700]) {
      const { child, done } = start(signal);
      setTimeout(() => child.kill(signal), delay);
      await done;
    }
    expect(check(signal)).toMatchObject({ status: 0, out: expected });
  },
);
