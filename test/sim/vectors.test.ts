import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { replayVectors, VectorError } from '../../server/sim/vectors';

const FOLDER = 'test/fixtures/vectors';
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));

describe('recordings of real kernels', () => {
  test.each(files)('%s', (name) => {
    const report = replayVectors(readFileSync(`${FOLDER}/${name}`, 'utf8').split('\n'));
    expect(report.failed.slice(0, 5)).toEqual([]);
    expect(report.passed).toBeGreaterThan(200);
  });

  test('a recording that is changed in one byte fails', () => {
    const lines = readFileSync(`${FOLDER}/linux-6.12-iommu-strict.jsonl`, 'utf8').split('\n');
    const changed = lines.map((line, i) =>
      i === 1 ? line.replace('"address":"0xfffd4000"', '"address":"0xfffd5000"') : line,
    );
    const report = replayVectors(changed);
    expect(report.failed).toEqual([
      { line: 2, name: '64K,16K,64K', explanation: 'segment 2 at 0xfffd4000, Linux put it at 0xfffd5000' },
    ]);
  });
});

describe('what is no recording', () => {
  test.each([
    ['', 'no environment line: this is no recording'],
    ['{"op":"map_sg"}', 'line 1: the first line must describe the environment ("type":"environment")'],
    ['[1]', 'line 1: not a JSON object'],
    ['{"type":"environment","kernel":"6.12","backend":"nope"}', "line 1: unknown backend 'nope'"],
  ])('%s', (text, message) => {
    expect(() => replayVectors(text.split('\n'))).toThrow(VectorError);
    expect(() => replayVectors(text.split('\n'))).toThrow(message);
  });
});
