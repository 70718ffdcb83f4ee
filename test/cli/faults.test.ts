/** Faults around the command line: what files, pipes and signals can do to it. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scan } from '../../server/workspace/scan';
import { sandbox } from '../support/sandbox';
import { WRONG_COUNT } from '../support/scan';

const box = sandbox();
const CLI = resolve('dist/cli.js');
const node = process.execPath;
const FINDING = /bad\.c:6:26: error: /;

function shell(line: string) {
  return spawnSync('bash', ['-c', line], { cwd: box.folder, encoding: 'utf8', env: { ...process.env, CLI, node } });
}

describe('streams', () => {
  test('a reader that goes away changes nothing about the status', () => {
    box.put(Object.fromEntries(Array.from({ length: 120 }, (_one, i) => [`pipe/f${i}.c`, WRONG_COUNT])));
    const { status, stderr } = shell('set -o pipefail; "$node" "$CLI" check --format json pipe | head -c 10');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    rmSync(join(box.folder, 'pipe'), { recursive: true });
  });

  test('a disk that is full is told', () => {
    box.put({ 'bad.c': WRONG_COUNT });
    const { status, stderr } = shell('"$node" "$CLI" check bad.c > /dev/full');
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'dma-lens: cannot write the report: no space left\n' });
  });

  test('closed ones', () => {
    box.put({ 'bad.c': WRONG_COUNT });
    expect(shell('"$node" "$CLI" check --stdin <&-')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(shell('"$node" "$CLI" check bad.c >&-').status).toBe(1);
    expect(shell('"$node" "$CLI" check nowhere.c 2>&-').status).toBe(2);
  });

  test('standard input in pieces, in Latin-1', async () => {
    const child = spawn(node, [CLI, 'check', '--stdin', '--stdin-filename', 'bad.c'], { cwd: box.folder });
    const bytes = Buffer.from(`${WRONG_COUNT}/* M\xfcller */`, 'latin1');
    child.stdin.write(bytes.subarray(0, 90));
    setTimeout(() => child.stdin.end(bytes.subarray(90)), 20);
    let out = '';
    for await (const chunk of child.stdout) out += chunk;
    expect(out).toMatch(FINDING);
  });
});

describe('signals', () => {
  // Shells show them as 130 and 143.
  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it', async (signal) => {
    const child = spawn(node, [CLI, 'check', '--stdin'], { cwd: box.folder });
    setTimeout(() => child.kill(signal), 300);
    const ended = await new Promise((done) => child.once('close', (_status, by) => done(by)));
    expect(ended).toBe(signal);
  });

  test('killed in the middle of fixing: each file is as it was, or fixed', async () => {
    const names = Array.from({ length: 60 }, (_one, i) => `kill/f${i}.c`);
    box.put(Object.fromEntries(names.map((name) => [name, WRONG_COUNT])));
    const child = spawn(node, [CLI, 'check', '--fix', 'kill'], { cwd: box.folder });
    await new Promise((done) => child.stderr.once('data', done));
    child.kill('SIGKILL');
    await new Promise((done) => child.once('close', done));
    const fixed = WRONG_COUNT.replace('mapped, DMA', 'nents, DMA');
    const texts = new Set(names.map((name) => box.read(name)));
    expect([...texts].filter((text) => text !== WRONG_COUNT && text !== fixed)).toEqual([]);
    rmSync(join(box.folder, 'kill'), { recursive: true });
  });
});

describe('files', () => {
  test('a FIFO is passed over, and refused where it is named', () => {
    mkdirSync(join(box.folder, 'fifo'));
    execFileSync('mkfifo', [join(box.folder, 'fifo/pipe.c')]);
    box.put({ 'fifo/bad.c': WRONG_COUNT });
    expect(box.run(['check', 'fifo'])).toMatchObject({ status: 1, err: '' });
    expect(box.run(['check', 'fifo/pipe.c'])).toEqual({
      status: 2,
      out: '',
      err: 'dma-lens: fifo/pipe.c: neither a file nor a folder\n',
    });
  });

  test('links in circles and to nowhere', () => {
    box.put({ 'links/bad.c': WRONG_COUNT });
    symlinkSync('..', join(box.folder, 'links/up'));
    symlinkSync('two.c', join(box.folder, 'links/one.c'));
    symlinkSync('one.c', join(box.folder, 'links/two.c'));
    const { status, out, err } = box.run(['check', 'links/bad.c', 'links/one.c']);
    expect({ status, err }).toEqual({ status: 2, err: 'dma-lens: links/one.c: too many symbolic links\n' });
    expect(out).toMatch(FINDING);
    rmSync(join(box.folder, 'links'), { recursive: true });
  });

  test('no permission: told, and the rest goes on', () => {
    box.put({ 'locked/bad.c': WRONG_COUNT, 'locked/secret.c': WRONG_COUNT, 'locked/in/x.c': WRONG_COUNT });
    chmodSync(box.folder, 0o755);
    chmodSync(join(box.folder, 'locked/secret.c'), 0);
    chmodSync(join(box.folder, 'locked/in'), 0);
    // Root may read everything: become nobody.
    const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const program = process.getuid?.() === 0 ? copyOfProgram() : CLI;
    const done = spawnSync(node, [program, 'check', 'locked'], { cwd: box.folder, encoding: 'utf8', ...asNobody });
    expect(done.stderr).toBe('dma-lens: locked/in: permission denied\ndma-lens: locked/secret.c: permission denied\n');
    expect(done.stdout).toMatch(FINDING);
    expect(done.status).toBe(1);
    chmodSync(join(box.folder, 'locked/in'), 0o755);
  });

  test('a file that vanishes while the scan runs: told, and the rest goes on', async () => {
    box.put({ 'vanish/a.c': WRONG_COUNT, 'vanish/bad.c': WRONG_COUNT });
    const result = await scan([join(box.folder, 'vanish')], {
      kernel: { major: 6, minor: 12 },
      select(found) {
        rmSync(join(box.folder, 'vanish/a.c'));
        return found;
      },
    });
    expect(result.failed.map((one) => one.reason)).toEqual(['no such file or folder']);
    expect(result.files.length).toBe(1);
  });

  test('files that change while the scan runs: what was read counts, and next time what is there', async () => {
    const names = Array.from({ length: 40 }, (_one, i) => `moving/f${i}.c`);
    box.put(Object.fromEntries(names.map((name) => [name, WRONG_COUNT])));
    const fixed = WRONG_COUNT.replace('mapped, DMA', 'nents, DMA');
    const options = { kernel: { major: 6, minor: 12 }, jobs: 1, cache: { folder: join(box.folder, 'c'), build: 'x' } };
    const changing = await scan([join(box.folder, 'moving')], {
      ...options,
      // From the end, and each with a new size.
      progress: (done) => box.put({ [names[names.length - done] ?? '']: `${fixed}/* ${done} */\n` }),
    });
    expect(changing.failed).toEqual([]);
    for (const { text, findings } of changing.files) {
      expect([text === WRONG_COUNT, findings.length]).toEqual([true, 1]);
    }
    const after = await scan([join(box.folder, 'moving')], options);
    expect(after.files).toEqual([]);
    rmSync(join(box.folder, 'moving'), { recursive: true });
  });

  test('50,000 files', () => {
    box.put({ 'many/0/bad.c': WRONG_COUNT, 'many/0/f0.h': '#define BIT(n) (1 << (n))\n' });
    for (let i = 1; i < 50_000; i++) {
      const folder = join(box.folder, `many/${i % 50}`);
      if (i <= 50) mkdirSync(folder, { recursive: true });
      linkSync(join(box.folder, 'many/0/f0.h'), join(folder, `f${i}.h`));
    }
    const report = JSON.parse(box.run(['check', '--format', 'json', 'many']).out);
    expect(report.files.seen).toBe(50_001);
    expect(report.findings.length).toBe(1);
    rmSync(join(box.folder, 'many'), { recursive: true });
  }, 120_000);

  test('a generated header of 20 MB', () => {
    const line = '#define REGISTER_dma_map_single_0123456789 0x00000000\n';
    box.put({ 'huge/regs.h': line.repeat((20 << 20) / line.length), 'huge/bad.c': WRONG_COUNT });
    const { status, out, err } = box.run(['check', 'huge']);
    expect({ status, err }).toEqual({ status: 1, err: '' });
    expect(out).toMatch(FINDING);
    rmSync(join(box.folder, 'huge'), { recursive: true });
  });

  test.each([
    ['a NUL early on: a binary file', `\0${WRONG_COUNT}`, 0],
    ['a NUL later on', `${WRONG_COUNT}/* ${' '.repeat(9000)} \0 */\n`, 1],
    ['nothing but opening braces', `${WRONG_COUNT}${'{'.repeat(50_000)}`, 1],
    ['one line of a megabyte', `${WRONG_COUNT}int x = ${'1 +  '.repeat(1 << 16)} /* ${'-'.repeat(1 << 20)} */ 1;\n`, 1],
  ])('%s', (_name, text, findings) => {
    rmSync(join(box.folder, 'odd'), { recursive: true, force: true });
    box.put({ 'odd/bad.c': text, 'odd/good.c': 'int x;\n' });
    const { status, out } = box.run(['check', 'odd']);
    expect(status).toBeLessThan(2);
    expect(out.split('\n').filter((line) => FINDING.test(line)).length).toBe(findings);
  });
});

describe('a project file', () => {
  test.each([
    ['that is a folder', () => mkdirSync(join(box.folder, 'conf/dma-lens.json')), 'dma-lens.json: is a folder'],
    ['with half JSON', '{\n  "kernel": "6', 'dma-lens.json:2:13: not JSON: unexpected end of string'],
    ['with a mistake', '{\n  "kernel": "6"\n}', `dma-lens.json:2:13: "kernel": '6' is no kernel version`],
    ['with NUL bytes', '\0\0', 'dma-lens.json:1:1: not JSON'],
  ])('%s is a usage error that says where', (_name, content, message) => {
    rmSync(join(box.folder, 'conf'), { recursive: true, force: true });
    box.put({ 'conf/a.c': WRONG_COUNT });
    if (typeof content === 'string') writeFileSync(join(box.folder, 'conf/dma-lens.json'), content);
    else content();
    const { status, out, err } = box.run(['check', 'conf']);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(message);
  });

  test('in force: severity, platforms, kernel, ignored files', () => {
    rmSync(join(box.folder, 'conf'), { recursive: true, force: true });
    box.put({
      'conf/a.c': WRONG_COUNT,
      'conf/old/b.c': WRONG_COUNT,
      'conf/new/c.c': WRONG_COUNT,
      'conf/new/dma-lens.json': '{ "severities": { "unmap-with-mapped-count": "off" } }',
      'conf/dma-lens.json':
        '{ "kernel": "5.4", "ignore": ["old/"], "severities": { "unmap-with-mapped-count": "warning" } }',
    });
    const report = JSON.parse(box.run(['check', '--format', 'json', 'conf']).out);
    expect(report.kernel).toBe('5.4');
    expect(report.files.seen).toBe(2);
    expect(report.findings.map((one: { file: string; severity: string }) => [one.file, one.severity])).toEqual([
      ['conf/a.c', 'warning'],
    ]);
    expect(box.run(['check', 'conf/old/b.c'])).toEqual({ status: 0, out: '', err: '' });
  });
});

/** The program where nobody may read it. */
function copyOfProgram(): string {
  const folder = join(box.folder, 'program');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(resolve('dist'))) {
    if (/^(?:cli|main|worker|scan-worker)\.js$|\.wasm$/.test(name)) execFileSync('cp', [resolve('dist', name), folder]);
  }
  return join(folder, 'cli.js');
}
