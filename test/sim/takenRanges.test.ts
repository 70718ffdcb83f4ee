import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IovaDomain } from '../../server/sim/iova';
import { powerOfTwoAtLeast } from '../../server/sim/layout';
import { TakenRanges } from '../../server/sim/takenRanges';

interface Range {
  readonly lo: number;
  readonly hi: number;
}

/** Range by range from `from` down, as Linux goes. `ranges` are in descending order. */
function walkDown(ranges: readonly Range[], from: number, limit: number, size: number, align: number): number {
  let high = limit;
  for (let at = from; ; at++) {
    high = Math.min(high, ranges[at - 1]?.lo ?? Number.MAX_SAFE_INTEGER);
    const pfn = Math.floor((high - size) / align) * align;
    const below = ranges[at];
    if (!below || below.hi < pfn) return Math.max(-1, pfn);
  }
}

const step = fc.record({
  frees: fc.boolean(),
  size: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 90 })),
  high: fc.oneof(fc.constant(1024), fc.integer({ min: 0, max: 1100 })),
  which: fc.nat(1000),
});

test('the tree finds what a walk finds, over any history', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const taken = new TakenRanges();
      const ranges: Range[] = [];
      for (const { frees, size, high, which } of steps) {
        if (frees) {
          const [gone] = ranges.splice(which % Math.max(1, ranges.length), 1);
          const found = gone && taken.startingAt(gone.lo);
          if (found) taken.remove(found);
          continue;
        }
        // From the range that the last search ended at, or from the top.
        const from = which % (ranges.length + 1);
        const start = from === 0 ? taken.anchor : taken.startingAt(ranges[from - 1]?.lo ?? 0);
        const align = powerOfTwoAtLeast(size);
        const place = taken.findBelow(start ?? taken.anchor, high, size, align);
        expect(Math.max(-1, place.pfn)).toBe(walkDown(ranges, from, high, size, align));
        if (place.pfn < 0) continue;
        taken.insert(place.pfn, place.pfn + size - 1, place.above);
        ranges.push({ lo: place.pfn, hi: place.pfn + size - 1 });
        ranges.sort((one, other) => other.lo - one.lo);
      }
      const linked: Range[] = [];
      for (let one = taken.anchor.lower; one; one = one.lower) linked.push({ lo: one.lo, hi: one.hi });
      expect(linked).toEqual(ranges);
    }),
    { numRuns: 300 },
  );
});

const STRICT = { startPfn: 1, pfn32: 2 ** 20, strict: true, hasCaches: true };
const LINUX_6_12 = { ...STRICT, kernel: { major: 6, minor: 12 } };

test('successive blocks go down, each on its power of two', () => {
  const domain = new IovaDomain(LINUX_6_12);
  const pfns = [1, 16, 36, 1, 8].map((size) => domain.allocate(size, 0xfffff));
  expect(pfns).toEqual([0xfffff, 0xfffe0, 0xfff80, 0xfff7f, 0xfff70]);
});

test('between reserved windows', () => {
  const domain = new IovaDomain(LINUX_6_12);
  domain.reserve(0xc0000, 0xfebff);
  domain.reserve(0xfee00, 0xfeeff);
  const pfns = [1, 16, 36, 4096, 5000].map((size) => domain.allocate(size, 0xfffff));
  expect(pfns).toEqual([0xfffff, 0xfffe0, 0xfff80, 0xbf000, 0xbc000]);
});

test('a freed block of the same class comes back from the cache', () => {
  const domain = new IovaDomain(LINUX_6_12);
  const take = () => domain.allocateFast(4, 0xfffff, true, 0);
  expect([take(), take()]).toEqual([0xffffc, 0xffff8]);
  domain.freeFast(0xffff8, 4, 0);
  expect([take(), take()]).toEqual([0xffff8, 0xffff4]);
});

test('freeing above the cached block moves the search back up', () => {
  const domain = new IovaDomain(LINUX_6_12);
  expect([domain.allocate(40, 0xfffff), domain.allocate(1, 0xfffff)]).toEqual([0xfffc0, 0xfffbf]);
  domain.freeFast(0xfffc0, 40, 0);
  expect([domain.allocate(33, 0xfffff), domain.allocate(2, 0xfffff)]).toEqual([0xfffc0, 0xfffbc]);
});

test('only 4.14 and later hand out the first pfn', () => {
  const last = (minor: number) => {
    const domain = new IovaDomain({ ...STRICT, startPfn: 8, kernel: { major: 4, minor } });
    return [domain.allocate(8, 15), domain.allocate(4, 15)];
  };
  expect(last(4)).toEqual([0, 12]);
  expect(last(14)).toEqual([8, 0]);
});

test('100,000 live blocks of all sizes, taken and freed in any order, never overlap', () => {
  const domain = new IovaDomain(LINUX_6_12);
  const live: { pfn: number; size: number }[] = [];
  for (let i = 0; i < 200_000; i++) {
    const size = 33 + ((i * 7919) % 97);
    const pfn = domain.allocateFast(size, 2 ** 36 - 1, true, 0);
    live.push({ pfn, size });
    if (i % 2 === 0) continue;
    const which = (i * 104_729) % live.length;
    const gone = live[which];
    const last = live.pop();
    if (!gone || !last) continue;
    if (gone !== last) live[which] = last;
    domain.freeFast(gone.pfn, gone.size, 0);
  }
  expect(live.length).toBe(100_000);
  live.sort((one, other) => one.pfn - other.pfn);
  const overlaps = live.filter((one, i) => i !== 0 && one.pfn < (live[i - 1]?.pfn ?? 0) + (live[i - 1]?.size ?? 0));
  expect(overlaps).toEqual([]);
});
