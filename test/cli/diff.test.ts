import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { changesSince } from '../../server/cli/changes';
import { sandbox } from '../support/sandbox';
import { FIRST_ADDRESS, scanTexts, WRONG_COUNT } from '../support/scan';

const box = sandbox();
const { folder, put, git } = box;

beforeEach(() => {
  process.chdir(folder);
  for (const name of ['.git', 'drivers', 'sub', 'a.c', 'link']) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  put({ 'drivers/a.c': WRONG_COUNT + second, 'drivers/b.c': second, 'a.c': third });
  box.commit();
});

const second = WRONG_COUNT.replace('stop', 'halt');
const third = WRONG_COUNT.replace('stop', 'quit');

/** The functions with findings on changed lines. */
async function changed(file: string, revision = 'HEAD'): Promise<readonly string[]> {
  const [found] = scanTexts({ [file]: box.read(file) }).files;
  const changes = await changesSince(revision);
  return found ? changes.findingsIn(found).map((one) => one.function) : [];
}

/** Changes the line of the finding in one function, and leaves the finding. */
function touch(text: string, fn: string): string {
  const at = text.indexOf(`void ${fn}`);
  return text.slice(0, at) + text.slice(at).replace('if (mapped)\n\t\tdma', 'if (mapped)\n\t\t/* x */ dma');
}

describe('lines changed in the working tree', () => {
  test('nothing', async () => {
    expect(await changed('drivers/a.c')).toEqual([]);
    expect((await changesSince('HEAD')).has('drivers/a.c')).toBe(false);
  });

  test('one function of two', async () => {
    put({ 'drivers/a.c': touch(box.read('drivers/a.c'), 'halt') });
    expect(await changed('drivers/a.c')).toEqual(['halt']);
    expect((await changesSince('HEAD')).has('drivers/b.c')).toBe(false);
  });

  test('lines above that push it down do not count', async () => {
    put({ 'drivers/a.c': `\n\n\n${box.read('drivers/a.c')}` });
    expect(await changed('drivers/a.c')).toEqual([]);
  });

  test('staged and committed changes count', async () => {
    put({ 'drivers/a.c': touch(box.read('drivers/a.c'), 'stop') });
    git('add', '-A');
    expect(await changed('drivers/a.c')).toEqual(['stop']);
    git('commit', '-q', '-m', 'y');
    expect(await changed('drivers/a.c')).toEqual([]);
    expect(await changed('drivers/a.c', 'HEAD~1')).toEqual(['stop']);
  });

  test('a new file is new throughout, also before git knows it', async () => {
    put({ 'sub/new.c': second });
    expect(await changed('sub/new.c')).toEqual(['halt']);
    git('add', '-A');
    expect(await changed('sub/new.c')).toEqual(['halt']);
  });

  test('a renamed file has only the lines that changed', async () => {
    renameSync(join(folder, 'drivers/a.c'), join(folder, 'drivers/ü "new".c'));
    git('add', '-A');
    expect(await changed('drivers/ü "new".c')).toEqual([]);
    put({ 'drivers/ü "new".c': touch(box.read('drivers/ü "new".c'), 'stop') });
    expect(await changed('drivers/ü "new".c')).toEqual(['stop']);
  });

  test('a function that moved within its file is new there', async () => {
    put({ 'drivers/a.c': WRONG_COUNT + FIRST_ADDRESS });
    git('commit', '-qam', 'two functions');
    put({ 'drivers/a.c': FIRST_ADDRESS + WRONG_COUNT });
    expect((await changed('drivers/a.c')).length).toBe(1);
  });

  test('a file that got ends of lines of Windows is new throughout', async () => {
    put({ 'drivers/b.c': second.replace(/\n/g, '\r\n') });
    expect(await changed('drivers/b.c')).toEqual(['halt']);
    git('add', '-A');
    git('commit', '-q', '-m', 'crlf');
    put({ 'drivers/b.c': `\r\n${second.replace(/\n/g, '\r\n')}` });
    expect(await changed('drivers/b.c')).toEqual([]);
  });

  test('from a folder below, and through a link', async () => {
    put({ 'drivers/a.c': touch(box.read('drivers/a.c'), 'halt') });
    symlinkSync('drivers', join(folder, 'link'));
    expect(await changed('link/a.c')).toEqual(['halt']);
    const [found] = scanTexts({ '../drivers/a.c': box.read('drivers/a.c') }).files;
    process.chdir(join(folder, 'drivers'));
    expect(found && (await changesSince('HEAD')).findingsIn(found).length).toBe(1);
  });

  test('settings of git do not matter', async () => {
    put({ 'drivers/a.c': touch(box.read('drivers/a.c'), 'halt') });
    for (const [key, value] of [
      ['diff.noprefix', 'true'],
      ['diff.mnemonicPrefix', 'true'],
      ['color.ui', 'always'],
      ['diff.external', '/bin/false'],
      ['diff.renames', 'false'],
      ['diff.relative', 'true'],
      ['core.quotePath', 'true'],
    ] as const) {
      git('config', key, value);
    }
    expect(await changed('drivers/a.c')).toEqual(['halt']);
  });

  test('since a branch began', async () => {
    git('branch', '-f', 'base');
    put({ 'a.c': touch(third, 'quit') });
    git('commit', '-qam', 'mine');
    git('checkout', '-q', 'base');
    put({ 'drivers/b.c': touch(second, 'halt') });
    git('commit', '-qam', 'theirs');
    git('checkout', '-q', '-');
    expect([await changed('a.c', 'base...'), await changed('drivers/b.c', 'base...')]).toEqual([['quit'], []]);
  });
});

