/** A short run of `npm run fuzz`; what longer runs found is pinned beside the code that was mended. */

import { describe, expect, test } from 'vitest';
import { createRandom } from '../scripts/fuzz/random';
import { must } from '../scripts/fuzz/target';
import { createTargets } from '../scripts/fuzz/targets';

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

  test('the same seed makes the same input', () => {
    expect(targets[name]?.make(createRandom(7))).toBe(targets[name]?.make(createRandom(7)));
  });
});

test('a broken promise is told', () => {
  expect(() => must(false, 'spans lie in the file')).toThrow('spans lie in the file');
});
