/** A short run of `npm run fuzz`; what longer runs found is pinned beside the code that was mended. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { watchCoverage } from '../scripts/fuzz/coverage';
import { type Pool, pickInput, withInput } from '../scripts/fuzz/pool';
import { createRandom } from '../scripts/fuzz/random';
import { must } from '../scripts/fuzz/target';
import { createTargets } from '../scripts/fuzz/targets';
import { sandbox } from './support/sandbox';

const box = sandbox();

const targets = await createTargets();

describe.each(Object.keys(targets))('%s', (name) => {
  test('holds its promises over some cases', async () => {
    const target = targets[name];
    for (let seed = 1; seed <= 12; seed++) {
      const random = createRandom(seed);
      const input = target?.make(random) ?? '';
      await expect(Promise.resolve(target?.feed(input, random)), `${name}:${seed}`).resolves.toBeUndefined();
    }
  }, 120_000);

  test('and over mixtures of them', async () => {
    const target = targets[name];
    const inputs = Array.from({ length: 6 }, (_one, seed) => target?.make(createRandom(seed)) ?? '');
    for (let seed = 1; seed <= 6; seed++) {
      const random = createRandom(seed);
      const input = target?.vary(random.pick(inputs), random.pick(inputs), random) ?? '';
      await expect(Promise.resolve(target?.feed(input, random)), `${name}:${seed}`).resolves.toBeUndefined();
    }
  }, 120_000);

  test('the same seed makes the same input', () => {
    expect(targets[name]?.make(createRandom(7))).toBe(targets[name]?.make(createRandom(7)));
  });
});

test('what runs for the first time is seen', () => {
  const code = 'module.exports = (a) => { if (a) { return 1; } return [2].map((b) => b + 1); };\n';
  box.put({ 'watched.cjs': code });
  const ever = new Uint8Array(code.length + 200);
  const coverage = watchCoverage('watched.cjs', ever);
  const run: (a: boolean) => unknown = createRequire(__filename)(join(box.folder, 'watched.cjs'));
  run(true);
  expect(coverage.gained()).toBeGreaterThan(0);
  run(true);
  expect(coverage.gained()).toBe(0);
  run(false);
  expect(coverage.gained()).toBeGreaterThan(0);
  expect(coverage.reached).toBe(ever.reduce((sum, one) => sum + one, 0));
});

test('inputs are kept, the oldest make room, the large ones are not worth it', () => {
  let pool: Pool = {};
  expect(pickInput(pool, 'a', createRandom(1))).toBeUndefined();
  for (let i = 0; i < 501; i++) pool = withInput(pool, 'a', String(i));
  pool = withInput(pool, 'a', 'x'.repeat(60_001));
  expect([pool['a']?.length, pool['a']?.[0], pool['a']?.at(-1)]).toEqual([500, '1', '500']);
});

test('a broken promise is told', () => {
  expect(() => must(false, 'spans lie in the file')).toThrow('spans lie in the file');
});
