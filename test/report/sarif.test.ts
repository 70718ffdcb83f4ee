import { describe, expect, test } from 'vitest';
import { type SarifOptions, sarifReport } from '../../server/report/sarif';
import { RULES } from '../../server/rules/index';
import { validSarif } from '../support/sarif';
import { FIRST_ADDRESS, scanTexts, WRONG_COUNT } from '../support/scan';

const options: SarifOptions = { kernel: { major: 6, minor: 12 }, version: '1.2.3', base: 'file:///src/linux/' };

function runOf(texts: Readonly<Record<string, string>>, failed: { file: string; reason: string }[] = []) {
  const log = validSarif(sarifReport(scanTexts(texts, failed), options));
  const [run] = log.runs;
  if (!run) throw new Error('no run');
  return { ...run, results: run.results ?? [] };
}

test('every rule is described, with help that people can read', () => {
  const { rules = [] } = runOf({}).tool.driver;
  expect(rules.map((rule) => rule.id)).toEqual([...RULES.map((rule) => rule.id), 'unused-suppression']);
  for (const rule of rules) expect(rule.help?.text, rule.id).toMatch(/\S/);
});

describe('a finding', () => {
  const run = runOf({ 'drivers/a.c': WRONG_COUNT });
  const [result] = run.results;

  test('has its place, relative to the base', () => {
    expect(run.originalUriBaseIds).toEqual({ SRCROOT: { uri: 'file:///src/linux/' } });
    expect(result).toMatchObject({
      ruleId: 'unmap-with-mapped-count',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'drivers/a.c', uriBaseId: 'SRCROOT' },
            region: { startLine: 6, startColumn: 26, endLine: 6, endColumn: 32 },
          },
          logicalLocations: [{ name: 'stop', kind: 'function' }],
        },
      ],
    });
    expect(run.tool.driver.rules?.[result?.ruleIndex ?? -1]?.id).toBe('unmap-with-mapped-count');
  });

  test('has the way from the map call to the use', () => {
    const steps = result?.codeFlows?.[0]?.threadFlows[0]?.locations.map(
      (one) => one.location?.physicalLocation?.region?.startLine,
    );
    expect(steps).toEqual([3, 6]);
    expect(result?.relatedLocations?.[0]?.physicalLocation?.region?.startLine).toBe(3);
  });

  test('has its fix, applicable as it stands', () => {
    expect(result?.fixes?.[0]?.artifactChanges[0]?.replacements).toEqual([
      {
        deletedRegion: { startLine: 6, startColumn: 26, endLine: 6, endColumn: 32 },
        insertedContent: { text: 'nents' },
      },
    ]);
  });
});

describe('fingerprints', () => {
  const of = (file: string, text: string) => runOf({ [file]: text }).results.map((one) => one.partialFingerprints);

  test('survive lines that move and blanks that change', () => {
    expect(of('a.c', `\n/* more */\n\n${WRONG_COUNT.replace(/\t\t/, '        ')}`)).toEqual(of('a.c', WRONG_COUNT));
  });

  test('one of them survives a rename', () => {
    const [before] = of('a.c', WRONG_COUNT);
    const [after] = of('b.c', WRONG_COUNT);
    expect(after?.['dmaLensFindingAnywhere/v1']).toBe(before?.['dmaLensFindingAnywhere/v1']);
    expect(after?.['dmaLensFinding/v1']).not.toBe(before?.['dmaLensFinding/v1']);
  });

  test('equal lines are told apart', () => {
    const twice = WRONG_COUNT.replace(/(\t\tdma_unmap.*\n)/, '$1\telse\n$1');
    const found = of('a.c', twice).map((one) => one?.['dmaLensFinding/v1']);
    expect(found.length).toBe(2);
    expect(new Set(found).size).toBe(2);
  });
});

test('a place in another file has its own line and column, and comes first on the way', () => {
  const scan = scanTexts({ 'a.c': WRONG_COUNT });
  const related = [
    { file: 'b.c', span: { start: 900, end: 910 }, at: { line: 40, column: 2 }, message: 'mapped here' },
  ];
  const files = scan.files.map((file) => ({ ...file, findings: file.findings.map((one) => ({ ...one, related })) }));
  const [result] = validSarif(sarifReport({ ...scan, files }, options)).runs[0]?.results ?? [];
  const place = {
    artifactLocation: { uri: 'b.c', uriBaseId: 'SRCROOT' },
    region: { startLine: 40, startColumn: 2 },
  };
  expect(result?.relatedLocations?.[0]?.physicalLocation).toEqual(place);
  expect(result?.codeFlows?.[0]?.threadFlows[0]?.locations[0]?.location?.physicalLocation).toEqual(place);
});

test('a replay travels along', () => {
  const { results } = runOf({ 'a.c': FIRST_ADDRESS });
  expect(results[0]?.properties?.['replay']).toMatchObject({ predicate: 'contiguous-size' });
});

test('paths of every kind become addresses', () => {
  const { results } = runOf({
    './here.c': WRONG_COUNT,
    '../up.c': WRONG_COUNT,
    '/abs/with blank.c': WRONG_COUNT,
    'a:b#c?d%e/ü[1].c': WRONG_COUNT,
  });
  expect(results.map((one) => one.locations?.[0]?.physicalLocation?.artifactLocation)).toEqual([
    { uri: 'here.c', uriBaseId: 'SRCROOT' },
    { uri: '../up.c', uriBaseId: 'SRCROOT' },
    { uri: 'file:///abs/with%20blank.c' },
    { uri: 'a%3Ab%23c%3Fd%25e/%C3%BC%5B1%5D.c', uriBaseId: 'SRCROOT' },
  ]);
});

test('columns are UTF-16 units, also in files with CRLF', () => {
  const text = WRONG_COUNT.replace('\t\tdma_unmap', '\t\t/* 😀 */ dma_unmap').replace(/\n/g, '\r\n');
  const run = runOf({ 'a.c': text });
  expect(run.columnKind).toBe('utf16CodeUnits');
  expect(run.results[0]?.locations?.[0]?.physicalLocation?.region).toMatchObject({ startLine: 6, startColumn: 35 });
});

test('files that could not be read are told', () => {
  expect(runOf({}, [{ file: 'x.c', reason: 'permission denied' }]).invocations?.[0]).toMatchObject({
    executionSuccessful: true,
    toolExecutionNotifications: [
      {
        message: { text: 'permission denied' },
        locations: [{ physicalLocation: { artifactLocation: { uri: 'x.c' } } }],
      },
    ],
  });
});
