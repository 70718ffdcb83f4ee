/** A short run of `npm run compare`: on the project's own drivers, and on some of LINUX_SRC where it is set. */

import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differenceOf } from '../scripts/compare/part';
import { PARTS } from '../scripts/compare/parts';

const linux = process.env['LINUX_SRC'] ?? '';
const grounds = [
  ['test/fixtures', ['.']],
  [linux, ['drivers/spi', 'drivers/media/common/videobuf2']],
] as const;

describe.each(grounds.filter(([root]) => existsSync(root)))('%s', (root, paths) => {
  test.each(Object.keys(PARTS))(
    '%s',
    async (name) => {
      const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'dma-lens-compare-')));
      const outcome = await PARTS[name]?.({ root: realpathSync(root), paths, scratch });
      rmSync(scratch, { recursive: true });
      expect(outcome?.differences).toEqual([]);
      expect(outcome?.compared).toMatch(/^[1-9]\d* files/);
    },
    300_000,
  );
});

test('a difference is told with its place', () => {
  expect(differenceOf('a\nb\n', 'a\nb\n', 'x')).toEqual([]);
  expect(differenceOf('a\nb\n', 'a\nc\n', 'x')).toEqual(['x: line 2: b / c']);
  expect(differenceOf('a', 'a\nc', 'x')).toEqual(['x: line 2: the end / c']);
});
