import { describe, expect, test } from 'vitest';
import { dmaIova, iommuApi, noncontiguousAlloc, sva } from '../../../server/sim/backends/callerControlled';
import { contiguousBytes } from '../../../server/sim/layout';
import type { Machine } from '../../../server/sim/types';
import { device, list, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 6, minor: 18 } };

test.each([iommuApi, dmaIova, noncontiguousAlloc, sva])('$id makes one range of {64K,16K,64K}', (backend) => {
  const result = backend.open(MACHINE).mapSg(list('64K,16K,64K'), device(), 1);
  expect(result.ok && contiguousBytes(result.segments)).toBe(147456);
  expect(result.ok && result.segments.length).toBe(1);
});

describe('IOMMU API', () => {
  test('whole granules only', () => {
    expect(view(iommuApi.open(MACHINE).mapSg(list('4K,0x800+0x800'), device(), 1))).toBe('errno -22');
    expect(view(iommuApi.open({ ...MACHINE, granule: 16384 }).mapSg(list('4K'), device(), 1))).toBe('errno -22');
  });
  test('freed addresses are taken again', () => {
    const space = iommuApi.open({ ...MACHINE, windowStart: 0x10000n });
    const first = space.mapSg(list('4K,4K'), device(), 1);
    expect(view(space.mapSg(list('4K'), device(), 1))).toBe('0x12000+4096');
    if (first.ok) space.unmap(first);
    expect(view(space.mapSg(list('8K'), device(), 1))).toBe('0x10000+8192');
  });
  test('a full domain', () => {
    expect(view(iommuApi.open({ ...MACHINE, windowBytes: 0x1000n }).mapSg(list('8K'), device(), 1))).toBe('errno -12');
  });
});

describe('dma_iova_*', () => {
  test('the first range may have an offset, the last any end', () => {
    const result = dmaIova.open(MACHINE).mapSg(list('0x800+0x800,4K,0x200'), device(), 1);
    expect(view(result)).toBe('0xffffc800+6656');
  });
  test('a range that ends inside a granule cannot be followed', () => {
    expect(view(dmaIova.open(MACHINE).mapSg(list('0x200,4K'), device(), 1))).toBe('errno -5');
    expect(view(dmaIova.open(MACHINE).mapSg(list('4K,0x200+0x200'), device(), 1))).toBe('errno -5');
  });
});

test('dma_alloc_noncontiguous() gives whole granules', () => {
  expect(view(noncontiguousAlloc.open(MACHINE).mapSg(list('4K,0x200'), device(), 1))).toBe('0xffffe000+8192');
});

test('shared virtual addresses keep the offset of the first page', () => {
  const space = sva.open(MACHINE);
  expect(view(space.mapSg(list('0x800+0x800,0x200'), device(), 1))).toBe('0x7f0000000800+2560');
  expect(view(space.mapSg(list('4K'), device(), 1))).toBe('0x7f0000003000+4096');
  expect(view(space.mapSg(list('0x200,4K'), device(), 1))).toBe('errno -22');
});
