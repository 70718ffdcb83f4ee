import { describe, expect, test } from 'vitest';
import { Draws, drawsOf, FRAGMENTATION, type MemoryModel } from '../../server/replay/draws';
import { AgedMemory, randomSource } from '../../server/replay/memory';
import { holds, totalBytes } from '../../server/replay/predicates';
import { isSettled, QUICK, type RateQuestion, rateOf, THOROUGH, wilson } from '../../server/replay/rates';
import type { ListShape, Predicate } from '../../server/replay/types';
import { openPlatform } from '../../server/sim/platforms';

const KIB = 1024;
const MIB = 1024 * KIB;
const PAGES: ListShape = { origin: 'pages', kind: 'pages', firstOffset: 'zero' };
const V6_12 = { major: 6, minor: 12 };
const V4_4 = { major: 4, minor: 4 };

function ask(
  platform: string,
  kernel = V6_12,
  kind: 'contiguous-size' | 'single-segment' = 'contiguous-size',
): RateQuestion {
  return { predicate: { kind }, shape: PAGES, device: {}, kernel, platform };
}

function model(fragmentation: number, bytes = MIB, hugePages = false): MemoryModel {
  return { fragmentation, bytes, hugePages };
}

describe('memory', () => {
  test('a buffer is made of distinct pages', () => {
    for (const fragmentation of Object.values(FRAGMENTATION)) {
      const memory = new AgedMemory(fragmentation, 1);
      for (let i = 0; i < 20; i++) {
        const pages = memory.buffer(256, false);
        expect(new Set(pages).size).toBe(256);
      }
    }
  });

  test('buffers of the same seed are the same, of another seed others', () => {
    const list = (seed: number) => new Draws(model(0.5), seed).list(50, PAGES);
    expect(list(7)).toEqual(list(7));
    expect(list(7)).not.toEqual(list(8));
  });

  test('huge pages make long runs', () => {
    const average = (hugePages: boolean) => {
      const draws = new Draws(model(0.5, MIB, hugePages), 3);
      let entries = 0;
      for (let i = 0; i < 100; i++) entries += draws.list(i, PAGES).length;
      return entries / 100;
    };
    expect(average(true)).toBeLessThan(average(false) / 2);
  });

  test('memory that ages falls apart', () => {
    const runs = [0, 0.1, 0.5, 1].map((fragmentation) => {
      const draws = new Draws(model(fragmentation), 3);
      let entries = 0;
      for (let i = 0; i < 100; i++) entries += draws.list(i, PAGES).length;
      return entries;
    });
    expect(runs).toEqual([...runs].sort((a, b) => a - b));
  });
});

describe('draws have the shape of the code', () => {
  const draws = new Draws(model(0.5), 5);

  test('all bytes, in entries that are not neighbours', () => {
    for (let i = 0; i < 50; i++) {
      const list = draws.list(i, PAGES);
      expect(totalBytes(list)).toBe(MIB);
      list.slice(1).forEach((entry, at) => {
        const before = list[at];
        expect(before && before.page + BigInt(before.length)).not.toBe(entry.page);
      });
    }
  });

  test('only the first entry has an offset', () => {
    const list = draws.list(3, { ...PAGES, firstOffset: 'any' });
    expect(list[0]?.offset).toBeGreaterThan(0);
    expect(list.slice(1).every((entry) => entry.offset === 0)).toBe(true);
  });

  test('entries of one page, no longer entries, no more entries', () => {
    expect(draws.list(0, { ...PAGES, entryBytes: 4096 })).toHaveLength(256);
    expect(draws.list(0, { ...PAGES, maxEntryBytes: 8192 }).every((entry) => entry.length <= 8192)).toBe(true);
    expect(draws.list(0, { ...PAGES, maxEntries: 3 })).toHaveLength(3);
  });
});

