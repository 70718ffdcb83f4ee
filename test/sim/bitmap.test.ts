import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bitmap, boundaryPages } from '../../server/sim/bitmap';

const BITS = 200;

/** The same search, bit by bit. */
function findNaively(taken: readonly boolean[], from: number, count: number, align: number, limit: number): number {
  for (let start = from; start + count <= limit; start++) {
    if (start % align === 0 && !taken.slice(start, start + count).includes(true)) return start;
  }
  return -1;
}

const from = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: BITS }));
const count = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 70 }));
const align = fc.constantFrom(1, 1, 2, 4, 16);
const limit = fc.constantFrom(BITS, BITS, 130, 64);
const step = fc.record({ frees: fc.boolean(), from, count, align, limit });

test('finds what a search bit by bit finds, over any history', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bitmap = new Bitmap(BITS);
      const taken = Array.from({ length: BITS }, () => false);
      for (const one of steps) {
        if (one.frees) {
          bitmap.free(one.from, one.count);
          taken.fill(false, one.from, one.from + one.count);
          continue;
        }
        const found = bitmap.findClear(one.from, one.count, one.align, one.limit);
        expect(found).toBe(findNaively(taken, one.from, one.count, one.align, one.limit));
        if (found === -1) continue;
        bitmap.take(found, one.count);
        taken.fill(true, found, found + one.count);
      }
      expect(taken.map((_one, bit) => bitmap.isSet(bit))).toEqual(taken);
    }),
  );
});

const area = fc.record({
  from,
  count,
  align,
  limit,
  boundary: fc.constantFrom(16, 64, Number.POSITIVE_INFINITY),
  shift: fc.constantFrom(0, 5, 64),
});

test('an area is the first run that spans no boundary, without the last bit', () => {
  fc.assert(
    fc.property(fc.array(area, { maxLength: 30 }), (requests) => {
      const bitmap = new Bitmap(BITS);
      const taken = Array.from({ length: BITS }, () => false);
      for (const request of requests) {
        const spans = (start: number) =>
          Math.floor((request.shift + start) / request.boundary) !==
          Math.floor((request.shift + start + request.count - 1) / request.boundary);
        let wanted = findNaively(taken, request.from, request.count, request.align, request.limit - 1);
        while (wanted !== -1 && spans(wanted)) {
          wanted = findNaively(taken, wanted + 1, request.count, request.align, request.limit - 1);
        }
        if (request.boundary < request.count) wanted = -1;
        expect(bitmap.takeArea(request)).toBe(wanted);
        if (wanted !== -1) taken.fill(true, wanted, wanted + request.count);
      }
    }),
  );
});

describe('pages per boundary', () => {
  test('of a mask', () => {
    expect(boundaryPages(0xffffn, 4096)).toBe(16);
    expect(boundaryPages(0xffffffffn, 65536)).toBe(65536);
  });
  test('none for all ones', () => {
    expect(boundaryPages(2n ** 64n - 1n, 4096)).toBe(Number.POSITIVE_INFINITY);
  });
  test('one where the boundary is inside a page', () => {
    expect(boundaryPages(0xfffn, 65536)).toBe(1);
  });
});
