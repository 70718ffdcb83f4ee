import { describe, expect, test } from 'vitest';
import { s390Pci } from '../../../server/sim/backends/s390Pci';
import type { Machine } from '../../../server/sim/types';
import { causes, device, list, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 6, minor: 1 } };
const OLD: Machine = { kernel: { major: 4, minor: 4 } };
const SMALL = { windowBytes: 0x8000n };

describe('worked examples', () => {
  test('chunks of one list are adjacent', () => {
    const result = s390Pci.open(MACHINE).mapSg(list('64K,16K,64K'), device(), 1);
    expect(view(result)).toBe('0x100000000+65536 0x100010000+16384 0x100014000+65536');
    expect(causes(result)).toEqual(['segment-limit 0', 'segment-limit 0']);
  });
  test('one segment per entry before 4.9', () => {
    const result = s390Pci.open(OLD).mapSg(list('4K,4K,0x100+0x100'), device(), 1);
    expect(view(result)).toBe('0x100000000+4096 0x100001000+4096 0x100002100+256');
    expect(causes(result)).toEqual(['never-merges 0', 'granule 256']);
  });
  test('from 4.9 on they are joined', () => {
    const result = s390Pci.open(MACHINE).mapSg(list('4K,4K,0x100+0x100'), device(), 1);
    expect(view(result)).toBe('0x100000000+8192 0x100002100+256');
  });
});

test('freed pages come back only after the search wrapped', () => {
  const space = s390Pci.open({ ...MACHINE, ...SMALL });
  const first = space.mapSg(list('8K'), device(), 1);
  if (first.ok) space.unmap(first);
  expect(view(space.mapSg(list('8K'), device(), 1))).toBe('0x100002000+8192');
  expect(view(space.mapSg(list('12K'), device(), 1))).toBe('0x100004000+12288');
  expect(view(space.mapSg(list('8K'), device(), 1))).toBe('0x100000000+8192');
  expect(view(space.mapSg(list('8K'), device(), 1))).toBe('errno -12');
});

test('strict mode frees at once, but the search still goes on upwards', () => {
  const space = s390Pci.open({ ...MACHINE, ...SMALL, strict: true });
  const first = space.mapSg(list('12K'), device(), 1);
  expect(view(space.mapSg(list('4K'), device(), 1))).toBe('0x100003000+4096');
  if (first.ok) space.unmap(first);
  expect(view(space.mapSg(list('12K'), device(), 1))).toBe('0x100004000+12288');
  expect(view(space.mapSg(list('12K'), device(), 1))).toBe('0x100000000+12288');
});

test('a wrap within a list leaves a hole', () => {
  const space = s390Pci.open({ ...MACHINE, ...SMALL, strict: true });
  const first = space.mapSg(list('16K'), device(), 1);
  space.mapSg(list('4K'), device(), 1);
  if (first.ok) space.unmap(first);
  const result = space.mapSg(list('8K,4K'), device({ maxSegmentSize: 8192 }), 1);
  expect(view(result)).toBe('0x100005000+8192 0x100000000+4096');
  expect(causes(result)).toEqual(['segment-limit -28672']);
});

test('before 4.9 the search moves past what is freed above it', () => {
  const space = s390Pci.open({ ...OLD, ...SMALL });
  const first = space.mapSg(list('16K'), device(), 1);
  const second = space.mapSg(list('8K'), device(), 1);
  if (first.ok) space.unmap(first);
  expect(view(space.mapSg(list('12K'), device(), 1))).toBe('0x100000000+12288');
  if (second.ok) space.unmap(second);
  expect(view(space.mapSg(list('8K'), device(), 1))).toBe('0x100003000+8192');
});

test('no chunk crosses the segment boundary', () => {
  const space = s390Pci.open(MACHINE);
  const narrow = device({ segmentBoundary: 0x3fffn });
  const result = space.mapSg(list('12K,8K'), { ...narrow, maxSegmentSize: 12288 }, 1);
  expect(view(result)).toBe('0x100000000+12288 0x100004000+8192');
  expect(causes(result)).toEqual(['segment-limit 4096']);
});

test('errors by version', () => {
  const full = { windowBytes: 0x4000n };
  expect(view(s390Pci.open({ ...MACHINE, ...full }).mapSg(list('16K'), device(), 1))).toBe('errno -12');
  const older = { kernel: { major: 5, minor: 10 }, ...full };
  expect(view(s390Pci.open(older).mapSg(list('16K'), device(), 1))).toBe('errno -22');
});
