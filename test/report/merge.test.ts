import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { shareOf } from '../../server/cli/shard';
import { FORMATS, type ReportContext } from '../../server/report/formats';
import { mergeReports } from '../../server/report/merge';
import { inOrder } from '../../server/report/order';
import type { ScanResult } from '../../server/workspace/scan';
import { validSarif } from '../support/sarif';
import { FIRST_ADDRESS, scanTexts, WRONG_COUNT } from '../support/scan';

const context: ReportContext = {
  kernel: { major: 6, minor: 12 },
  version: '1.2.3',
  base: 'file:///src/',
  colors: pc.createColors(false),
  isQuiet: false,
};

const NAMES = ['a.c', './b.c', 'd/ü#1.c', 'd/e/f.c', 'd-x/g.c', '/abs/h.c', '../up.c', 'z.c', 'A.c', 'd/e.c'];
const CLEAN = scanTexts({ 'x.c': 'int x;' });
const BAD = scanTexts({ 'x.c': WRONG_COUNT + FIRST_ADDRESS }).files[0]?.findings ?? [];

/** A scan of files of which some have findings and some could not be read. */
function scanOf(names: readonly string[]): ScanResult {
  const bad = names.filter((name) => !/[zA]/.test(name));
  return {
    seen: names.length,
    analyzed: bad.length,
    failed: names.filter((name) => name.includes('A')).map((file) => ({ file, reason: 'permission denied' })),
    files: inOrder(bad.map((file) => ({ file, text: WRONG_COUNT + FIRST_ADDRESS, findings: BAD }))),
    stats: CLEAN.stats,
  };
}

describe.each(['sarif', 'json'] as const)('%s', (format) => {
  const report = (names: readonly string[]) => FORMATS[format](scanOf(names), context);

  test('law: shards, in any order and number, make the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.shuffledSubarray(NAMES), fc.nat(), (count, names, turn) => {
        const shards = Array.from({ length: count }, (_one, i) => shareOf(names, { index: i + 1, count }));
        const first = turn % count;
        const turned = [...shards.slice(first), ...shards.slice(0, first)];
        const merged = mergeReports(turned.map((share, i) => ({ name: `${i}`, text: report(share) })));
        expect(merged.text).toBe(report(names));
      }),
      { numRuns: 40 },
    );
  });

  test('a report given twice adds no findings', () => {
    const one = { name: 'one', text: report(['a.c']) };
    const findings = (text: string) => text.split('"message": ').length;
    expect(findings(mergeReports([one, one]).text)).toBe(findings(one.text));
  });

  test('severities are told', () => {
    expect([...mergeReports([{ name: 'a', text: report(['a.c']) }]).severities]).toEqual(['error']);
    expect([...mergeReports([{ name: 'z', text: report(['z.c']) }]).severities]).toEqual([]);
  });

  test('other kernels are refused', () => {
    const old = FORMATS[format](scanOf(['a.c']), { ...context, kernel: { major: 5, minor: 4 } });
    expect(() =>
      mergeReports([
        { name: 'a', text: old },
        { name: 'b', text: report(['b.c']) },
      ]),
    ).toThrow('the reports are of different target kernels');
  });
});

test('SARIF of several machines: the base is left to the reader', () => {
  const [one, two] = ['file:///one/', 'file:///two/'].map((base, i) => ({
    name: base,
    text: FORMATS.sarif(scanOf([NAMES[i] ?? '']), { ...context, base }),
  }));
  const log = validSarif(mergeReports([one, two].flatMap((each) => each ?? [])).text);
  expect(log.runs[0]?.originalUriBaseIds).toEqual({ SRCROOT: {} });
});

test('SARIF of several versions is refused', () => {
  const texts = ['1.0.0', '1.1.0'].map((version) => FORMATS.sarif(scanOf([]), { ...context, version }));
  expect(() => mergeReports(texts.map((text) => ({ name: 'x', text })))).toThrow('different versions');
});

test.each([
  ['{', 'x: not JSON'],
  ['[]', 'x: neither a SARIF nor a JSON report of dma-lens'],
  ['{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"other"}}}]}', 'x: neither'],
  ['{"version":1,"files":{"failed":[{}]},"findings":[]}', 'x: neither'],
])('%s is refused', (text, message) => {
  expect(() => mergeReports([{ name: 'x', text }])).toThrow(message);
});

test('formats do not mix', () => {
  const texts = [FORMATS.sarif(scanOf([]), context), FORMATS.json(scanOf([]), context)];
  expect(() => mergeReports(texts.map((text) => ({ name: 'x', text })))).toThrow('cannot be mixed');
});