test.each([
  ['nosuch', "git knows no revision 'nosuch'"],
  ['--output=/tmp/x', "git knows no revision '--output=/tmp/x'"],
  ['HEAD; touch /tmp/x', 'git knows no revision'],
])('%s is refused', async (revision, message) => {
  await expect(changesSince(revision)).rejects.toThrow(message);
});

describe('on the command line', () => {
  test('only files that changed are analysed, only their lines reported', () => {
    put({ 'drivers/a.c': touch(box.read('drivers/a.c'), 'halt') });
    const { status, out } = box.run(['check', '--diff', 'HEAD', '--format', 'json', 'drivers', 'a.c']);
    const report = JSON.parse(out);
    expect(status).toBe(1);
    expect(report.files).toEqual({ seen: 1, analyzed: 1, failed: [] });
    expect(report.findings.map((one: { function: string }) => one.function)).toEqual(['halt']);
    expect(box.run(['check', '--diff', 'HEAD', 'a.c'])).toEqual({ status: 0, out: '', err: '' });
  });

  test('a diff from standard input', () => {
    put({ 'drivers/a.c': touch(box.read('drivers/a.c'), 'halt'), 'a.c': touch(third, 'quit') });
    const { out } = box.run(['check', '--diff', '-', 'drivers'], git('diff'));
    expect(out.split('\n').length).toBe(2);
    expect(out).toMatch(/^drivers\/a\.c:13:/);
    expect(box.run(['check', '--diff', '-'], '')).toEqual({ status: 0, out: '', err: '' });
  });

  test('what does not go together', () => {
    const done = box.run(['check', '--diff', '-', '--stdin'], '');
    expect(done).toMatchObject({ status: 2, out: '' });
  });
});

test('what the other files of the folder do is known, though they did not change', () => {
  const wrapper = `
int low_map(struct device *dev, struct scatterlist *sgl, int n)
{
	return dma_map_sg(dev, sgl, n, DMA_TO_DEVICE);
}
`;
  const caller = WRONG_COUNT.replace('dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE)', 'low_map(dev, sgl, nents)');
  put({ 'drivers/low.c': wrapper, 'drivers/high.c': '/* dma_map_sg */\n' });
  box.git('add', '-A');
  box.git('commit', '-qm', 'low');
  put({ 'drivers/high.c': caller });
  const { out } = box.run(['check', '--diff', 'HEAD', '--format', 'gcc', 'drivers']);
  expect(out).toMatch(/^drivers\/high\.c:6:.*unmap-with-mapped-count/);
  expect(out.trim().split('\n')).toHaveLength(1);
});

test('a clone that left old files out is told how to do it; nothing is fetched', () => {
  git('config', 'uploadpack.allowFilter', 'true');
  put({ 'a.c': touch(box.read('a.c'), 'quit') });
  git('commit', '-qam', 'changed');
  git('clone', '-q', '--filter=blob:none', `file://${folder}`, 'partial');
  process.chdir(join(folder, 'partial'));
  return expect(changesSince('HEAD~1')).rejects.toThrow('git diff | dma-lens check --diff -');
});
