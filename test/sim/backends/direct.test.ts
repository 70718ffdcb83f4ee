import { describe, expect, test } from 'vitest';
import { direct, swiotlb } from '../../../server/sim/backends/direct';
import type { Machine, SgEntry } from '../../../server/sim/types';
import { causes, device, list, view } from '../../support/simLists';

const NOW: Machine = { kernel: { major: 6, minor: 12 } };
const OLD: Machine = { kernel: { major: 5, minor: 10 } };
const NO_POOL = { start: 0n, end: 0n, areas: 1, force: false };

describe('without an IOMMU', () => {
  test('every entry keeps its address, whatever the limits', () => {
    const limits = device({ maxSegmentSize: 4096, segmentBoundary: 0xfffn });
    const result = direct.open(NOW).mapSg(list('64K@0x80000000,16K@0x90000000'), limits, 1);
    expect(view(result)).toBe('0x80000000+65536 0x90000000+16384');
    expect(causes(result)).toEqual(['physical 268369920']);
  });
  test('firmware ranges move addresses; what no range covers bounces or fails', () => {
    const ranged = device({ dmaRanges: [{ cpuStart: 0x40000000n, dmaStart: 0n, size: 0x40000000n }] });
    expect(view(direct.open(NOW).mapSg(list('4K@0x50001000'), ranged, 1))).toBe('0x10001000+4096');
    const bounced = direct.open(NOW).mapSg(list('4K@0x80000000'), ranged, 1);
    expect(view(bounced)).toBe('0x3c000000+4096');
    expect(view(direct.open({ ...NOW, swiotlb: NO_POOL }).mapSg(list('4K@0x80000000'), ranged, 1))).toBe('errno -5');
  });
  test('two ranges part what is adjacent in memory', () => {
    const split = device({
      dmaRanges: [
        { cpuStart: 0x40000000n, dmaStart: 0n, size: 0x10000000n },
        { cpuStart: 0x50000000n, dmaStart: 0x80000000n, size: 0x10000000n },
      ],
    });
    const result = direct.open(NOW).mapSg(list('4K@0x4ffff000,4K@0x50000000'), split, 1);
    expect(view(result)).toBe('0xffff000+4096 0x80000000+4096');
  });
  test('an entry that ends above the mask bounces as a whole', () => {
    const result = direct.open(NOW).mapSg(list('0x2000@0xfffff000'), device(), 1);
    expect(view(result)).toBe('0x7c000000+8192');
    expect(result.ok && result.segments[0]?.bounced).toBe(true);
  });
  test('a failure is EIO since 5.15 and undoes what was bounced before it', () => {
    const entries = list('4K@0x200000000,300K@0x210000000');
    const space = direct.open(NOW);
    expect(view(space.mapSg(entries, device(), 1))).toBe('errno -5');
    expect(view(direct.open(OLD).mapSg(entries, device(), 1))).toBe('errno -22');
    expect(view(space.mapPage({ page: 0x200000000n, offset: 0, length: 300 * 1024 }, device(), 1))).toBe('errno -12');
  });
  test('small buffers of a device without coherency bounce since 6.5', () => {
    const limits = device({ coherent: false });
    const bounced = (minor: number, direction: 1 | 2) => {
      const result = direct.open({ kernel: { major: 6, minor } }).mapSg(list('32,4K'), limits, direction);
      return result.ok ? result.segments.map((one) => one.bounced ?? false) : [];
    };
    expect(bounced(5, 2)).toEqual([true, false]);
    expect(bounced(5, 1)).toEqual([false, false]);
    expect(bounced(4, 2)).toEqual([false, false]);
  });
});

