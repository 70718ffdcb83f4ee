/** The tool on real drivers. Needs LINUX_SRC, the top folder of an unpacked linux-source-6.12. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnalyzeOptions } from '../../server/lens';
import { layoutLine, listText } from '../../server/render/verdict';
import type { Finding } from '../../server/types';
import { kernelVersionAt } from '../../server/workspace/kernelTree';
import { type ScanResult, scan } from '../../server/workspace/scan';

const root = process.env['LINUX_SRC'] ?? '';
const isPresent = root !== '' && existsSync(join(root, 'drivers/media'));

test('a kernel tree is there, or the reader is told', () => {
  if (!isPresent) {
    process.stderr.write('\n*** LINUX_SRC names no kernel tree: the tests on real drivers DID NOT RUN ***\n');
    expect(process.env['CI'], 'the tests on real drivers must run in CI; set LINUX_SRC').toBeUndefined();
  }
});

describe.runIf(isPresent)('Linux 6.12', () => {
  function scanBelow(paths: readonly string[], options: Partial<AnalyzeOptions> = {}): Promise<ScanResult> {
    const kernel = { major: 6, minor: 12 };
    return scan(
      paths.map((path) => join(root, path)),
      { kernel, ...options },
    );
  }

  async function findings(path: string, options: Partial<AnalyzeOptions> = {}): Promise<readonly Finding[]> {
    const { files } = await scanBelow([path], options);
    return files.flatMap((file) => file.findings);
  }

  test('the version is read from the tree', () => {
    expect(kernelVersionAt(join(root, 'drivers/media'))).toEqual({ major: 6, minor: 12 });
  });

  test('videobuf2-dma-contig hopes for contiguity, and checks', async () => {
    const found = await findings('drivers/media/common/videobuf2/videobuf2-dma-contig.c');
    expect(found.map((one) => [one.rule, one.function])).toEqual([
      ['contiguity-required', 'vb2_dc_get_userptr'],
      ['contiguity-required', 'vb2_dc_map_dmabuf'],
    ]);
    for (const one of found) {
      expect(one.message).toContain('vb2_dc_get_contiguous_size()');
      expect(one.message).toContain('-EFAULT');
      const verdicts = Object.fromEntries(
        (one.replay?.platforms ?? []).map((verdict) => [verdict.platform, verdict.verdict]),
      );
      expect(verdicts).toMatchObject({
        direct: 'breaks',
        swiotlb: 'breaks',
        'arm-iommu': 'breaks',
        'iommu-dma': 'holds',
      });
      const direct = one.replay?.platforms.find((verdict) => verdict.platform === 'direct');
      expect(direct?.example && listText(direct.example.list)).toBe('{4 KiB, 4 KiB}');
    }
  });

  test('with the first iommu-dma it breaks with {4K, 8K}', async () => {
    const [found] = await findings('drivers/media/common/videobuf2/videobuf2-dma-contig.c', {
      kernel: { major: 4, minor: 4 },
      platforms: ['iommu-dma-4.4'],
    });
    const [verdict] = found?.replay?.platforms ?? [];
    expect(verdict?.verdict).toBe('breaks');
    expect(verdict?.example && listText(verdict.example.list)).toBe('{4 KiB, 8 KiB}');
    expect(verdict?.example && layoutLine(verdict.example.result)).toBe('4 KiB, hole of 4 KiB, 8 KiB');
  });

  test('exynos g2d assumes', async () => {
    const found = await findings('drivers/gpu/drm/exynos/exynos_drm_g2d.c');
    expect(found.map((one) => [one.rule, one.function])).toEqual([['contiguity-assumed', 'g2d_userptr_get_dma_addr']]);
  });

  test.each(['drivers/gpu/drm/drm_prime.c', 'drivers/gpu/drm/panthor/panthor_mmu.c', 'drivers/ata/libata-sff.c'])(
    '%s is right',
    async (path) => {
      expect((await findings(path)).filter((one) => one.rule.startsWith('contiguity-'))).toEqual([]);
    },
  );

  test('the functions of media, drm and crypto that touch DMA parse', { timeout: 120_000 }, async () => {
    const { stats, failed } = await scanBelow(['drivers/media', 'drivers/gpu/drm', 'drivers/crypto'], {
      everything: true,
    });
    expect(failed).toEqual([]);
    expect(stats.dmaFunctions).toBeGreaterThan(700);
    expect(stats.dmaFunctionsWithErrors / stats.dmaFunctions).toBeLessThan(0.005);
  });

  test('what is left out could not have been found', { timeout: 300_000 }, async () => {
    const folders = ['drivers/crypto', 'drivers/media', 'drivers/spi', 'drivers/net/wireless'];
    const few = await scanBelow(folders);
    const all = await scanBelow(folders, { everything: true });
    expect(few.files).toEqual(all.files);
    expect(all.files.length).toBeGreaterThan(10);
  });
});
