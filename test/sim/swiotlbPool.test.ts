import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SwiotlbSlots } from '../../server/sim/swiotlbPool';
import { device } from '../support/simLists';

const SLOT = 2048;
const SLOTS = 512;
const START = 0x7c000000n;
const POOL = { start: START, end: START + BigInt(SLOTS * SLOT), areas: 1, force: false };

/** The search of 6.12 slot by slot, from where the last one ended. */
function findNaively(taken: readonly boolean[], index: number, slots: number, isWhole: boolean, spans: number): number {
  const stride = isWhole ? 2 : 1;
  for (let looked = 0, at = index; looked < SLOTS; ) {
    const isAligned = at % stride === 0;
    const room = !taken.slice(at, at + slots).includes(true) && at + slots <= (Math.floor(at / 128) + 1) * 128;
    if (isAligned && room && (at % spans) + slots <= spans) return at;
    const step = isAligned ? stride : 1;
    looked += step;
    at = (at + step) % SLOTS;
  }
  return -1;
}

const command = fc.record({
  frees: fc.integer({ min: 0, max: 4 }).map((one) => one < 2),
  size: fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 263_000 })),
  which: fc.nat(100),
});

test('finds what a search slot by slot finds, over any history', () => {
  const boundaries = fc.constantFrom(0xffffn, 0x3ffffn, 0xffffffffn, 2n ** 64n - 1n);
  fc.assert(
    fc.property(boundaries, fc.array(command, { minLength: 20, maxLength: 150 }), (segmentBoundary, commands) => {
      const pool = new SwiotlbSlots({ kernel: { major: 6, minor: 12 }, swiotlb: POOL });
      const spans = segmentBoundary < 0x100000n ? Number(segmentBoundary + 1n) / SLOT : SLOTS;
      const taken = Array.from({ length: SLOTS }, () => false);
      const live: { address: bigint; slot: number; slots: number }[] = [];
      let index = 0;
      for (const { frees, size, which } of commands) {
        if (frees) {
          const [gone] = live.splice(which % Math.max(1, live.length), 1);
          if (!gone) continue;
          pool.give(gone.address);
          taken.fill(false, gone.slot, gone.slot + gone.slots);
          continue;
        }
        const slots = Math.ceil(size / SLOT);
        const slot = 128 < slots ? -1 : findNaively(taken, index, slots, 4096 <= size, spans);
        const address = pool.take(0x123456000n, size, 0, device({ segmentBoundary }), 0);
        expect(address).toBe(slot === -1 ? undefined : START + BigInt(slot * SLOT));
        if (address === undefined) continue;
        taken.fill(true, slot, slot + slots);
        live.push({ address, slot, slots });
        index = slot + slots < SLOTS ? slot + slots : 0;
      }
    }),
  );
});
