import { describe, expect, test } from 'vitest';
import { intelLegacy } from '../../../server/sim/backends/intelLegacy';
import type { Machine } from '../../../server/sim/types';
import { causes, device, list, view } from '../../support/simLists';

const MACHINE: Machine = { kernel: { major: 5, minor: 10 } };
const WIDE = { dmaMask: 2n ** 64n - 1n };

function map(text: string, changes = {}, machine: Partial<Machine> = {}) {
  return intelLegacy.open({ ...MACHINE, ...machine }).mapSg(list(text), device(changes), 1);
}

describe('worked examples', () => {
  test.each([4, 5])('interior ends and starts on pages: contiguous (Linux %i)', (major) => {
    const kernel = { major, minor: major === 4 ? 4 : 10 };
    const result = map('0x800+0x800,4K,0x200', {}, { kernel });
    expect(view(result)).toBe('0xffffc800+2048 0xffffd000+4096 0xffffe000+512');
    expect(causes(result)).toEqual(['never-merges 0', 'never-merges 0']);
  });
  test('{64K,16K,64K} takes 64 pages', () => {
    expect(view(map('64K,16K,64K'))).toBe('0xfffc0000+65536 0xfffd0000+16384 0xfffd4000+65536');
  });
});

test('segment limit and boundary are not consulted', () => {
  const text = '48K,32K,16K';
  expect(view(map(text, { maxSegmentSize: 4096, segmentBoundary: 0xffffn }))).toBe(view(map(text)));
});

test('an end off a page leaves a hole', () => {
  const result = map('100,4K,8+8');
  expect(view(result)).toBe('0xffffc000+100 0xffffd000+4096 0xffffe008+8');
  expect(causes(result)).toEqual(['granule 3996', 'granule 8']);
});

test('an offset of a page or more makes a wrong address before 4.15', () => {
  expect(view(map('0x1100+0x100', {}, { kernel: { major: 4, minor: 4 } }))).toBe('0x100000100+256');
  expect(view(map('0x1100+0x100'))).toBe('0xfffff100+256');
});

test('32-bit addresses first, then up to the aperture', () => {
  expect(view(map('4K', WIDE))).toBe('0xfffff000+4096');
  expect(view(map('4K', WIDE, { forcedac: true }))).toBe('0xfffffffff000+4096');
  expect(view(map('4K', WIDE, { forcedac: true, apertureEnd: 2n ** 39n - 1n }))).toBe('0x7ffffff000+4096');
});

test('reserved ranges are left out', () => {
  const reserved = [{ start: 0xfee00000n, end: 0xffffffffn }];
  expect(view(map('4K', {}, { reserved }))).toBe('0xfedff000+4096');
});

test('what is freed is found again', () => {
  for (const minor of [4, 14]) {
    const space = intelLegacy.open({ kernel: { major: 4, minor } });
    const first = space.mapSg(list('12K'), device(), 1);
    if (first.ok) space.unmap(first);
    expect(view(space.mapSg(list('16K'), device(), 1))).toBe('0xffffc000+16384');
  }
});

test('out of space', () => {
  expect(view(map('16M', { dmaMask: 0xffffffn }))).toBe('errno -22');
});

describe('untrusted devices from 5.4 on', () => {
  const untrusted = { untrusted: true };
  test('every entry has a block of its own; what is not whole pages bounces and loses its offset', () => {
    const result = map('4K,0x800+0x100', untrusted);
    expect(view(result)).toBe('0xfffff000+4096 0xffffe000+256');
    expect(causes(result)).toEqual(['new-allocation -8192']);
    expect(result.ok && result.segments.map((one) => one.bounced === true)).toEqual([false, true]);
  });
  test('before, nobody asks', () => {
    expect(view(map('4K,0x800+0x100', untrusted, { kernel: { major: 5, minor: 3 } }))).toBe(
      '0xffffe000+4096 0xfffff800+256',
    );
  });
  test('unmap gives back addresses and bounce slots', () => {
    const swiotlb = { start: 0x7c000000n, end: 0x7c040000n, areas: 1, force: false };
    const space = intelLegacy.open({ ...MACHINE, swiotlb });
    const text = Array.from({ length: 32 }, () => '0x1+0xfff').join(',');
    for (let i = 0; i < 20; i++) {
      const result = space.mapSg(list(text), device(untrusted), 1);
      expect(result.ok).toBe(true);
      if (result.ok) space.unmap(result);
    }
  });
});
