/** Applying a fix makes its finding go away and raises no other, whatever the line endings. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Fix } from '../../server/types';
import { countProblems, type FoundProblem } from '../support/countRules';

const folder = join(__dirname, '../fixtures/counts');
const FILES = readdirSync(folder).filter((name) => name.endsWith('-bugs.c'));

describe.each(FILES)('%s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8');

  test('each fix alone takes its finding away and brings none', () => {
    const before = countProblems(text);
    for (const found of before) {
      for (const fix of found.problem.fixes ?? []) {
        const left = keys(countProblems(applied(text, [fix])));
        // What is refused where it is not one range is still required to be one, as the title says.
        const after = fix.title.startsWith('Unmap and return') ? [{ ...found, rule: 'contiguity-required' }] : [];
        expect(left, fix.title).toEqual(keys([...before.filter((one) => one !== found), ...after]));
      }
    }
  });

  test('all automatic fixes together leave what has none; a second run has nothing to apply', () => {
    const before = countProblems(text);
    const fixed = applied(text, before.flatMap(automatic));
    const after = countProblems(fixed);
    expect(keys(after)).toEqual(keys(before.filter((one) => automatic(one).length === 0)));
    expect(after.flatMap(automatic)).toEqual([]);
  });

  test('line endings and indentation stay', () => {
    const crlf = text.replace(/\n/g, '\r\n');
    const fixed = applied(crlf, countProblems(crlf).flatMap(automatic));
    expect(fixed.replace(/\r\n/g, '')).not.toMatch(/[\r\n]/);
    expect(fixed.split('\r\n').map(indentOf)).toEqual(text.split('\n').map(indentOf));
    expect(fixed.replace(/\r\n/g, '\n')).toBe(applied(text, countProblems(text).flatMap(automatic)));
  });
});

test('there are fixes to try', () => {
  const fixes = FILES.flatMap((name) => countProblems(readFileSync(join(folder, name), 'utf8')).flatMap(automatic));
  expect(fixes.length).toBeGreaterThan(25);
});

function automatic(found: FoundProblem): readonly Fix[] {
  return (found.problem.fixes ?? []).filter((fix) => fix.automatic).slice(0, 1);
}

function applied(text: string, fixes: readonly Fix[]): string {
  const edits = fixes.flatMap((fix) => fix.edits).sort((a, b) => b.span.start - a.span.start);
  let fixed = text;
  for (const { span, newText } of edits) fixed = fixed.slice(0, span.start) + newText + fixed.slice(span.end);
  return fixed;
}

function keys(found: readonly FoundProblem[]): readonly string[] {
  return found.map((one) => `${one.rule} in ${one.function}`).sort();
}

function indentOf(line: string): string {
  return /^\s*/.exec(line.trimEnd())?.[0] ?? '';
}

describe('what is mended in part is only offered', () => {
  const fill = (rest: string) => `
void fill(struct host *host, int total)
{
    struct scatterlist *sg;
    int i, n = dma_map_sg(host->dev, host->sgl, host->nents, DMA_TO_DEVICE);

    if (!n)
        return;
    for_each_sg(host->sgl, sg, n, i) {
        host->desc[i].addr = sg_dma_address(sg);
        host->desc[i].len = min(total, sg->length);${rest}
    }
}`;

  test.each([
    ['the only read', '', true],
    ['a sum goes by the same length', '\n        total -= min(total, sg->length);', false],
    ['another entry is read', '\n        trace(host->last->length);', true],
  ])('%s', (_what, rest, isAutomatic) => {
    const fixes = countProblems(fill(rest)).flatMap((one) => one.problem.fixes ?? []);
    expect(fixes.map((fix) => [fix.title.slice(0, 16), fix.automatic])).toEqual([['Use sg_dma_len()', isAutomatic]]);
  });
});
