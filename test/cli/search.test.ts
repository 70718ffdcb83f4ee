import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const CLI = resolve('dist/cli.js');

function search(...args: readonly string[]) {
  const done = spawnSync(process.execPath, [CLI, 'simulate', '--search', ...args], { encoding: 'utf8' });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

describe('simulate --search', () => {
  test('draws the smallest list, and says how often buffers fail', () => {
    const { status, out } = search(
      'contiguous-size',
      '--backend',
      'iommu-dma-4.4',
      '--kernel',
      '4.4',
      '--dma-mask',
      '32',
    );
    expect(status).toBe(0);
    expect(out).toMatch(
      /^iommu-dma-4\.4 \(4\.4\): breaks\n {2}4 KiB pad: the 8 KiB entry starts on a multiple of 8 KiB\n/,
    );
    expect(out).toMatch(/about \d+ % of 1 MiB buffers fail \(\d+(?:\.\d)? % to \d+(?:\.\d)? %, \d+ draws\)/);
    expect(out).toContain('{4 KiB, 8 KiB} becomes 4 KiB, hole of 4 KiB, 8 KiB');
    expect(out).toContain('told 12 KiB from the first address: 8 KiB of it wrong');
  });

  test('says how age and huge pages matter', () => {
    const { out } = search('contiguous-size', '--backend', 'direct', '--shape', 'pages,max=64K', '--rates');
    expect(out).toMatch(/^ {4}64 KiB {16}just booted \d+ % +days \d+ % +worst \d+ %$/m);
    expect(out).toMatch(/^ {4}64 KiB, huge pages {4}just booted [<\d ]+ % +days [<\d ]+ % +worst [<\d ]+ %$/m);
    expect(out).not.toContain('1 MiB');
  });

  test('asks the platforms of the kernel unless told which', () => {
    const { out } = search('same-count', '--kernel', '6.12', '--format', 'json');
    const verdicts: { id: string; verdict: string; rate: number; interval: number[]; draws: number }[] =
      JSON.parse(out);
    expect(verdicts.map((one) => [one.id, one.verdict])).toEqual([
      ['direct', 'holds'],
      ['swiotlb', 'holds'],
      ['iommu-dma', 'breaks'],
      ['iommu-dma-untrusted', 'holds'],
      ['arm-iommu', 'breaks'],
    ]);
    const merged = verdicts[2];
    expect((merged?.interval[1] ?? 1) - (merged?.interval[0] ?? 0)).toBeLessThan(0.03);
  });

  test('shape and device count', () => {
    const raised = search(
      'single-segment',
      '--backend',
      'arm-iommu',
      '--max-seg-size',
      '64M',
      '--shape',
      'pages,max=1M',
    );
    expect(raised.out).toContain('arm-iommu (6.18): holds');
    expect(search('contiguous-size', '--backend', 'direct', '--shape', 'one-entry').out).toContain(
      'one entry is one segment',
    );
  });

  test('pictures on one sheet', () => {
    const { out } = search('contiguous-size', '--backend', 'direct,iommu-dma', '--kernel', '6.12', '--format', 'svg');
    expect(out.match(/<g transform="translate\(0 \d+\)"><title>/g)).toHaveLength(2);
    expect(out).toContain('iommu-dma: one IOVA block holds the list');
  });

  test.each([
    [['luck'], "'luck' is no need; known: contiguous-size"],
    [['contiguous-size', '--shape', 'round'], "'round' is no shape; known: pages"],
    [['contiguous-size', '--backend', 'direkt'], "unknown backend 'direkt'"],
    [['contiguous-size', '--max-seg-size', '0'], 'max-seg-size'],
  ])('%j', (args, reason) => {
    const { status, err } = search(...args);
    expect(status).toBe(2);
    expect(err).toContain(reason);
    expect(err).not.toMatch(/^ +at /m);
  });
});
