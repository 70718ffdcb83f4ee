import { describe, expect, test } from 'vitest';
import { iommuDma44, iommuDmaV6 } from '../../../server/sim/backends/iommuDma44';
import type { Machine } from '../../../server/sim/types';
import { causes, device, list, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 4, minor: 4 } };

function map(text: string, changes = {}, machine = MACHINE) {
  return iommuDma44.open(machine).mapSg(list(text), device(changes), 1);
}

describe('worked examples', () => {
  test('{64K,16K,64K}: a hole of 48 KiB before the last entry', () => {
    const result = map('64K,16K,64K');
    expect(view(result)).toBe('0xfffc0000+65536 0xfffd0000+16384 0xfffe0000+65536');
    expect(causes(result)).toEqual(['never-merges 0', 'power-of-two-pad 49152']);
  });
  test('{4K,8K}: the smallest list that fails', () => {
    expect(view(map('4K,8K'))).toBe('0xffffc000+4096 0xffffe000+8192');
  });
  test('decreasing powers of two have no hole', () => {
    const result = map('64K,16K,4K');
    expect(causes(result)).toEqual(['never-merges 0', 'never-merges 0']);
    expect(result.ok && result.blocks[0]?.bytes).toBe(0x15000);
  });
  test('an odd first start and last end have no hole', () => {
    const result = map('0x800+0x800,4K,0x200');
    expect(causes(result)).toEqual(['never-merges 0', 'never-merges 0']);
    expect(result.ok && result.segments.length).toBe(3);
  });
});

describe('what is not consulted', () => {
  test('segment limit and boundary', () => {
    const limits = { maxSegmentSize: 4096, segmentBoundary: 0xfffn };
    expect(view(map('64K,16K,64K', limits))).toBe(view(map('64K,16K,64K')));
  });
  test('bus limit and aperture', () => {
    const machine = { ...MACHINE, apertureEnd: 0xffffffn };
    expect(view(map('4K', { busDmaLimit: 0x7fffffffn }, machine))).toBe('0xfffff000+4096');
  });
});

test('an offset beyond a granule: the posted version adds it whole, 4.4 does not', () => {
  const text = '5000+100';
  expect(view(map(text))).toBe(`0xfffff388+100`);
  const posted = iommuDmaV6.open(MACHINE).mapSg(list(text), device(), 1);
  expect(view(posted)).toBe(`0x100000388+100`);
});

test('before 4.7 a block is not rounded, only aligned, and the first page is never handed out', () => {
  const space = iommuDma44.open(MACHINE);
  const place = (text: string) => view(space.mapSg(list(text), device(), 1));
  expect([place('20K'), place('4K')]).toEqual(['0xffff8000+20480', '0xffff7000+4096']);
});
