import { describe, expect, test } from 'vitest';
import { gart } from '../../../server/sim/backends/gart';
import type { Machine } from '../../../server/sim/types';
import { causes, device, list, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 6, minor: 12 } };
const HIGH = '64K@0x200000000,16K@0x300000000,64K@0x400000000';

function map(text: string, changes = {}, machine: Partial<Machine> = {}) {
  return gart.open({ ...MACHINE, ...machine }).mapSg(list(text), device(changes), 1);
}

describe('without iommu=merge', () => {
  test('entries above the mask get pages of their own, next fit upwards', () => {
    const result = map(HIGH);
    expect(view(result)).toBe('0x20000000+65536 0x20010000+16384 0x20014000+65536');
    expect(causes(result)).toEqual(['never-merges 0', 'never-merges 0']);
  });
  test('what the device reaches keeps its address', () => {
    const result = map('64K@0x1000000,16K@0x300000000,64K@0x2000000');
    expect(view(result)).toBe('0x1000000+65536 0x20000000+16384 0x2000000+65536');
    expect(causes(result)).toEqual(['new-allocation 520028160', 'new-allocation -503332864']);
  });
  test('everything within reach: the physical layout', () => {
    const result = map('64K@0x1000000,16K@0x3000000');
    expect(view(result)).toBe('0x1000000+65536 0x3000000+16384');
    expect(causes(result)).toEqual(['physical 33488896']);
  });
  test('iommu=force remaps what the device reaches, too', () => {
    expect(view(map('64K@0x1000000', {}, { force: true }))).toBe('0x20000000+65536');
  });
});

describe('with iommu=merge', () => {
  test('one run', () => {
    expect(view(map(HIGH, { maxSegmentSize: 2 ** 20 }, { merge: true }))).toBe('0x20000000+147456');
  });
  test('the segment limit starts a new run', () => {
    const result = map(HIGH, {}, { merge: true });
    expect(view(result)).toBe('0x20000000+65536 0x20010000+16384 0x20014000+65536');
    expect(causes(result)).toEqual(['segment-limit 0', 'segment-limit 0']);
  });
  test('an offset or an end off a page starts a new run', () => {
    const result = map('4K,0x100+0x100,4K', { maxSegmentSize: 2 ** 20 }, { merge: true });
    expect(view(result)).toBe('0x20000000+4096 0x20001100+256 0x20002000+4096');
    expect(causes(result)).toEqual(['granule 256', 'granule 3584']);
  });
  test('a full aperture: entry by entry, and only those out of reach', () => {
    const small = { merge: true, windowBytes: 0x8000n };
    const limits = { maxSegmentSize: 2 ** 20 };
    expect(view(map('16K@0x1000000,16K@0x300000000', limits, small))).toBe('0x1000000+16384 0x20000000+16384');
    expect(view(map('16K@0x200000000,16K@0x300000000', limits, small))).toBe('errno -12');
  });
});

test('no run crosses the segment boundary', () => {
  const space = gart.open({ ...MACHINE, force: true });
  const narrow = device({ segmentBoundary: 0x3fffn });
  expect(view(space.mapSg(list('12K'), narrow, 1))).toBe('0x20000000+12288');
  expect(view(space.mapSg(list('8K'), narrow, 1))).toBe('0x20004000+8192');
});

test('errors by version, and emergency pages until 4.20', () => {
  expect(view(map('128M@0x200000000'))).toBe('errno -12');
  expect(view(map('128M@0x200000000', {}, { kernel: { major: 5, minor: 10 } }))).toBe('errno -22');
  expect(view(map('4K@0x200000000', {}, { kernel: { major: 4, minor: 20 } }))).toBe('0x20020000+4096');
});

test('the search moves past what is freed above it', () => {
  const space = gart.open({ ...MACHINE, windowBytes: 0x8000n, force: true });
  const first = space.mapSg(list('16K'), device(), 1);
  expect(view(space.mapSg(list('12K'), device(), 1))).toBe('0x20004000+12288');
  if (first.ok) space.unmap(first);
  expect(view(space.mapSg(list('8K'), device(), 1))).toBe('0x20000000+8192');
});

test('a single page', () => {
  const space = gart.open(MACHINE);
  expect(view(space.mapPage({ page: 0x200000000n, offset: 0x234, length: 8 }, device(), 1))).toBe('0x20000234+8');
  expect(view(space.mapPage({ page: 2n ** 40n, offset: 0, length: 8 }, device(), 1))).toBe('errno -12');
});
