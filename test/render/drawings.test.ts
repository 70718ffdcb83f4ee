/** Drawings of the same layouts as text and as pictures; the golden files are reviewed like code. */

import { describe, expect, test } from 'vitest';
import { drawSvg, HEIGHT, type Theme } from '../../server/render/svg';
import { drawText } from '../../server/render/text';
import { deviceTrack, memoryTrack, type RangeView, widthsOf } from '../../server/render/track';
import { totalBytes } from '../../server/replay/predicates';
import { mapFresh } from '../../server/replay/spaces';
import type { MapResult, Scatterlist } from '../../server/sim/types';

const KIB = 1024;
const V6_12 = { major: 6, minor: 12 };
const V4_4 = { major: 4, minor: 4 };

function list(...sizes: readonly number[]): Scatterlist {
  return sizes.map((size, i) => ({ page: 0x80000000n + BigInt(i) * 0x1000000n, offset: 0, length: size * KIB }));
}

const ONE_OF_EACH: Scatterlist = [...list(4, 4), { page: 0x90000000n, offset: 0x200, length: 3584 }];
const MANY = list(...Array.from({ length: 40 }, (_one, i) => (i % 3) * 4 + 4));

interface Case {
  readonly name: string;
  readonly list: Scatterlist;
  readonly result: MapResult;
  readonly view?: RangeView['kind'];
}

const at32 = { dmaMask: 0xffffffffn };
const CASES: readonly Case[] = [
  {
    name: 'hole-of-48-KiB',
    list: list(64, 16, 64),
    result: mapFresh('iommu-dma-4.4', V4_4, at32, list(64, 16, 64)),
    view: 'measured',
  },
  {
    name: 'hole-told-to-device',
    list: list(64, 16, 64),
    result: mapFresh('iommu-dma-4.4', V4_4, at32, list(64, 16, 64)),
    view: 'told',
  },
  { name: 'scattered', list: list(4, 4), result: mapFresh('direct', V6_12, {}, list(4, 4)), view: 'told' },
  {
    name: 'going-down',
    list: list(4, 8),
    result: mapFresh('iommu-dma-untrusted', V6_12, at32, list(4, 8)),
    view: 'told',
  },
  { name: 'merged', list: ONE_OF_EACH, result: mapFresh('iommu-dma', V6_12, at32, ONE_OF_EACH) },
  {
    name: 'contiguous',
    list: list(64, 16, 64),
    result: mapFresh('iommu-dma', V6_12, at32, list(64, 16, 64)),
    view: 'told',
  },
  { name: 'refused', list: list(512), result: mapFresh('swiotlb', V6_12, {}, list(512)), view: 'told' },
  { name: 'many', list: MANY, result: mapFresh('direct', V6_12, {}, MANY) },
];

function viewOf(one: Case): { readonly view?: RangeView } {
  return one.view ? { view: { kind: one.view, bytes: totalBytes(one.list) } } : {};
}

describe.each(CASES)('$name', (one) => {
  test('as text', async () => {
    for (const line of drawText(one.list, one.result, viewOf(one))
      .split('\n')
      .filter((line) => /^ {2}[+|]/.test(line)))
      expect(line.length).toBeLessThanOrEqual(80);
    await expect(`${drawText(one.list, one.result, viewOf(one))}\n`).toMatchFileSnapshot(
      `../golden/layouts/${one.name}.txt`,
    );
  });

  test.each(['light', 'dark', 'high-contrast'] as const)('as a picture, %s', (theme: Theme) => {
    const svg = drawSvg(one.list, one.result, { theme, ...viewOf(one) });
    expect(svg.length).toBeLessThan(10_000);
    expect(HEIGHT).toBeLessThanOrEqual(180);
    // No box and no text leaves the picture.
    for (const [, x, w] of svg.matchAll(/<rect x="([\d.-]+)" y="[\d.]+" width="([\d.-]+)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x) + Number(w)).toBeLessThanOrEqual(640);
    }
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('the picture is golden, too', async () => {
  const [one] = CASES;
  if (!one) throw new Error('no case');
  await expect(`${drawSvg(one.list, one.result, { theme: 'light', ...viewOf(one) })}\n`).toMatchFileSnapshot(
    '../golden/layouts/hole-of-48-KiB.svg',
  );
});

test('text from outside is escaped', () => {
  const evil = '"><script>alert(1)</script>&';
  const svg = drawSvg(list(4), { ok: false, backend: evil, errno: -5, reason: evil }, { title: evil });
  expect(svg).not.toContain('<script');
  expect(svg).toContain('&lt;script&gt;');
});

describe('tracks', () => {
  test('both rows share one scale', () => {
    const { list: entries, result } = CASES[5] ?? { list: [], result: undefined };
    if (!result?.ok) throw new Error('not mapped');
    const rows = [memoryTrack(entries), deviceTrack(entries, result)];
    const [above = [], below = []] = widthsOf(rows, 600, 10);
    // Memory: box, break, box, break, box. Device: box, box, box.
    expect(above[0]).toBeCloseTo(below[0] ?? 0, 3);
    expect(above[2]).toBeCloseTo(below[1] ?? 0, 3);
    expect((above[0] ?? 0) / (above[2] ?? 1)).toBeCloseTo(4, 3);
    expect(above.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(600.001);
  });

  test('what the device was told covers the hole and part of what lies behind', () => {
    const { list: entries, result } = CASES[1] ?? { list: [], result: undefined };
    if (!result?.ok) throw new Error('not mapped');
    const items = deviceTrack(entries, result, { kind: 'told', bytes: 144 * KIB });
    expect(items.map((item) => [item.kind, item.bytes / KIB, item.told / KIB, item.isWrong])).toEqual([
      ['bytes', 64, 64, false],
      ['bytes', 16, 16, false],
      ['hole', 48, 48, true],
      ['bytes', 64, 16, true],
    ]);
  });
});
