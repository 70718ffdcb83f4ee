import { expect, test } from 'vitest';
import { xenSwiotlb } from '../../../server/sim/backends/xenSwiotlb';
import type { Machine } from '../../../server/sim/types';
import { causes, device, list, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 6, minor: 12 } };
const IDENTITY = { machineFrame: (frame: number) => frame };

function map(text: string, changes = {}, machine: Partial<Machine> = {}) {
  return xenSwiotlb.open({ ...MACHINE, ...machine }).mapSg(list(text), device(changes), 1);
}

test('within a page: the machine address', () => {
  const result = map('0x100+0x200@0x4000,4K@0x8000');
  expect(view(result)).toBe('0x5100+512 0x9000+4096');
  expect(causes(result)).toEqual(['physical 15616']);
});

test('more than a page bounces where the machine frames are scattered', () => {
  const result = map('4K@0x4000,8K@0x8000');
  expect(view(result)).toBe('0x5000+4096 0x7c000000+8192');
  expect(causes(result)).toEqual(['bounce 2080350208']);
});

test('machine-contiguous memory stays in place', () => {
  expect(view(map('64K@0x10000,16K@0x40000', {}, IDENTITY))).toBe('0x10000+65536 0x40000+16384');
});

test('above the mask it bounces', () => {
  expect(view(map('4K@0x200000000', {}, IDENTITY))).toBe('0x7c000000+4096');
});

test('at most 256 KiB bounce; a failure gives back the slots before it', () => {
  const space = xenSwiotlb.open(MACHINE);
  expect(view(space.mapSg(list('256K'), device(), 1))).toBe('0x7c000000+262144');
  for (let i = 0; i < 300; i++) expect(view(space.mapSg(list('256K,257K'), device(), 1))).toBe('errno -5');
  expect(space.mapSg(list('256K'), device(), 1).ok).toBe(true);
});

test('a pool out of reach', () => {
  expect(view(map('8K', { dmaMask: 0xffffffn }))).toBe('errno -5');
  expect(view(map('8K', { dmaMask: 0xffffffn }, { kernel: { major: 5, minor: 10 } }))).toBe('errno -22');
});

test('unmap gives back the slots', () => {
  const swiotlb = { start: 0x7c000000n, end: 0x7c040000n, areas: 1, force: false };
  const space = xenSwiotlb.open({ ...MACHINE, swiotlb });
  for (let i = 0; i < 5; i++) {
    const result = space.mapSg(list('256K'), device(), 1);
    expect(view(result)).toBe('0x7c000000+262144');
    if (result.ok) space.unmap(result);
  }
});

test('small buffers of a device without coherency bounce from 6.5 on', () => {
  const small = '0x20@0x4000';
  expect(view(xenSwiotlb.open(MACHINE).mapSg(list(small), device({ coherent: false }), 2))).toBe('0x7c000000+32');
  const older = xenSwiotlb.open({ kernel: { major: 6, minor: 1 } });
  expect(view(older.mapSg(list(small), device({ coherent: false }), 2))).toBe('0x5000+32');
});
