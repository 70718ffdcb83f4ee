import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { FORMATS, type ReportContext } from '../../server/report/formats';
import { comparePaths, inOrder } from '../../server/report/order';
import type { Finding } from '../../server/types';
import { scanTexts, WRONG_COUNT } from '../support/scan';

const context: ReportContext = {
  kernel: { major: 6, minor: 12 },
  version: '1.2.3',
  base: 'file:///src/',
  colors: pc.createColors(false),
  isQuiet: false,
};

const empty = scanTexts({ 'a.c': 'int x;\n' });

function withFinding(file: string, change: Partial<Finding>) {
  const scan = scanTexts({ [file]: WRONG_COUNT });
  const files = scan.files.map((one) => ({
    ...one,
    findings: one.findings.map((finding) => ({ ...finding, ...change })),
  }));
  return { ...scan, files };
}

test.each(['gcc', 'github'] as const)('%s: a line a finding, whatever the message holds', (format) => {
  const report = FORMATS[format](withFinding('a.c', { message: "it's 100 %\r\nand more" }), context);
  expect(report.match(/\n/g)?.length).toBe(1);
});

describe('github', () => {
  test('properties and message are escaped', () => {
    const scan = withFinding('a,b:c%.c', { message: 'one\ntwo, 50 %: done', severity: 'information' });
    expect(FORMATS.github(scan, context)).toBe(
      '::notice file=a%2Cb%3Ac%25.c,line=6,endLine=6,col=26,endColumn=32,title=unmap-with-mapped-count::one%0Atwo, 50 %25: done\n',
    );
  });

  test('no columns over several lines', () => {
    const scan = withFinding('a.c', { span: { start: 0, end: 70 } });
    expect(FORMATS.github(scan, context)).toMatch(/^::error file=a\.c,line=1,endLine=3,title=/);
  });
});

test('gitlab: Code Quality', () => {
  expect(JSON.parse(FORMATS.gitlab(scanTexts({ 'a.c': WRONG_COUNT }), context))).toEqual([
    {
      description: expect.stringContaining("given 'mapped'"),
      check_name: 'unmap-with-mapped-count',
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}:1$/),
      severity: 'critical',
      location: { path: 'a.c', lines: { begin: 6, end: 6 } },
    },
  ]);
  expect(FORMATS.gitlab(empty, context)).toBe('[]\n');
});

test.each(['gcc', 'pretty'] as const)(
  '%s: nothing from a file or its name reaches the terminal as a command',
  (format) => {
    const scan = scanTexts({
      'a\u001b[2J\n.c': WRONG_COUNT.replace('if (mapped)', 'if (mapped) /* \u001b]0;x\u0007 \u202e \u009b */'),
    });
    const files = scan.files.map((one) => ({
      ...one,
      findings: one.findings.map((finding) => ({ ...finding, message: 'x\u001b[31m\u202e\r', function: 'f\u0007' })),
    }));
    const report = FORMATS[format]({ ...scan, files }, context);
    expect(report).not.toMatch(/(?![\t\n])[\p{Cc}\u202e]/u);
    expect(report).toContain('\u241b');
  },
);

test('gcc and github say nothing when there is nothing', () => {
  expect(FORMATS.gcc(empty, context) + FORMATS.github(empty, context)).toBe('');
});

test('pretty: totals, unless quiet', () => {
  expect(FORMATS.pretty(empty, context)).toBe('no findings (1 of 1 files use the DMA API)\n');
  expect(FORMATS.pretty(empty, { ...context, isQuiet: true })).toBe('');
});

test('the order of findings does not depend on the order of files', () => {
  const names = ['a/b.c', 'a.c', 'a/b/c.c', 'B.c', 'ä.c', 'a-b/c.c'];
  const sorted = [...names].sort(comparePaths);
  expect(sorted).toEqual(['B.c', 'a/b/c.c', 'a/b.c', 'a-b/c.c', 'a.c', 'ä.c']);
  const files = names.map((file) => ({ file, text: '', findings: [] }));
  expect(inOrder(files).map((one) => one.file)).toEqual(sorted);
});
