import { describe, expect, test } from 'vitest';
import { parseHistory, replayHistory } from '../../server/sim/history';
import { DEFAULT_DEVICE } from '../../server/sim/platforms';
import { view } from '../support/simLists';

const KERNEL = { major: 6, minor: 12 };

function replay(history: object): readonly string[] {
  const parsed = parseHistory(history);
  if (!parsed.ok) return [parsed.reason];
  const { platform, machine, device, steps } = parsed.value;
  const space = platform.backend.open({ kernel: KERNEL, ...machine });
  const results = replayHistory(space, { ...DEFAULT_DEVICE, ...platform.device, ...device }, steps);
  return results.map(({ result }) => (result ? view(result) : 'unmapped'));
}

test('what is unmapped is handed out again', () => {
  const steps = [{ map: '64K,16K,64K' }, { map: '4K' }, { unmap: 1 }, { map: '64K,16K,64K' }];
  expect(replay({ backend: 'iommu-dma', device: { maxSegSize: '1M' }, steps })).toEqual([
    '0xfffc0000+147456',
    '0xfffbf000+4096',
    'unmapped',
    '0xfffc0000+147456',
  ]);
});

test('in lazy mode it is not', () => {
  const steps = [{ map: '4K' }, { unmap: 1 }, { map: '4K' }];
  expect(replay({ backend: 'iommu-dma', machine: { lazy: true }, steps })).toEqual([
    '0xfffff000+4096',
    'unmapped',
    '0xffffe000+4096',
  ]);
});

test('every CPU has a cache of its own, and areas of the bounce pool', () => {
  const steps = [{ map: '4K' }, { unmap: 1, cpu: 1 }, { map: '4K' }, { map: '4K', cpu: 1 }];
  expect(replay({ backend: 'iommu-dma', machine: { cpus: 2 }, steps }).slice(2)).toEqual([
    '0xffffe000+4096',
    '0xfffff000+4096',
  ]);
  const bounced = [{ map: '4K' }, { map: '4K', cpu: 1 }];
  expect(replay({ backend: 'swiotlb', machine: { cpus: 2 }, steps: bounced })).toEqual([
    '0x7c000000+4096',
    '0x7e000000+4096',
  ]);
});

test('a page, a direction, peer-to-peer memory', () => {
  const steps = [
    { page: '0x20@0x4000', direction: 'from' },
    { page: '0x20@0x8000', direction: 'to' },
    { map: '4K@0x10000', p2p: '0:bus:0x1000' },
    { map: '4K@0x10000', p2p: '0:unsupported' },
  ];
  expect(replay({ backend: 'direct', device: { nonCoherent: true }, steps })).toEqual([
    '0x7c000000+32',
    '0x8000+32',
    '0x11000+4096',
    'errno -121',
  ]);
});

test('a failed step is shown, and unmapping it does nothing', () => {
  const steps = [{ map: '257K' }, { unmap: 1 }, { map: '256K' }];
  expect(replay({ backend: 'swiotlb', steps })).toEqual(['errno -5', 'unmapped', '0x7c000000+262144']);
});

describe('what is no history', () => {
  const good = { backend: 'iommu-dma', steps: [{ map: '4K' }] };
  test.each([
    [[], 'a history is an object'],
    [{ ...good, step: 1 }, 'unknown "step"; known: backend, kernel, machine, device, steps'],
    [{ ...good, backend: 'iommu' }, '"backend" is one of direct, swiotlb'],
    [{ ...good, kernel: 6.12 }, '"kernel" is a text such as "6.12"'],
    [{ ...good, machine: 'big' }, '"machine" is an object'],
    [{ ...good, machine: { granul: 1 } }, '"machine": unknown "granul"; known: granule'],
    [{ ...good, machine: { granule: '3K' } }, '"machine": granule: \'3K\' is no power of two'],
    [{ ...good, device: { strict: true } }, '"device": unknown "strict"'],
    [{ ...good, steps: [] }, '"steps" is a list with at least one step'],
    [{ ...good, steps: ['map'] }, 'step 1: exactly one of "map", "page" and "unmap"'],
    [{ ...good, steps: [{ map: '4K', unmap: 1 }] }, 'step 1: exactly one of'],
    [{ ...good, steps: [{ map: 4096 }] }, 'step 1: "map" is a text such as "64K,16K"'],
    [{ ...good, steps: [{ map: '0' }] }, 'step 1: entry 0 is empty'],
    [{ ...good, steps: [{ map: '4K', diretion: 'to' }] }, 'step 1: unknown "diretion"'],
    [{ ...good, steps: [{ map: '4K', direction: 'up' }] }, 'step 1: "direction" is'],
    [{ ...good, steps: [{ map: '4K', cpu: 1 }] }, 'step 1: "cpu" is a number below 1'],
    [{ ...good, steps: [{ map: '4K', p2p: '1:bus:0' }] }, "step 1: p2p '1:bus:0': there is no entry '1'"],
    [{ ...good, steps: [{ page: '4K,4K' }] }, 'step 1: "page" has one entry'],
    [{ ...good, steps: [{ unmap: 1 }] }, 'step 1: step 1 does not come before it'],
    [{ ...good, steps: [{ map: '4K' }, { unmap: 0 }] }, 'step 2: "unmap" is the number of an earlier step'],
    [{ ...good, steps: [{ map: '4K' }, { unmap: 1 }, { unmap: 2 }] }, 'step 3: step 2 maps nothing'],
    [{ ...good, steps: [{ map: '4K' }, { unmap: 1 }, { unmap: 1 }] }, 'step 3: step 2 unmapped step 1 already'],
  ])('%j', (history, reason) => expect(replay(history)[0]).toContain(reason));
});
