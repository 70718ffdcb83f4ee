import { describe, expect, test } from 'vitest';
import { layoutLine, rateSentence, rateText, verdictSentence } from '../../server/render/verdict';
import { replay } from '../../server/replay/replay';
import { mapFresh } from '../../server/replay/spaces';
import type { Consequence, ReplayQuestion } from '../../server/replay/types';

const V6_12 = { major: 6, minor: 12 };
const V4_4 = { major: 4, minor: 4 };
const pages: ReplayQuestion = {
  predicate: { kind: 'contiguous-size' },
  shape: { origin: 'pages', kind: 'pages', firstOffset: 'zero' },
  device: {},
};

function say(question: ReplayQuestion, kernel: typeof V6_12, ...ids: readonly string[]): string {
  return verdictSentence(replay(question, kernel, ids), kernel);
}

describe('a sentence for a review', () => {
  test('where it breaks, on which list, how often, and where it holds', () => {
    expect(say(pages, V6_12, 'direct', 'iommu-dma')).toMatch(
      /^breaks without an IOMMU; smallest list \{4 KiB, 4 KiB\}: 4 KiB, 4 KiB at another address, about \d\d % of 1 MiB buffers fail; holds with iommu-dma of 6\.12$/,
    );
  });

  test('with several platforms, whose list it is', () => {
    expect(say(pages, V4_4, 'arm-iommu', 'iommu-dma-4.4')).toContain(
      'smallest list {4 KiB, 8 KiB} with iommu-dma of 4.4: 4 KiB, hole of 4 KiB, 8 KiB',
    );
  });

  test.each<[Consequence, string]>([
    [{ kind: 'wrong-range' }, "where the device would touch 4 KiB that are not the buffer's"],
    [{ kind: 'wrong-addresses' }, 'where the device would get addresses that were never mapped'],
    [{ kind: 'truncates' }, 'where the device would stop early'],
  ])('what follows: %o', (consequence, words) => {
    expect(say({ ...pages, consequence }, V4_4, 'iommu-dma-4.4')).toContain(words);
  });

  test('lengths that lose their upper bits', () => {
    const cut = {
      ...pages,
      predicate: { kind: 'segment-at-most', bytes: 65535 },
      consequence: { kind: 'cuts', above: 65536 },
    } as const;
    expect(say(cut, V6_12, 'direct')).toContain(
      '{64 KiB}: 64 KiB, where the device would be told 64 KiB less than that',
    );
  });

  test('one buffer fails, several fail', () => {
    const verdict = (rate: number, draws: number) => {
      const estimate = { rate, low: 0, high: 1, draws, bytes: 1 << 20 };
      return rateSentence({ platform: 'direct', verdict: 'breaks', rate, estimate, why: '' });
    };
    expect([verdict(0, 0), verdict(0, 64), verdict(0.5, 64), verdict(1, 64)]).toEqual([
      'no 1 MiB buffer fails',
      'hardly any 1 MiB buffer fails',
      'about 50 % of 1 MiB buffers fail',
      'nearly all 1 MiB buffers fail',
    ]);
  });

  test('what the message says already is not said twice', () => {
    const refuses = { ...pages, consequence: { kind: 'refuses', with: '-EFAULT' } } as const;
    expect(say(refuses, V4_4, 'iommu-dma-4.4')).toBe(say(pages, V4_4, 'iommu-dma-4.4'));
  });

  test('nothing can map it', () => {
    const large = { ...pages, shape: { ...pages.shape, entryBytes: 1 << 20 } };
    expect(say(large, V6_12, 'swiotlb')).toBe('no platform of the set can map such a list');
  });
});

test('rates are not rounded to certainties', () => {
  expect([0, 0.001, 0.5, 0.999, 1].map(rateText)).toEqual(['0 %', '< 1 %', '50 %', '> 99 %', '100 %']);
});

test('a layout in a line', () => {
  const list = [4096, 4096].map((length, i) => ({ page: 0x90000000n - BigInt(i) * 0x1000000n, offset: 0, length }));
  expect(layoutLine(mapFresh('iommu-dma-untrusted', V6_12, {}, list))).toBe('4 KiB, back to a lower address, 4 KiB');
  expect(layoutLine(mapFresh('iommu-dma', V6_12, {}, list))).toBe('8 KiB');
  expect(layoutLine(mapFresh('nowhere', V6_12, {}, list))).toBe("refused: no platform 'nowhere'");
});
