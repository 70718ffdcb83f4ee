import { expect, test } from 'vitest';
import { iommuDma } from '../../server/sim/backends/iommuDma';
import { callResults, returnsText } from '../../server/sim/returns';
import type { MapResult } from '../../server/sim/types';
import { device, list } from '../support/simLists';

const mapped = iommuDma.open({ kernel: { major: 6, minor: 12 } }).mapSg(list('64K,16K,64K'), device(), 1);
const failed = (errno: number): MapResult => ({ ok: false, backend: 'iommu-dma', errno, reason: 'full' });
const say = (result: MapResult, major: number, minor: number) => returnsText(callResults(result, { major, minor }));

test('a success', () => {
  expect(say(mapped, 6, 12)).toBe('dma_map_sg() returns 3 segments; dma_map_sgtable() returns 0, and nents is 3');
  expect(say(mapped, 5, 7)).toBe('dma_map_sg() returns 3 segments');
});

test.each([
  [5, 7, -12, 'dma_map_sg() returns 0, which means failure'],
  [5, 14, -12, 'dma_map_sg() returns 0, which means failure; dma_map_sgtable() returns -EINVAL'],
  [5, 15, -12, 'dma_map_sg() returns 0, which means failure; dma_map_sgtable() returns -ENOMEM'],
  [5, 15, -121, 'dma_map_sg() returns 0, which means failure; dma_map_sgtable() returns -EIO'],
  [6, 0, -121, 'dma_map_sg() returns 0, which means failure; dma_map_sgtable() returns -EREMOTEIO'],
  [6, 12, -71, 'dma_map_sg() returns 0, which means failure; dma_map_sgtable() returns -EIO'],
])('%i.%i with errno %i', (major, minor, errno, text) => {
  expect(say(failed(errno), major, minor)).toBe(text);
});
