import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toldParts, touchedBytes } from '../../server/replay/wrongBytes';
import type { Segment } from '../../server/sim/types';

function segments(...pairs: readonly (readonly [number, number])[]): readonly Segment[] {
  return pairs.map(([dma, length]) => ({ dma: BigInt(dma), length, pieces: [] }));
}

test('a contiguous list is right', () => {
  expect(toldParts(segments([0x1000, 0x1000], [0x2000, 0x1000]), 0x2000)).toEqual([
    { offset: 0, bytes: 0x2000, is: 'right' },
  ]);
});

test('a hole is not the buffer, and what follows is taken for other bytes', () => {
  const parts = toldParts(segments([0x10000, 0x10000], [0x20000, 0x4000], [0x30000, 0x10000]), 0x24000);
  expect(parts).toEqual([
    { offset: 0, bytes: 0x14000, is: 'right' },
    { offset: 0x14000, bytes: 0xc000, is: 'foreign' },
    { offset: 0x20000, bytes: 0x4000, is: 'misplaced' },
  ]);
});

test('segments that go down: nothing behind the first is the buffer', () => {
  expect(toldParts(segments([0x9000, 0x1000], [0x4000, 0x1000]), 0x2000)).toEqual([
    { offset: 0, bytes: 0x1000, is: 'right' },
    { offset: 0x1000, bytes: 0x1000, is: 'foreign' },
  ]);
});

test('no segment, no buffer', () => {
  expect(toldParts([], 0x1000)).toEqual([{ offset: 0, bytes: 0x1000, is: 'foreign' }]);
  expect(toldParts([], 0)).toEqual([]);
});

test('byte by byte, the parts say what a device finds', () => {
  const lists = fc.array(fc.record({ at: fc.integer({ min: 0, max: 12 }), length: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 14 }), (drawn, bytes) => {
      const owner = new Map<number, number>();
      const list: [number, number][] = [];
      let meant = 0;
      for (const { at, length } of drawn) {
        const free = Array.from({ length }, (_one, i) => at + i).every((byte) => !owner.has(byte));
        if (!free) continue;
        for (let i = 0; i < length; i++) owner.set(at + i, meant + i);
        list.push([at, length]);
        meant += length;
      }
      const parts = toldParts(segments(...list), bytes);
      const base = list[0]?.[0] ?? 0;
      expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
      for (const part of parts) {
        for (let i = part.offset; i < part.offset + part.bytes; i++) {
          const found = owner.get(base + i);
          expect(part.is).toBe(found === undefined ? 'foreign' : found === i ? 'right' : 'misplaced');
        }
      }
      expect(touchedBytes(parts, 'right') + touchedBytes(parts, 'foreign') + touchedBytes(parts, 'misplaced')).toBe(
        bytes,
      );
    }),
  );
});
