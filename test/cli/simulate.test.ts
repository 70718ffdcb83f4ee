import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const CLI = resolve('dist/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'dma-lens-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function simulate(...args: readonly string[]) {
  const done = spawnSync(process.execPath, [CLI, 'simulate', ...args], { encoding: 'utf8', cwd: folder });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

function history(content: unknown): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(folder, 'history.json'), text);
  return 'history.json';
}

function addresses(...args: readonly string[]): readonly string[] {
  const { out, err } = simulate(...args, '--format', 'json');
  if (err !== '') return [err];
  const layouts: { segments: { address: string }[] }[] = JSON.parse(out);
  return layouts.flatMap((one) => one.segments.map((segment) => segment.address));
}

describe('options of device and machine', () => {
  test.each([
    ['a bus limit', ['--bus-limit', '0x7fffffff', '--segments', '4K'], ['0x7ffff000']],
    [
      'firmware ranges',
      ['--backend', 'direct', '--dma-ranges', '1G:0:1G', '--segments', '4K@0x50001000'],
      ['0x10001000'],
    ],
    ['64-bit addresses', ['--forcedac', '--segments', '4K'], ['0xfffffffff000']],
    ['no PCI device', ['--platform-device', '--segments', '4K'], ['0xfffffffff000']],
    ['an aperture', ['--aperture', '0-0xfffffff', '--segments', '4K'], ['0xffff000']],
    ['reserved ranges', ['--reserved', '0xfff00000-0xffffffff', '--segments', '4K'], ['0xffeff000']],
    ['a bounce pool', ['--backend', 'swiotlb', '--swiotlb-start', '0x1000000', '--segments', '4K'], ['0x1000000']],
    ['the area of a CPU', ['--backend', 'swiotlb', '--cpus', '4', '--cpu', '3', '--segments', '4K'], ['0x7f000000']],
    ['an untrusted device', ['--untrusted', '--segments', '0x100+4K'], ['0xfffff000']],
    ['peer-to-peer memory', ['--p2p', '0:bus:4K', '--segments', '4K@0x1000'], ['0x2000']],
    ['a window', ['--backend', 's390-pci', '--kernel', '6.1', '--window', '2G+1M', '--segments', '4K'], ['0x80000000']],
    [
      'merging off',
      ['--backend', 'powerpc-tce', '--merge', 'off', '--segments', '4K,4K'],
      ['0x80000000', '0x80001000'],
    ],
  ])('%s', (_name, args, wanted) => expect(addresses(...args)).toEqual(wanted));

  test.each([
    [['--bus-limit', '-5'], "bus-limit: '-5' is no size"],
    [['--dma-ranges', '0:0:2G,1G:0:1G'], 'two ranges overlap at 0x40000000'],
    [['--strict', '--lazy'], 'strict and lazy exclude each other'],
    [['--cpu', '1'], "cpu: '1' is no number below 1; give --cpus to have more"],
    [['--p2p', '1:bus:0'], "there is no entry '1'"],
    [['--swiotlb-size', '0'], "swiotlb-size: '0' is not between"],
  ])('%j is refused', (args, message) => {
    const { status, err } = simulate('--segments', '4K', ...args);
    expect(status).toBe(2);
    expect(err).toContain(message);
  });
});

describe('pictures', () => {
  test('backends side by side', () => {
    const { status, out } = simulate(
      '--backend',
      'direct,arm-iommu,swiotlb',
      '--segments',
      '64K,16K',
      '--format',
      'svg',
    );
    expect(status).toBe(0);
    expect(out).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="1280" height="[0-9]+" [^>]*>.*<\/svg>\n$/);
    expect(out.match(/<title>[^<]*<\/title>/g)).toEqual([
      '<title>direct</title>',
      '<title>arm-iommu</title>',
      '<title>swiotlb</title>',
    ]);
    expect(out.match(/<g[ >]/g)?.length).toBe(out.match(/<\/g>/g)?.length);
  });

  test('colours for a dark background', () => {
    const dark = simulate('--segments', '4K', '--format', 'svg', '--theme', 'dark');
    expect(dark.out).toContain('fill="#1f1f1f"');
  });
});

describe('histories', () => {
  const steps = [{ map: '64K,16K' }, { unmap: 1 }, { page: '0x100+4K' }];

  test('every step as text', () => {
    const { status, out } = simulate('--history', history({ backend: 'iommu-dma', kernel: '6.12', steps }));
    expect(status).toBe(0);
    expect(out).toMatch(/^step 1: map 64K,16K\nmemory\n/);
    expect(out).toContain('\n\nstep 2: unmap what step 1 mapped\n\nstep 3: page 0x100+4K\n');
    expect(out).toContain('  [0] 0xfffde100+4096  <- sg[0]');
  });

  test('as JSON', () => {
    const { out } = simulate('--history', history({ backend: 'iommu-dma', steps }), '--format', 'json');
    expect(JSON.parse(out)).toMatchObject([
      { step: 1, map: '64K,16K', backend: 'iommu-dma', returns: 2 },
      { step: 2, unmap: 1 },
      { step: 3, page: '0x100+4K', returns: 1 },
    ]);
  });

  test('as a picture', () => {
    const { out } = simulate('--history', history({ backend: 'iommu-dma', steps }), '--format', 'svg');
    expect(out).toContain('<title>step 2: unmap what step 1 mapped</title>');
    expect(out).toContain('width="640"');
  });

  test('a step that fails: status 1', () => {
    const { status, out } = simulate('--history', history({ backend: 'swiotlb', steps: [{ map: '1M' }] }));
    expect(status).toBe(1);
    expect(out).toContain('swiotlb: not mapped (-5): entry 0: no bounce buffer of 1 MiB');
  });

  test.each([
    ['{', 'history.json: '],
    [
      { backend: 'iommu-dma', steps: [{ map: '4K' }, { unmap: 3 }] },
      'history.json: step 2: step 3 does not come before it',
    ],
    [{ backend: 'iommu-dma', kernel: '4.4', steps }, 'iommu-dma begins with Linux 4.7'],
    [{ backend: 'iommu-dma', kernel: 'new', steps }, "'new' is no kernel version"],
  ])('%j is refused', (content, message) => {
    const { status, err } = simulate('--history', history(content));
    expect(status).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toMatch(/^\s+at /m);
  });

  test('a file that does not exist', () => {
    expect(simulate('--history', 'no.json').err).toBe('dma-lens: no.json: no such file or folder\n');
  });
});