describe('rates', () => {
  test.each([64 * KIB, MIB])('more fragmentation never lowers the rate without an IOMMU (%i bytes)', (bytes) => {
    const rates = [0, 0.25, 0.5, 0.75, 1].map((one) => rateOf(ask('direct'), THOROUGH, model(one, bytes))?.rate ?? -1);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(rates[0]).toBeGreaterThan(0);
    expect(rates.at(-1)).toBeGreaterThan(0.8);
  });

  test('iommu-dma of 6.12 never fails on page lists, drawn or proven', () => {
    expect(rateOf(ask('iommu-dma'), QUICK)).toMatchObject({ rate: 0, draws: 0 });
    const draws = drawsOf(model(1));
    for (let i = 0; i < 200; i++) expect(brute(ask('iommu-dma'), draws, i)).toBe(false);
  });

  test('a small boundary changes that', () => {
    const small = { ...ask('iommu-dma'), device: { segmentBoundary: 0xffffn } };
    expect(rateOf(small, QUICK)?.rate).toBeGreaterThan(0.2);
  });

  test.each(['direct', 'arm-iommu', 'iommu-dma', 'iommu-dma-4.4'])('%s: as mapping each list afresh says', (id) => {
    const kernel = id === 'iommu-dma-4.4' ? V4_4 : V6_12;
    for (const kind of ['contiguous-size', 'single-segment'] as const) {
      const question = ask(id, kernel, kind);
      const draws = drawsOf(model(0.25));
      const rate = rateOf(question, { tolerance: 0, draws: 128 }, model(0.25));
      let failed = 0;
      for (let i = 0; i < 128; i++) if (brute(question, draws, i)) failed += 1;
      expect(rate?.rate).toBe(failed / 128);
    }
  });

  test('what the first entries settle, the rest does not change', () => {
    const needs: readonly Predicate[] = [
      { kind: 'contiguous-size' },
      { kind: 'single-segment' },
      { kind: 'same-count' },
      { kind: 'cpu-lengths' },
    ];
    let settled = 0;
    for (const id of [
      'direct',
      'swiotlb',
      'iommu-dma',
      'iommu-dma-untrusted',
      'arm-iommu',
      'powerpc-tce',
      's390-pci',
      'sparc-iommu',
    ]) {
      const draws = drawsOf(model(1));
      for (let i = 0; i < 60; i++) {
        const [head, list] = [draws.list(i, PAGES, 12), draws.list(i, PAGES)];
        const part = mapWith(id, head);
        const whole = mapWith(id, list);
        if (!part?.ok || !whole?.ok || head.length === list.length) continue;
        for (const need of needs) {
          if (!isSettled(need, head, part)) continue;
          settled += 1;
          expect(holds(need, list, whole)).toBe(false);
        }
      }
    }
    expect(settled).toBeGreaterThan(500);
  });

  test('the interval holds the rate, and narrows', () => {
    const quick = rateOf(ask('direct'), QUICK, model(0.1));
    const thorough = rateOf(ask('direct'), THOROUGH, model(0.1));
    for (const one of [quick, thorough]) {
      expect(one?.low).toBeLessThanOrEqual(one?.rate ?? -1);
      expect(one?.rate).toBeLessThanOrEqual(one?.high ?? -1);
    }
    expect((thorough?.high ?? 1) - (thorough?.low ?? 0)).toBeLessThan(0.03);
  });

  test('the interval is that of the textbook', () => {
    expect(wilson(0, 10).high).toBeCloseTo(0.2775, 3);
    expect(wilson(5, 10).low).toBeCloseTo(0.2366, 3);
  });

  test('the random source covers its range', () => {
    const random = randomSource(9);
    const drawn = Array.from({ length: 1000 }, random);
    expect(Math.min(...drawn)).toBeLessThan(0.01);
    expect(Math.max(...drawn)).toBeGreaterThan(0.99);
  });
});

function mapWith(id: string, list: ReturnType<Draws['list']>) {
  const opened = openPlatform(id, V6_12, {});
  return opened?.space.mapSg(list, opened.device, 1);
}

function brute({ platform, kernel, device, predicate, shape }: RateQuestion, draws: Draws, index: number): boolean {
  const opened = openPlatform(platform, kernel, device);
  const list = draws.list(index, shape);
  const mapped = opened?.space.mapSg(list, opened.device, 1);
  return !mapped?.ok || !holds(predicate, list, mapped);
}
