import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { armIommu } from '../../server/sim/backends/armIommu';
import { iommuDma } from '../../server/sim/backends/iommuDma';
import type { Backend, Device, DmaSpace, MappedLayout, Segment } from '../../server/sim/types';
import {
  histories,
  LAWS,
  LIMIT_LAWS,
  run,
  type Subject,
  sameHistorySameResult,
  unmapRestores,
} from '../support/simLaws';

/** Each law must notice a backend that breaks it. */

const MACHINE = { kernel: { major: 6, minor: 12 } };
const SMALL = { ...MACHINE, windowBytes: 0x200000n };

function subject(open: () => DmaSpace): Subject {
  return { name: 'mutant', open, page: 4096, keepsMask: true, boundary: 'segment', isMapping: true };
}

/** The backend with each mapping changed before anybody sees it. */
function changed(change: (mapping: MappedLayout) => Partial<MappedLayout>, backend: Backend = iommuDma): Subject {
  return subject(() => {
    const space = backend.open(MACHINE);
    return {
      ...space,
      mapSg(list, device, direction, cpu) {
        const result = space.mapSg(list, device, direction, cpu);
        if (!result.ok) return result;
        const { breaks, steps, ...rest } = result;
        return { ...rest, breaks, steps, ...change(result) };
      },
    };
  });
}

/** The backend told something else about the device. */
function misled(lie: (device: Device) => Device): Subject {
  return subject(() => {
    const space = iommuDma.open(MACHINE);
    return { ...space, mapSg: (list, device, direction, cpu) => space.mapSg(list, lie(device), direction, cpu) };
  });
}

/** The backend without a memory of what is mapped. */
const forgetful = subject(() => ({
  backend: 'mutant',
  mapSg: (list, device, direction, cpu) => iommuDma.open(MACHINE).mapSg(list, device, direction, cpu),
  mapPage: (entry, device, direction, cpu) => iommuDma.open(MACHINE).mapPage(entry, device, direction, cpu),
  unmap() {},
}));

const leaking = subject(() => ({ ...armIommu.open(SMALL), unmap() {} }));

let opened = 0;
/** The backend with a different space each time. */
const fickle = subject(() => {
  opened += 1;
  return iommuDma.open({ ...MACHINE, reserved: [{ start: 0xfffff000n - BigInt(opened) * 4096n, end: 0xffffffffn }] });
});

function eachSegment(change: (segment: Segment, index: number) => Segment) {
  return ({ segments }: MappedLayout) => ({ segments: segments.map(change) });
}

function halved({ segments }: MappedLayout): Partial<MappedLayout> {
  return {
    segments: segments.flatMap((one) => {
      const length = Math.floor(one.length / 2);
      return [
        { ...one, length },
        { ...one, dma: one.dma + BigInt(length), length: one.length - length },
      ];
    }),
  };
}

const MUTANTS: Readonly<Record<string, readonly (readonly [string, Subject])[]>> = {
  'bytes are neither lost, repeated nor reordered': [
    ['the last piece is lost', changed(eachSegment((one) => ({ ...one, pieces: one.pieces.slice(0, -1) })))],
    ['pieces come backwards', changed(eachSegment((one) => ({ ...one, pieces: [...one.pieces].reverse() })))],
    ['a piece comes twice', changed(eachSegment((one) => ({ ...one, pieces: [...one.pieces, ...one.pieces] })))],
  ],
  'a segment is as long as its pieces': [
    ['a byte too long', changed(eachSegment((one) => ({ ...one, length: one.length + 1 })))],
  ],
  'segments never outnumber entries': [['each segment is split', changed(halved)]],
  'every device byte leads to the right physical byte': [
    ['a byte off', changed(eachSegment((one) => ({ ...one, dma: one.dma + 1n })))],
    ['two mappings in one place', forgetful],
  ],
  'live mappings do not overlap': [['a fresh space for every mapping', forgetful]],
  'segments lie in the blocks that were taken': [
    ['a page off', changed(eachSegment((one, i) => (i === 0 ? { ...one, dma: one.dma - 4096n } : one)))],
  ],
  'every break has a cause': [
    ['no breaks', changed(() => ({ breaks: [] }))],
    ['wrong gaps', changed(({ breaks }) => ({ breaks: breaks.map((one) => ({ ...one, gap: one.gap + 1n })) }))],
    ['no steps', changed(() => ({ steps: [] }))],
  ],
  'merging keeps the segment limit': [
    [
      'the limit is doubled',
      misled((device) => ({ ...device, maxSegmentSize: Math.min(2 ** 32 - 1, device.maxSegmentSize * 2) })),
    ],
  ],
  'the segment boundary is kept': [
    ['no boundary', misled((device) => ({ ...device, segmentBoundary: 2n ** 64n - 1n }))],
  ],
  'the mask is kept': [
    ['no mask, no 32-bit addresses first', misled((device) => ({ ...device, dmaMask: 2n ** 64n - 1n, pci: false }))],
  ],
};

/** True when some history breaks the law. */
function breaks(mutant: Subject, check: (subject: Subject, history: Parameters<typeof run>[1]) => void): boolean {
  return fc.check(
    fc.property(histories, (history) => check(mutant, history)),
    { numRuns: 200, endOnFailure: true, seed: 1 },
  ).failed;
}

const cases = Object.entries(MUTANTS).flatMap(([law, mutants]) => mutants.map(([name, one]) => ({ law, name, one })));

describe('a broken backend is noticed', () => {
  test.each(cases)('$law: $name', ({ law, one }) => {
    const plain = LAWS.find(([name]) => name === law)?.[1];
    const limit = LIMIT_LAWS.find(([name]) => name === law)?.[1];
    const isBroken = breaks(one, (mutant, history) => {
      run(mutant, history, (mapped, live) => {
        plain?.(mutant, mapped, live);
        limit?.(mutant, mapped, history.limits);
      });
    });
    expect(isBroken).toBe(true);
  });

  test('what is unmapped can be mapped again: nothing is ever freed', () => {
    expect(breaks(leaking, unmapRestores)).toBe(true);
  });

  test('the same history has the same result: every space is different', () => {
    expect(breaks(fickle, sameHistorySameResult)).toBe(true);
  });

  test('every law has a mutant', () => {
    expect(Object.keys(MUTANTS).sort()).toEqual([...LAWS, ...LIMIT_LAWS].map(([name]) => name).sort());
  });

  test('the backend itself breaks none of them', () => {
    const sound = subject(() => iommuDma.open(MACHINE));
    const isBroken = breaks(sound, (one, history) => {
      run(one, history, (mapped, live) => {
        for (const [, law] of LAWS) law(one, mapped, live);
        for (const [, law] of LIMIT_LAWS) law(one, mapped, history.limits);
      });
    });
    expect(isBroken).toBe(false);
  });
});
