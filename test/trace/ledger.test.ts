import { expect, test } from 'vitest';
import { createRandom } from '../../scripts/fuzz/random';
import { Ledger } from '../../server/trace/ledger';
import type { TraceEvent, TraceKind } from '../../server/trace/types';

function event(kind: TraceKind, line: number, dma: bigint, length: number): TraceEvent {
  const rest = {
    direction: 'TO_DEVICE',
    device: 'd',
    task: 't',
    cpu: 0,
    time: 0,
    isTruncated: false,
    error: 0,
  } as const;
  return { ...rest, kind, name: kind, line, ranges: [{ dma, length }], physical: [1n], entries: 1, segments: 1 };
}

test.each([1, 2])('among thousands of live ranges, overlaps are those that a look at all of them finds', (seed) => {
  const random = createRandom(seed);
  const said: number[] = [];
  const ledger = new Ledger((kind, line) => void (kind === 'overlap' && said.push(line)));
  const live: { readonly start: number; readonly length: number }[] = [];
  const expected: number[] = [];
  for (let line = 1; line <= 4000; line++) {
    if (live.length < 4000 && !random.once(3)) {
      // Sparse enough for most to be alone; where several overlap, which one is named does not matter.
      const [start, length] = [0x1000 + random.below(400_000) * 64, 64 * (1 + random.below(2))];
      if (live.some((one) => one.start === start)) continue;
      const neighbours = [...live].sort((a, b) => a.start - b.start);
      const below = neighbours.filter((one) => one.start < start).at(-1);
      const above = neighbours.find((one) => start < one.start);
      const isOver = (below && start < below.start + below.length) || (above && above.start < start + length);
      if (isOver) expected.push(line);
      live.push({ start, length });
      ledger.map(event('map', line, BigInt(start), length));
    } else if (0 < live.length) {
      const [gone] = live.splice(random.below(live.length), 1);
      if (gone) ledger.unmap(event('unmap', line, BigInt(gone.start), gone.length));
    }
  }
  expect(expected.length).toBeGreaterThan(3);
  expect(said).toEqual(expected);
  expect(ledger.size).toBe(live.length);
  const [first, last] = [Math.min(...live.map((one) => one.start)), live.sort((a, b) => a.start - b.start).at(-1)];
  const bytes = live.reduce((sum, one) => sum + one.length, 0);
  expect(ledger.scatter).toBeCloseTo(1 - bytes / ((last?.start ?? 0) + (last?.length ?? 0) - first), 9);
  for (const one of live) ledger.unmap(event('unmap', 0, BigInt(one.start), one.length));
  expect([ledger.size, ledger.bytes, ledger.scatter]).toEqual([0, 0, 0]);
});
