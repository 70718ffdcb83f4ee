import { describe, expect, test } from 'vitest';
import { baselineOf, baselineText, parseBaseline, withoutKnown } from '../../server/report/baseline';
import { FIRST_ADDRESS, scanTexts, WRONG_COUNT } from '../support/scan';

const same = (file: string) => file;

/** Findings of `now` that a baseline of `before` does not know; files in `gone` are there no longer. */
function newFindings(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  gone: readonly string[] = [],
): readonly string[] {
  const baseline = parseBaseline(baselineText(baselineOf(scanTexts(before).files, same)));
  const left = withoutKnown(scanTexts(now).files, baseline, same, (name) => gone.includes(name));
  return left.flatMap(({ file, findings }) => findings.map((one) => `${file} ${one.function} ${one.rule}`));
}

const other = WRONG_COUNT.replace('void stop', 'void halt');

describe('known', () => {
  test('the same files', () => {
    expect(
      newFindings({ 'a.c': WRONG_COUNT, 'b.c': FIRST_ADDRESS }, { 'a.c': WRONG_COUNT, 'b.c': FIRST_ADDRESS }),
    ).toEqual([]);
  });

  test('lines that move and are indented anew', () => {
    const moved = `\n\n${FIRST_ADDRESS}\n${WRONG_COUNT.replace(/\t/g, '    ')}`;
    expect(newFindings({ 'a.c': WRONG_COUNT + FIRST_ADDRESS }, { 'a.c': moved })).toEqual([]);
  });

  test('a function that was renamed', () => {
    expect(newFindings({ 'a.c': WRONG_COUNT }, { 'a.c': other })).toEqual([]);
  });

  test('a file that was renamed', () => {
    expect(newFindings({ 'a.c': WRONG_COUNT }, { 'b.c': WRONG_COUNT }, ['a.c'])).toEqual([]);
  });
});

describe('new', () => {
  test('a finding beside a known one', () => {
    expect(newFindings({ 'a.c': WRONG_COUNT }, { 'a.c': WRONG_COUNT + FIRST_ADDRESS })).toEqual([
      'a.c start contiguity-assumed',
    ]);
  });

  test('a second finding of the same looks', () => {
    expect(newFindings({ 'a.c': WRONG_COUNT }, { 'a.c': WRONG_COUNT + other })).toEqual([
      'a.c halt unmap-with-mapped-count',
    ]);
  });

  test('the same mistake in another file, while the first is still there', () => {
    expect(newFindings({ 'a.c': WRONG_COUNT }, { 'b.c': WRONG_COUNT })).toEqual(['b.c stop unmap-with-mapped-count']);
  });
});

test('the file has a finding a line, in an order that does not depend on the scan', () => {
  const one = baselineOf(scanTexts({ 'a.c': WRONG_COUNT, 'b.c': FIRST_ADDRESS }).files, same);
  const text = baselineText(one);
  expect(text.split('\n').length).toBe(one.length + 3);
  expect(baselineText([...one].reverse())).toBe(text);
  expect(parseBaseline(baselineText([]))).toEqual([]);
});

test.each([
  ['{', 'not JSON'],
  ['[]', "has no 'findings'"],
  ['{"version": 2, "findings": []}', 'version 2 is not known'],
  ['{"version": 1, "findings": [{"rule": "x"}]}', "finding 1 has no 'file'"],
  ['{"version": 1, "findings": [null]}', "finding 1 has no 'rule'"],
])('%s is refused: %s', (text, message) => {
  expect(() => parseBaseline(text)).toThrow(message);
});
