import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyAutomaticFixes } from '../../server/report/fixes';
import type { Finding, TextEdit } from '../../server/types';

function finding(edits: readonly TextEdit[], automatic = true): Finding {
  return {
    rule: 'r',
    severity: 'error',
    span: edits[0]?.span ?? { start: 0, end: 0 },
    message: '',
    function: 'f',
    related: [],
    fixes: [{ title: 't', automatic, edits }],
  };
}

const edit = (start: number, end: number, newText: string): TextEdit => ({ span: { start, end }, newText });

test('all edits of all fixes, from anywhere in the text', () => {
  const fixed = applyAutomaticFixes('a b c d', [
    finding([edit(4, 5, 'C'), edit(0, 1, 'AA')]),
    finding([edit(6, 7, '')]),
  ]);
  expect(fixed.text).toBe('AA b C ');
  expect(fixed.applied.length).toBe(2);
});

test('a fix that a person has to look at is left alone', () => {
  expect(applyAutomaticFixes('abc', [finding([edit(0, 1, 'x')], false)])).toEqual({ text: 'abc', applied: [] });
});

describe('overlaps', () => {
  test('the first wins, and a fix is applied whole or not at all', () => {
    const { text, applied } = applyAutomaticFixes('abcdef', [
      finding([edit(0, 2, 'X')]),
      finding([edit(1, 3, 'Y'), edit(5, 6, 'Z')]),
    ]);
    expect(text).toBe('Xcdef');
    expect(applied.length).toBe(1);
  });

  test('two insertions at one place wait for each other', () => {
    expect(applyAutomaticFixes('ab', [finding([edit(1, 1, 'x')]), finding([edit(1, 1, 'y')])]).text).toBe('axb');
  });

  test('a fix whose own edits overlap is none', () => {
    expect(applyAutomaticFixes('abc', [finding([edit(0, 2, 'x'), edit(1, 3, 'y')])]).text).toBe('abc');
  });
});

test('edits outside the text are none', () => {
  expect(applyAutomaticFixes('abc', [finding([edit(2, 9, 'x')]), finding([edit(-1, 1, 'x')])]).text).toBe('abc');
});

test('new lines end as the others do', () => {
  expect(applyAutomaticFixes('a;\r\nb;\r\n', [finding([edit(4, 4, 'x;\ny;\r\n')])]).text).toBe(
    'a;\r\nx;\r\ny;\r\nb;\r\n',
  );
});

test('law: what no edit covers stays as it is', () => {
  const edits = fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { maxLength: 6 });
  fc.assert(
    fc.property(edits, (places) => {
      const text = 'abcdefghijklmnopqrstuvwxyz';
      const findings = places.map(([start, length]) => finding([edit(start, start + length, '')]));
      const { text: fixed, applied } = applyAutomaticFixes(text, findings);
      const gone = new Set(
        applied.flatMap((one) => one.fix.edits.flatMap(({ span }) => [...text.slice(span.start, span.end)])),
      );
      expect(fixed).toBe([...text].filter((letter) => !gone.has(letter)).join(''));
    }),
  );
});
