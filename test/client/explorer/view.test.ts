import { describe, expect, test } from 'vitest';
import { keyAction } from '../../../client/explorer/entries';
import { pageHtml } from '../../../client/explorer/html';
import { type Action, reduce, START } from '../../../client/explorer/state';
import { CHOICES, rateFor, recordingOf, viewOf } from '../../../client/explorer/view';
import { parseSegments } from '../../../server/sim/simulate';
import { replayVectors } from '../../../server/sim/vectors';

const of2015 = reduce(START, {
  kind: 'open',
  request: { kernel: '4.4', segments: '64K,16K,64K', platforms: ['iommu-dma-4.4', 'iommu-dma', 'direct'] },
});
const view = (...actions: readonly Action[]) => viewOf(actions.reduce(reduce, of2015), 'dark', 640);
const on = (id: string, ...actions: readonly Action[]) => view(...actions).platforms.find((one) => one.id === id);

describe('verdicts', () => {
  test('live, with the layout in a line', () => {
    expect(on('iommu-dma-4.4')).toMatchObject({
      verdict: 'breaks',
      line: '64 KiB, 16 KiB, hole of 48 KiB, 64 KiB',
      note: '',
    });
    expect(on('iommu-dma')).toMatchObject({ verdict: 'holds', note: 'as in Linux 4.7' });
    expect(on('iommu-dma-4.4', { kind: 'segments', text: '64K,16K,4K' })?.verdict).toBe('holds');
    expect(on('iommu-dma', { kind: 'need', need: 'single-segment' })?.verdict).toBe('breaks');
    expect(
      on('iommu-dma', { kind: 'need', need: 'single-segment' }, { kind: 'option', name: 'maxSegSize', value: '1M' })
        ?.verdict,
    ).toBe('holds');
    const masked = [
      { kind: 'option', name: 'dmaMask', value: '24' },
      { kind: 'option', name: 'swiotlbSize', value: '1M' },
    ] as const;
    expect(on('direct', ...masked)?.verdict).toBe('refused');
  });

  test('a wrong option is said, and nothing is drawn', () => {
    const wrong = view({ kind: 'option', name: 'boundary', value: '0x1000' });
    expect(wrong.problem).toContain("boundary: '0x1000' is no mask");
    expect(wrong.platforms).toEqual([]);
    expect(view({ kind: 'need', need: 'luck' }).problem).toContain("'luck' is no need");
  });

  test('every platform can be shown', () => {
    for (const { id } of CHOICES) {
      const shown = viewOf({ ...START, platforms: [id] }, 'light', 640).platforms[0];
      expect(shown?.svg).toMatch(/^<svg /);
      expect(shown?.hardware).not.toBe('');
      expect(shown?.allSteps).toBeGreaterThan(0);
    }
  });
});

describe('steps', () => {
  test('say why there is a pad, one after the other', () => {
    const all = on('iommu-dma-4.4')?.steps ?? [];
    expect(all.some((step) => /48 KiB/.test(step) && /64 KiB/.test(step))).toBe(true);
    expect(on('iommu-dma-4.4', { kind: 'step', step: 1 })?.steps).toEqual(all.slice(0, 1));
    expect(on('iommu-dma-4.4', { kind: 'step', step: 0 })?.steps).toEqual([]);
    expect(view().steps).toBeGreaterThanOrEqual(all.length);
  });
});

describe('copies', () => {
  test('the command names all that was set', () => {
    const command = on(
      'iommu-dma',
      { kind: 'option', name: 'maxSegSize', value: '1M' },
      { kind: 'option', name: 'strict', value: true },
      { kind: 'option', name: 'reserved', value: '1-2; rm' },
    );
    expect(command).toBeUndefined();
    const right = on(
      'iommu-dma',
      { kind: 'option', name: 'maxSegSize', value: '1M' },
      { kind: 'option', name: 'strict', value: true },
    );
    expect(right?.command).toBe(
      'dma-lens simulate --backend iommu-dma --kernel 4.7 --segments 64K@0x80000000,16K@0x81000000,64K@0x82000000 --max-seg-size 1M --strict',
    );
    const segments = /--segments (\S+)/.exec(right?.command ?? '')?.[1] ?? '';
    expect(parseSegments(segments).ok).toBe(true);
  });

  test('a recording replays on the simulator', () => {
    for (const id of ['iommu-dma-4.4', 'iommu-dma', 'direct', 'arm-iommu']) {
      const recording = recordingOf(of2015, id);
      expect(replayVectors(recording.split('\n'))).toEqual({ passed: 1, failed: [] });
    }
  });
});

test('rates follow the chosen memory', () => {
  const rate = (fragmentation: number) =>
    rateFor(reduce(of2015, { kind: 'memory', fragmentation }), 'direct', 256)?.rate ?? -1;
  expect(rate(0)).toBeLessThan(rate(1));
});

describe('keys', () => {
  const key = (name: string, more: object = {}) =>
    keyAction({ key: name, altKey: false, shiftKey: false, ...more }, 1, 3);
  test.each([
    ['ArrowRight', {}, { kind: 'grow', index: 1, pages: 1 }],
    ['ArrowLeft', { shiftKey: true }, { kind: 'grow', index: 1, pages: -16 }],
    ['ArrowRight', { altKey: true }, { kind: 'move', index: 1, to: 2 }],
    ['Delete', {}, { kind: 'remove', index: 1 }],
    ['Tab', {}, undefined],
  ])('%s %o', (name, more, action) => expect(key(name, more)).toEqual(action));

  test('the ends of the list', () => {
    expect(keyAction({ key: 'ArrowLeft', altKey: true, shiftKey: false }, 0, 3)).toBeUndefined();
    expect(keyAction({ key: 'ArrowRight', altKey: true, shiftKey: false }, 2, 3)).toBeUndefined();
  });
});

test('the page allows its own script and style, and nothing else', () => {
  const html = pageHtml({ script: 'https://x/explorer.js', nonce: 'abc' });
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1];
  expect(policy).toBe("default-src 'none'; script-src 'nonce-abc'; style-src 'nonce-abc'");
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).not.toMatch(/ on\w+=| style="/);
});
