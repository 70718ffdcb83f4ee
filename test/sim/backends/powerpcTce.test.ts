import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { powerpcTce } from '../../../server/sim/backends/powerpcTce';
import type { Machine } from '../../../server/sim/types';
import { causes, device, list, recordedMaps, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 6, minor: 12 } };

function map(text: string, changes = {}, machine: Partial<Machine> = {}) {
  return powerpcTce.open({ ...MACHINE, ...machine }).mapSg(list(text), device(changes), 1);
}

describe('worked examples', () => {
  test('16 IOMMU pages come from the large pool, 4 from a small one', () => {
    const result = map('64K,16K,64K', { maxSegmentSize: 2 ** 20 });
    expect(view(result)).toBe('0xb0000000+65536 0x80000000+16384 0xb0010000+65536');
    expect(causes(result)).toEqual(['new-allocation -805371904', 'new-allocation 805355520']);
  });
  test('with 64 KiB IOMMU pages an entry that ends inside one cannot be followed', () => {
    const result = map('64K,16K,64K', { maxSegmentSize: 2 ** 20 }, { ioPageShift: 16 });
    expect(view(result)).toBe('0x80000000+81920 0x80020000+65536');
    expect(causes(result)).toEqual(['granule 49152']);
  });
});

describe('merging', () => {
  test('stops at the segment limit, adjacent', () => {
    const result = map('32K,32K,32K', { maxSegmentSize: 65536 });
    expect(view(result)).toBe('0x80000000+65536 0x80010000+32768');
    expect(causes(result)).toEqual(['segment-limit 0']);
  });
  test('can be switched off', () => {
    const result = map('4K,4K', {}, { merge: false });
    expect(view(result)).toBe('0x80000000+4096 0x80001000+4096');
    expect(causes(result)).toEqual(['never-merges 0']);
  });
  test('ignores the boundary, which only single allocations respect', () => {
    expect(view(map('32K,32K,32K', { segmentBoundary: 0xffffn, maxSegmentSize: 2 ** 20 }))).toBe('0x80000000+98304');
    expect(view(map('40K,40K', { segmentBoundary: 0xffffn, maxSegmentSize: 2 ** 20 }))).toBe(
      '0x80000000+40960 0x80010000+40960',
    );
  });
  test('an empty first entry keeps its slot', () => {
    expect(view(map('0,4K'))).toBe('0x0+0 0x80000000+4096');
  });
});

describe('the table', () => {
  test('a new list starts on a new block of 16 entries', () => {
    const space = powerpcTce.open(MACHINE);
    expect(view(space.mapSg(list('4K'), device(), 1))).toBe('0x80000000+4096');
    expect(view(space.mapSg(list('4K'), device(), 1))).toBe('0x80010000+4096');
  });
  test('another CPU takes another pool', () => {
    const space = powerpcTce.open(MACHINE);
    expect(view(space.mapSg(list('4K'), device(), 1, 1))).toBe('0x8c000000+4096');
  });
  test('a full pool is left for the next ones, then for the large one', () => {
    const space = powerpcTce.open({ ...MACHINE, windowBytes: 0x80000n });
    const pages = Array.from({ length: 6 }, () => view(space.mapSg(list('60K'), device(), 1)));
    expect(pages).toEqual([
      '0x80000000+61440',
      '0x80010000+61440',
      '0x80020000+61440',
      '0x80030000+61440',
      '0x80040000+61440',
      '0x80050000+61440',
    ]);
    expect(view(space.mapSg(list('60K'), device(), 1))).toBe('0x80060000+61440');
    expect(view(space.mapSg(list('8K'), device(), 1))).toBe('0x8006f000+8192');
    expect(view(space.mapSg(list('60K'), device(), 1))).toBe('errno -5');
  });
  test('before 5.15 a failure is EINVAL', () => {
    expect(view(map('512M', {}, { kernel: { major: 5, minor: 10 } }))).toBe('errno -22');
    expect(view(map('512M'))).toBe('errno -5');
  });
  test('stays below the mask of the device', () => {
    const result = map('1M', { dmaMask: 0x801fffffn });
    expect(view(result)).toBe('0x80000000+1048576');
  });
  test('a run longer than the boundary fails', () => {
    expect(view(map('3M', { segmentBoundary: 0xfffffn }))).toBe('errno -5');
  });
});

test('the kernel function maps recorded lists to the same addresses', () => {
  const operations = recordedMaps(readFileSync('test/fixtures/vectors/functions-powerpc-tce.jsonl', 'utf8'));
  expect(operations.length).toBe(250);
  for (const { id, ioPageShift, list: entries, device: limits, segments } of operations) {
    const space = powerpcTce.open({ ...MACHINE, ...(ioPageShift !== undefined && { ioPageShift }) });
    const result = space.mapSg(entries, limits, 1);
    const mapped = result.ok ? result.segments.map(({ dma, length }) => ({ dma, length })) : [];
    expect({ id, mapped }).toEqual({ id, mapped: segments });
  }
});
