/** Shards and workers on real drivers. Needs LINUX_SRC, the top folder of an unpacked kernel. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mergeReports } from '../../server/report/merge';
import { validSarif } from '../support/sarif';

const root = process.env['LINUX_SRC'] ?? '';
const isPresent = root !== '' && existsSync(join(root, 'drivers/crypto'));

function report(...options: readonly string[]): string {
  const args = [
    resolve('dist/cli.js'),
    'check',
    '--format',
    'sarif',
    '--fail-on',
    'never',
    ...options,
    'drivers/crypto',
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

describe.runIf(isPresent)('drivers/crypto', () => {
  test('three shards, each with other workers, make the whole', () => {
    const whole = report();
    const shards = [3, 1, 2].map((index) => report('--shard', `${index}/3`, '--jobs', String(index)));
    const merged = mergeReports(shards.map((text, index) => ({ name: `${index}`, text })));
    expect(merged.text === whole).toBe(true);
    expect(validSarif(whole).runs[0]?.results?.length).toBeGreaterThan(0);
  }, 600_000);
});
