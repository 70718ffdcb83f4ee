import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEBUG_VIEWS, debugText } from '../../../server/cli/debug/debug';
import { createParser } from '../../../server/syntax/parser';

const KERNEL = { major: 6, minor: 12 };
const FILE = 'test/fixtures/debug/pin.c';
const parser = await createParser();
const source = readFileSync(FILE, 'utf8');

for (const view of DEBUG_VIEWS) {
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
