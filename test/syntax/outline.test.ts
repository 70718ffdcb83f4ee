import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../scripts/fuzz/random';
import { createOutliner, outlineOf } from '../../server/syntax/outline';
import { sharedBetween } from '../../server/syntax/shared';
import { editText } from '../support/edits';

const folder = 'test/fixtures/counts';
const fixtures = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));

/** Conditionals that are open, decided or cut functions in two, braces that only columns balance. */
const TANGLED = `#if 1
static int a(void) { return 0; }
#else
static int a(void) {
#endif
#define OPEN(x) do { x; /* runs
 * on */
#ifdef CONFIG_B
static int b(int x)
#else
static int b(long x)
#endif
{
#define INNER 1
	if (x) {
	return INNER;
}
#if 0
int gone(void) { }
#endif
struct s { int a; } s = { 1 };
int c(void) { return '{'; } /* " */
`;

function expectSame(first: string, edits: number, seed: number): void {
  const random = createRandom(seed);
  const outline = createOutliner();
  let text = first;
  for (let i = 0; i < edits; i++) {
    text = editText(text, first, random);
    const pieces = outline(text);
    if (JSON.stringify(pieces) !== JSON.stringify(outlineOf(text)))
      expect({ text, pieces }).toEqual({ text, pieces: outlineOf(text) });
  }
}

describe('after any edit the outline is that of the text', () => {
  test('of fixtures', () => {
    for (const [index, text] of fixtures.entries()) expectSame(text, 100, index);
  });

  test('of conditionals and braces that do not match', () => {
    for (let seed = 0; seed < 40; seed++) expectSame(TANGLED + fixtures[seed % fixtures.length], 60, seed);
  });

  test('a comment that nothing closes ends with its line, until something closes it', () => {
    const outline = createOutliner();
    const open = '#define A /* open\nint a(void) { }\n#define B 1\nint b(void) { }\n';
    for (const text of [open, `${open}int c;\n`, `${open}int c; /* */\n`, `${open}int c;\n`])
      expect(outline(text)).toEqual(outlineOf(text));
  });

  const root = process.env['LINUX_SRC'] ?? '';
  const drivers = ['drivers/net/ethernet/broadcom/bnxt/bnxt.c', 'drivers/scsi/hpsa.c'].map((path) => join(root, path));
  test.runIf(root !== '' && drivers.every((path) => existsSync(path)))('of drivers', () => {
    for (const path of drivers) expectSame(readFileSync(path, 'utf8'), 100, 1);
  });
});

test('what two texts share is counted once', () => {
  expect(sharedBetween('abcabc', 'abcabc')).toEqual({ start: 6, end: 0 });
  expect(sharedBetween('abab', 'ababab')).toEqual({ start: 4, end: 0 });
  expect(sharedBetween('axc', 'ayyc')).toEqual({ start: 1, end: 1 });
  expect(sharedBetween('', 'a')).toEqual({ start: 0, end: 0 });
});
