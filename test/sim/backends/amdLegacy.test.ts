import { describe, expect, test } from 'vitest';
import { amdLegacy } from '../../../server/sim/backends/amdLegacy';
import type { Machine } from '../../../server/sim/types';
import { causes, device, list, view } from '../../support/simLists';

const NEW: Machine = { kernel: { major: 5, minor: 4 } };
const OLD: Machine = { kernel: { major: 4, minor: 4 } };

describe('Linux 4.8 to 5.4', () => {
  test('the pad comes to lie behind the entry that crosses', () => {
    const result = amdLegacy.open(NEW).mapSg(list('48K,32K,16K'), device({ segmentBoundary: 0xffffn }), 1);
    expect(view(result)).toBe('0xfffe0000+49152 0xfffec000+32768 0xffff8000+16384');
    expect(causes(result)).toEqual(['never-merges 0', 'boundary-pad 16384']);
  });
  test('{64K,16K,64K} without a boundary in the way', () => {
    const result = amdLegacy.open(NEW).mapSg(list('64K,16K,64K'), device(), 1);
    expect(view(result)).toBe('0xfffc0000+65536 0xfffd0000+16384 0xfffd4000+65536');
    expect(causes(result)).toEqual(['never-merges 0', 'never-merges 0']);
  });
  test('32-bit addresses first', () => {
    const wide = device({ dmaMask: 2n ** 64n - 1n });
    expect(view(amdLegacy.open(NEW).mapSg(list('4K'), wide, 1))).toBe('0xfffff000+4096');
  });
  test('an end or start off a page leaves a hole', () => {
    const result = amdLegacy.open(NEW).mapSg(list('100,4K,8+8'), device(), 1);
    expect(view(result)).toBe('0xffffc000+100 0xffffd000+4096 0xffffe008+8');
    expect(causes(result)).toEqual(['granule 3996', 'granule 8']);
  });
  test('what is freed is found again', () => {
    const space = amdLegacy.open(NEW);
    const first = space.mapSg(list('12K'), device(), 1);
    if (first.ok) space.unmap(first);
    expect(view(space.mapSg(list('16K'), device(), 1))).toBe('0xffffc000+16384');
  });
});

describe('Linux 4.4 to 4.7', () => {
  test('upwards from page 1, entry behind entry', () => {
    const result = amdLegacy.open(OLD).mapSg(list('64K,16K,64K'), device(), 1);
    expect(view(result)).toBe('0x1000+65536 0x11000+16384 0x15000+65536');
    expect(causes(result)).toEqual(['never-merges 0', 'never-merges 0']);
  });
  test('no entry crosses the boundary', () => {
    const result = amdLegacy.open(OLD).mapSg(list('48K,32K'), device({ segmentBoundary: 0xffffn }), 1);
    expect(view(result)).toBe('0x1000+49152 0x10000+32768');
    expect(causes(result)).toEqual(['new-allocation 12288']);
  });
  test('no entry spans two bitmaps, and the last page of each is never used', () => {
    const result = amdLegacy.open(OLD).mapSg(list('100M,100M'), device(), 1);
    expect(view(result)).toBe('0x1000+104857600 0x8000000+104857600');
    expect(causes(result)).toEqual(['new-allocation 29356032']);
    expect(view(amdLegacy.open(OLD).mapSg(list('128M'), device(), 1))).toBe('errno -22');
  });
  test('the search goes on behind the last allocation and then wraps', () => {
    const space = amdLegacy.open(OLD);
    const first = space.mapSg(list('1M'), device(), 1);
    expect(view(space.mapSg(list('64M'), device(), 1))).toBe('0x101000+67108864');
    if (first.ok) space.unmap(first);
    expect(view(space.mapSg(list('4K'), device(), 1))).toBe('0x4101000+4096');
    expect(view(space.mapSg(list('62M'), device(), 1))).toBe('0x4102000+65011712');
    expect(view(space.mapSg(list('1M'), device(), 1))).toBe('0x1000+1048576');
  });
  test('nothing above the mask', () => {
    const space = amdLegacy.open(OLD);
    const narrow = device({ dmaMask: 0xffffffn });
    expect(view(space.mapSg(list('15M'), narrow, 1))).toBe('0x1000+15728640');
    expect(view(space.mapSg(list('1M'), narrow, 1))).toBe('errno -22');
  });
  test('reserved ranges are left out', () => {
    const space = amdLegacy.open({ ...OLD, reserved: [{ start: 0x2000n, end: 0x9fffn }] });
    expect(view(space.mapSg(list('8K,4K'), device(), 1))).toBe('0xa000+8192 0xc000+4096');
  });
});
