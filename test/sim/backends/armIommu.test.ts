import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { armIommu } from '../../../server/sim/backends/armIommu';
import type { Machine, MappedLayout } from '../../../server/sim/types';
import { causes, device, list, recordedMaps, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 6, minor: 12 } };
const STRIDE = 0x10000000n;

function map(text: string, changes = {}, machine = MACHINE) {
  return armIommu.open(machine).mapSg(list(text), device(changes), 1);
}

describe('worked examples', () => {
  test('{64K,16K,64K} has a hole at the default segment limit', () => {
    const result = map('64K,16K,64K');
    expect(view(result)).toBe('0x0+65536 0x10000+16384 0x20000+65536');
    expect(causes(result)).toEqual(['segment-limit 0', 'segment-limit 49152']);
  });
  test('one chunk with a limit of 1 MiB', () => {
    expect(view(map('64K,16K,64K', { maxSegmentSize: 2 ** 20 }))).toBe('0x0+147456');
  });
  test('the leading offset counts towards the limit', () => {
    expect(view(map('0x100+0xff00,4K'))).toBe('0x100+65280 0x10000+4096');
  });
  test('an offset starts a chunk', () => {
    const result = map('100K,0x10+0x20', { maxSegmentSize: 2 ** 20 });
    expect(view(result)).toBe('0x0+102400 0x19010+32');
    expect(causes(result)).toEqual(['granule 16']);
  });
});

describe('the window', () => {
  test('freed pages are found again, lowest first', () => {
    const space = armIommu.open(MACHINE);
    const first = space.mapSg(list('4K'), device(), 1);
    space.mapSg(list('4K'), device(), 1);
    if (first.ok) space.unmap(first);
    expect(view(space.mapSg(list('4K'), device(), 1))).toBe('0x0+4096');
  });
  test('a block never spans two bitmaps of 128 MiB', () => {
    const space = armIommu.open(MACHINE);
    const limits = device({ maxSegmentSize: 2 ** 31 });
    expect(view(space.mapSg(list('100M'), limits, 1))).toBe('0x0+104857600');
    expect(view(space.mapSg(list('100M'), limits, 1))).toBe('0x8000000+104857600');
    expect(view(space.mapSg(list('129M'), limits, 1))).toBe('errno -12');
  });
  test('before 5.15 every failure of dma_map_sgtable() is EINVAL', () => {
    expect(view(map('129M', {}, { kernel: { major: 5, minor: 10 } }))).toBe('errno -22');
  });
  test('a failure gives back the chunks before it', () => {
    const space = armIommu.open({ ...MACHINE, windowBytes: 0x20000n });
    expect(view(space.mapSg(list('64K,64K,64K'), device(), 1))).toBe('errno -12');
    expect(view(space.mapSg(list('64K,64K'), device(), 1))).toBe('0x0+65536 0x10000+65536');
  });
  test('alignment stops at the configured order', () => {
    const space = armIommu.open({ ...MACHINE, maxAlignmentOrder: 4 });
    space.mapPage({ page: 0n, offset: 0, length: 4096 }, device(), 1);
    expect(view(space.mapSg(list('1M'), device(), 1))).toBe('0x10000+1048576');
  });
  test('pages before an offset of a page or more are lost on unmap, as in Linux', () => {
    const space = armIommu.open(MACHINE);
    const mapped = space.mapPage({ page: 0n, offset: 4352, length: 100 }, device(), 1);
    expect(view(mapped)).toBe('0x1100+100');
    space.unmap(mapped as MappedLayout);
    expect(view(space.mapSg(list('8K'), device(), 1))).toBe('0x2000+8192');
  });
});

test('the kernel function cuts recorded lists the same way', () => {
  const operations = recordedMaps(readFileSync('test/fixtures/vectors/functions-arm-iommu.jsonl', 'utf8'));
  expect(operations.length).toBe(250);
  for (const recorded of operations) {
    const result = armIommu.open(MACHINE).mapSg(recorded.list, recorded.device, 1);
    const inChunks = result.ok
      ? result.segments.map((one, i) => ({
          dma: one.dma - (result.blocks[i]?.start ?? 0n) + BigInt(i) * STRIDE,
          length: one.length,
        }))
      : [];
    expect({ id: recorded.id, segments: inChunks }).toEqual({ id: recorded.id, segments: recorded.segments });
  }
});
