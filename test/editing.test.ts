/** A document that is edited: what is said of each text is what is said of it when it is read for the first time. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../scripts/fuzz/random';
import type { Summary } from '../server/facts/summary';
import { type AnalyzeOptions, analyze, openDocument } from '../server/lens';
import { createParser } from '../server/syntax/parser';
import { editText, everythingSaid, typedTexts } from './support/edits';

const parser = await createParser();
const options: AnalyzeOptions = { kernel: { major: 6, minor: 12 }, external };

/** A function of another file, the same object each time it is asked for. */
const ELSEWHERE: Summary = {
  name: 'helper_of_another_file',
  isStatic: false,
  at: { start: 0, end: 0 },
  params: ['sgl', 'count'],
  effects: [{ kind: 'walks', list: { argument: 0, path: '' }, count: { argument: 1, path: '' } }],
};
function external(name: string): Summary | undefined {
  return name === ELSEWHERE.name ? ELSEWHERE : undefined;
}

const FOLDERS = ['test/fixtures/counts', 'test/fixtures/api', 'test/fixtures/demo', 'samples'];
const fixtures = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .map((name) => readFileSync(join(folder, name), 'utf8')),
);

/** Hovers cost more than the rest; the steps have nothing in common, so that in time they meet every offset. */
const HOVER_STEPS = [97, 211, 389];

function expectSame(texts: Iterable<string>, every: number, hoverStep = 1): void {
  const read = openDocument(parser);
  let count = 0;
  for (const text of texts) {
    const edited = read(text, options);
    count += 1;
    if (count % every !== 0) continue;
    const step = hoverStep * (HOVER_STEPS[count % HOVER_STEPS.length] ?? 97);
    expectEqual(everythingSaid(edited, text, step), everythingSaid(analyze(text, parser, options), text, step), text);
  }
}

/** Two long lines, of which only the surroundings of the first difference are shown. */
function expectEqual(edited: string, fresh: string, text: string): void {
  if (edited === fresh) return;
  let at = 0;
  while (edited[at] === fresh[at]) at += 1;
  const around = (said: string) => said.slice(Math.max(0, at - 300), at + 200);
  expect({ said: around(edited), text }).toEqual({ said: around(fresh), text });
}

function* wildTexts(first: string, count: number, seed: number): Generator<string> {
  const random = createRandom(seed);
  let text = first;
  for (let i = 0; i < count; i++) {
    text = editText(text, first, random);
    yield text;
  }
}

describe('after any edit', () => {
  test.each(fixtures.map((text, index) => ({ text, index })))('fixture $index', ({ text, index }) => {
    expectSame(wildTexts(text, 40, index + 1), 4);
  });

  test('of functions that share fields, names and helpers', () => {
    const all = fixtures.join('\n');
    expectSame(wildTexts(all, 32, 77), 8, 10);
  }, 600_000);

  test('a thousand edits that end in the text they began with', () => {
    const all = fixtures.slice(0, 6).join('\n');
    const read = openDocument(parser);
    const before = everythingSaid(read(all, options), all, 97);
    let last = all;
    for (const text of typedTexts(all, 1000, 5)) {
      last = text;
      read(text, options);
    }
    expect(last).toBe(all);
    expect(everythingSaid(read(all, options), all, 97)).toBe(before);
    expect(before).toBe(everythingSaid(analyze(all, parser, options), all, 97));
  }, 600_000);

  test('when settings change in between', () => {
    const [text = ''] = fixtures;
    const read = openDocument(parser);
    for (const minor of [12, 1, 6, 12]) {
      const asked: AnalyzeOptions = { kernel: { major: 6, minor }, platforms: ['direct', 'swiotlb'] };
      expect(everythingSaid(read(text, asked), text, 97)).toBe(everythingSaid(analyze(text, parser, asked), text, 97));
      expect(read(text, options).findings).toEqual(analyze(text, parser, options).findings);
    }
  });
});

const root = process.env['LINUX_SRC'] ?? '';
const DRIVERS = [
  'drivers/net/ethernet/marvell/mvneta.c',
  'drivers/scsi/hpsa.c',
  'drivers/media/common/videobuf2/videobuf2-dma-contig.c',
  'drivers/mmc/host/sdhci.c',
].map((path) => join(root, path));

describe.runIf(root !== '' && DRIVERS.every((path) => existsSync(path)))('after any edit of a driver', () => {
  test.each(DRIVERS)(
    '%s',
    (path) => {
      const text = readFileSync(path, 'utf8');
      expectSame(wildTexts(text, 40, 3), 8, 40);
      expectSame(typedTexts(text, 60, 4), 20, 40);
    },
    600_000,
  );
});
