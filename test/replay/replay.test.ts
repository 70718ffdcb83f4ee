import { describe, expect, test } from 'vitest';
import { layoutLine, listText } from '../../server/render/verdict';
import { replay } from '../../server/replay/replay';
import { mapFresh } from '../../server/replay/spaces';
import type { ReplayQuestion } from '../../server/replay/types';

const pages: ReplayQuestion = {
  predicate: { kind: 'contiguous-size' },
  shape: { origin: 'a table built from pages', kind: 'pages', firstOffset: 'zero' },
  device: {},
};
const LINUX_6_12 = { major: 6, minor: 12 };
const LINUX_4_4 = { major: 4, minor: 4 };

function ask(question: ReplayQuestion, kernel: { major: number; minor: number }, id: string) {
  const [verdict] = replay(question, kernel, [id]).platforms;
  const list = verdict?.example && listText(verdict.example.list);
  return {
    verdict: verdict?.verdict,
    list,
    rate: verdict?.rate,
    layout: verdict?.example && layoutLine(verdict.example.result),
  };
}

describe('one contiguous range, from a page list', () => {
  test('without an IOMMU: two scattered pages', () => {
    const answer = ask(pages, LINUX_6_12, 'direct');
    expect(answer).toMatchObject({ verdict: 'breaks', list: '{4 KiB, 4 KiB}' });
    expect(answer.rate).toBeGreaterThan(0.9);
  });

  test('iommu-dma 6.12 holds, at no rate of failure', () => {
    expect(ask(pages, LINUX_6_12, 'iommu-dma')).toMatchObject({ verdict: 'holds', rate: 0 });
  });

  test('SWIOTLB breaks', () => expect(ask(pages, LINUX_6_12, 'swiotlb').verdict).toBe('breaks'));

  test('arm32 breaks at the default limit, and holds with a large one', () => {
    expect(ask(pages, LINUX_6_12, 'arm-iommu')).toMatchObject({ verdict: 'breaks', list: '{60 KiB, 8 KiB}' });
    const raised = { ...pages, device: { maxSegmentSize: 0xffffffff } };
    expect(ask(raised, LINUX_6_12, 'arm-iommu').verdict).toBe('holds');
  });

  test('iommu-dma 4.4 breaks with {4K, 8K}', () => {
    expect(ask(pages, LINUX_4_4, 'iommu-dma-4.4')).toMatchObject({ verdict: 'breaks', list: '{4 KiB, 8 KiB}' });
  });

  test('AMD-Vi before 4.8 placed each entry where others left room; from 4.8 on a list is one block', () => {
    expect(ask(pages, LINUX_4_4, 'amd-legacy')).toMatchObject({ verdict: 'breaks', list: '{4 KiB, 4 KiB}' });
    expect(ask(pages, { major: 4, minor: 7 }, 'amd-legacy').layout).toBe('4 KiB, back to a lower address, 4 KiB');
    expect(ask(pages, { major: 4, minor: 8 }, 'amd-legacy').verdict).toBe('holds');
  });

  test('the list of 2015 has a 48 KiB hole after 80 KiB', () => {
    const list = [65536, 16384, 65536].map((length, i) => ({
      page: BigInt(0x80000000 + i * 0x1000000),
      offset: 0,
      length,
    }));
    expect(layoutLine(mapFresh('iommu-dma-4.4', LINUX_4_4, {}, list))).toBe('64 KiB, 16 KiB, hole of 48 KiB, 64 KiB');
  });

  test('one entry always holds', () => {
    const one: ReplayQuestion = { ...pages, shape: { origin: 'one entry', kind: 'one-entry', firstOffset: 'any' } };
    for (const id of ['direct', 'iommu-dma', 'arm-iommu', 'iommu-dma-untrusted'])
      expect(ask(one, LINUX_6_12, id).verdict).toBe('holds');
  });
});

describe('other needs', () => {
  test('a single segment: the limit splits', () => {
    const single: ReplayQuestion = { ...pages, predicate: { kind: 'single-segment' } };
    expect(ask(single, LINUX_6_12, 'iommu-dma')).toMatchObject({ verdict: 'breaks', list: '{64 KiB, 4 KiB}' });
  });

  test('as many segments as entries: merging breaks it', () => {
    const same: ReplayQuestion = { ...pages, predicate: { kind: 'same-count' } };
    expect(ask(same, LINUX_6_12, 'iommu-dma')).toMatchObject({ verdict: 'breaks', list: '{4 KiB, 4 KiB}' });
    expect(ask(same, LINUX_6_12, 'direct').verdict).toBe('holds');
  });
});
