import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { debugText } from '../../../server/cli/debug/debug';
import { createParser } from '../../../server/syntax/parser';
import { sandbox } from '../../support/sandbox';

const KERNEL = { major: 6, minor: 12 };
const FILE = 'test/fixtures/debug/pin.c';
const CLI = resolve('dist/cli.js');
const box = sandbox();
const parser = await createParser();
const source = readFileSync(FILE, 'utf8');

for (const view of ['ir', 'facts', 'summaries'] as const) {
  test(`${view} of a driver`, async () => {
    await expect(debugText(view, source, parser, KERNEL)).toMatchFileSnapshot(`../../golden/debug/pin.${view}.txt`);
  });
}

test('one function only', () => {
  const text = debugText('summaries', source, parser, KERNEL, { function: 'pin_unmap' });
  expect(text).toBe(
    'pin_unmap(buf)\n  unmaps table &buf->sgt, device buf->dev through dma_unmap_sgtable()\n  frees &buf->sgt\n',
  );
});

test('from the command line', () => {
  const run = (...args: string[]) => execFileSync('node', ['dist/cli.js', 'debug', ...args], { encoding: 'utf8' });
  expect(run('summaries', FILE)).toBe(debugText('summaries', source, parser, KERNEL));
  expect(() => run('summaries', FILE, '--function', 'nowhere')).toThrow(/defines no function 'nowhere'/);
  expect(() => run('summaries', 'test/nowhere.c')).toThrow(/cannot read test\/nowhere\.c: no such file/);
});

test('functions that could not be read in full, of files and folders', () => {
  const run = (...args: string[]) =>
    execFileSync('node', [CLI, 'debug', 'errors', ...args], { cwd: box.folder, encoding: 'utf8' });
  box.put({
    'drivers/a.c': 'int f(void) { return dma_map_sg(a, b, c, d]; }\nint g(void) { return 1; }\n',
    'drivers/b.c': 'int no_dma_here(void) {\n\treturn (;\n}\n',
    'drivers/c.c': '/* dma_map_sg() */\n\nint h(void) {\n\treturn 1 +;\n}\n',
  });
  expect(run('drivers')).toBe(
    'drivers/a.c:1: f() touches DMA: int f(void) { return dma_map_sg(a, b, c, d]; }\ndrivers/c.c:4: h(): return 1 +;\n',
  );
  expect(run('drivers/b.c')).toBe('drivers/b.c:2: no_dma_here(): return (;\n');
  expect(run('drivers', '--function', 'h')).toBe('drivers/c.c:4: h(): return 1 +;\n');
  expect(() => run('nowhere')).toThrow(/cannot read nowhere: no such file/);
});