describe('peer-to-peer memory', () => {
  const entry = (p2p: SgEntry['p2p']): SgEntry => ({ page: 0x8000n, offset: 0, length: 4096, ...(p2p && { p2p }) });

  test('a bus address, the host bridge, or an error', () => {
    const map = (p2p: SgEntry['p2p']) => view(direct.open(NOW).mapSg([entry(p2p)], device(), 1));
    expect(map({ via: 'bus', busOffset: 0x1000n })).toBe('0x9000+4096');
    expect(map({ via: 'host-bridge' })).toBe('0x8000+4096');
    expect(map({ via: 'unsupported' })).toBe('errno -121');
  });
  test('6.18 forgets the address of what goes through the host bridge', () => {
    const space = direct.open({ kernel: { major: 6, minor: 18 } });
    expect(view(space.mapSg([entry({ via: 'host-bridge' })], device(), 1))).toBe('0x0+4096');
  });
  test('it cannot bounce', () => {
    expect(view(swiotlb.open(NOW).mapSg([entry({ via: 'host-bridge' })], device(), 1))).toBe('errno -5');
  });
});

describe('SWIOTLB, worked examples', () => {
  const bounce = (machine: Machine, entries: readonly (readonly [bigint, number])[], minAlignMask = 0) => {
    const space = swiotlb.open(machine);
    return entries.map(([at, length]) => {
      const page = { page: at - (at % 4096n), offset: Number(at % 4096n), length };
      return view(space.mapPage(page, device({ minAlignMask }), 1));
    });
  };
  test('a slot loses the low bits; from a page on, bounces start on a page', () => {
    expect(
      bounce(NOW, [
        [0x123456789n, 0x300],
        [0x123456789n, 0x1800],
      ]),
    ).toEqual(['0x7c000000+768', '0x7c001000+6144']);
  });
  test('the bits of min_align_mask are kept', () => {
    expect(bounce(NOW, [[0x123456789n, 0x300]], 0xfff)).toEqual(['0x7c000789+768']);
  });
  test('at most 256 KiB, offset included', () => {
    expect(
      bounce(NOW, [
        [0x123456000n, 262144],
        [0x123456000n, 262145],
      ]),
    ).toEqual(['0x7c000000+262144', 'errno -12']);
    expect(
      bounce(
        NOW,
        [
          [0x1234567ffn, 262144 - 2047],
          [0x1234567ffn, 262144 - 2046],
        ],
        0xfff,
      ),
    ).toEqual(['0x7c0007ff+260097', 'errno -12']);
  });
  test('6.5 keeps bit 11 of a large buffer; 4.4 asks for a page only above one', () => {
    const at: readonly (readonly [bigint, number])[] = [[0x100000800n, 0x1800]];
    expect(bounce({ kernel: { major: 6, minor: 5 } }, at)).toEqual(['0x7c000800+6144']);
    expect(bounce({ kernel: { major: 6, minor: 1 } }, at)).toEqual(['0x7c000000+6144']);
    const pages: readonly (readonly [bigint, number])[] = [
      [0x100000000n, 2048],
      [0x100000000n, 4096],
    ];
    expect(bounce({ kernel: { major: 4, minor: 4 } }, pages)).toEqual(['0x7c000000+2048', '0x7c000800+4096']);
    expect(bounce({ kernel: { major: 6, minor: 1 } }, pages)).toEqual(['0x7c000000+2048', '0x7c001000+4096']);
  });
  test('every CPU has an area since 6.0', () => {
    const pool = { start: 0x7c000000n, end: 0x80000000n, areas: 3, force: true };
    const place = (minor: number, cpu: number) => {
      const space = swiotlb.open({ kernel: { major: 6, minor }, swiotlb: pool });
      return view(space.mapSg(list('2K'), device(), 1, cpu));
    };
    expect([0, 1, 2, 3, 5].map((cpu) => place(12, cpu))).toEqual([
      '0x7c000000+2048',
      '0x7d000000+2048',
      '0x7e000000+2048',
      '0x7f000000+2048',
      '0x7d000000+2048',
    ]);
    expect(view(swiotlb.open({ ...OLD, swiotlb: pool }).mapSg(list('2K'), device(), 1, 2))).toBe('0x7c000000+2048');
  });
  test('a pool above the mask is of no use', () => {
    const result = swiotlb.open(NOW).mapSg(list('4K'), device({ dmaMask: 0xffffffn }), 1);
    expect(view(result)).toBe('errno -5');
  });
});
