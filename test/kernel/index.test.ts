/** Functions of real drivers, connected across files. Needs LINUX_SRC, the top folder of an unpacked linux-source-6.12. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createParser, type Parser } from '../../server/syntax/parser';
import { analyzeFile, type FileOutcome } from '../../server/workspace/analyzeFile';
import { createLinker } from '../../server/workspace/externals';
import { scan } from '../../server/workspace/scan';
import { folderWith } from '../support/folders';

const root = process.env['LINUX_SRC'] ?? '';
const isPresent = root !== '' && existsSync(join(root, 'drivers/gpu/drm/drm_prime.c'));
const KERNEL = { major: 6, minor: 12 };
const USERS = [
  'drivers/gpu/drm/exynos/exynos_drm_gem.c',
  'drivers/gpu/drm/drm_gem_dma_helper.c',
  'drivers/gpu/drm/mediatek/mtk_gem.c',
  'drivers/gpu/drm/rockchip/rockchip_drm_gem.c',
  'drivers/gpu/drm/omapdrm/omap_gem.c',
];

describe.runIf(isPresent)('Linux 6.12', () => {
  let parser: Parser;
  beforeAll(async () => {
    parser = await createParser();
  });

  function outcome(path: string): Extract<FileOutcome, { kind: 'analyzed' }> {
    const found = analyzeFile(join(root, path), parser, { kernel: KERNEL });
    if (found.kind !== 'analyzed') throw new Error(`${path}: ${found.kind}`);
    return found;
  }

  test('drm_prime_get_contiguous_size() measures, by what it does, and its users in other files are told', () => {
    const definition = outcome('drivers/gpu/drm/drm_prime.c');
    const linker = createLinker([definition]);
    for (const user of USERS) {
      const { file, calls } = outcome(user);
      expect(linker.externalsOf(file, calls), user).toMatchObject([
        {
          name: 'drm_prime_get_contiguous_size',
          returns: { kind: 'contiguous-size', of: { argument: 0, path: '' } },
          elsewhere: { file: definition.file, line: 872 },
        },
      ]);
    }
  });

  test('a finding in a user leads to the definition', async () => {
    const { files } = await scan(
      ['drivers/gpu/drm/drm_prime.c', USERS[3] ?? ''].map((path) => join(root, path)),
      {
        kernel: KERNEL,
      },
    );
    const related = files.flatMap((file) => file.findings).flatMap((finding) => finding.related);
    expect(related.filter((one) => one.file).map((one) => [one.file, one.at?.line])).toEqual([
      [join(root, 'drivers/gpu/drm/drm_prime.c'), 872],
    ]);
  });

  test('a folder of drivers: kept results say what fresh ones say', async () => {
    const cache = { folder: folderWith(), build: 'test' };
    const run = (options: object) =>
      scan([join(root, 'drivers/media/platform/samsung')], { kernel: KERNEL, ...options });
    const fresh = await run({});
    expect(await run({ cache })).toEqual(fresh);
    expect(await run({ cache })).toEqual(fresh);
  });
});
