import { describe, expect, test } from 'vitest';
import { DEVICE_FIELDS, keyOf, MACHINE_FIELDS, parseDevice, parseMachine } from '../../server/sim/options';
import { parseP2p, parseSegments, parseSize } from '../../server/sim/simulate';

describe('devices', () => {
  test.each([
    ['dmaMask', '32', { dmaMask: 0xffffffffn }],
    ['dmaMask', '0x7fffffff', { dmaMask: 0x7fffffffn }],
    ['dmaMask', 64, { dmaMask: 2n ** 64n - 1n }],
    ['maxSegSize', '1M', { maxSegmentSize: 2 ** 20 }],
    ['boundary', '0xffff', { segmentBoundary: 0xffffn }],
    ['minAlignMask', '4095', { minAlignMask: 4095 }],
    ['busLimit', '0xffffffff', { busDmaLimit: 0xffffffffn }],
    ['dmaRanges', '1G:0:1G', { dmaRanges: [{ cpuStart: 2n ** 30n, dmaStart: 0n, size: 2n ** 30n }] }],
    ['untrusted', true, { untrusted: true }],
    ['untrusted', false, {}],
    ['nonCoherent', true, { coherent: false }],
    ['platformDevice', true, { pci: false }],
  ])('%s %s', (key, value, device) => expect(parseDevice({ [key]: value })).toEqual({ ok: true, value: device }));

  test.each([
    ['maxSegSize', '0', "max-seg-size: '0' is not between 1 and 4294967295"],
    ['maxSegSize', '4G', "max-seg-size: '4G' is not between 1 and 4294967295"],
    ['boundary', '0x1234', "boundary: '0x1234' is no mask"],
    ['boundary', '0', "boundary: '0' is not between 1 and"],
    ['boundary', '0x10000000000000000', 'is beyond 2^64'],
    ['dmaMask', '-1', "dma-mask: '-1' is no size"],
    ['minAlignMask', '5', "min-align-mask: '5' is no mask"],
    ['busLimit', '0', "bus-limit: '0' is not between"],
    ['dmaRanges', '0:0', "dma-ranges: '0:0' is not cpu:dma:bytes"],
    ['dmaRanges', '0:0:0', "'0:0:0' is empty"],
    ['dmaRanges', '0:0:2G,1G:0:1G', 'two ranges overlap at 0x40000000'],
    ['dmaRanges', '0xffffffffffff0000:0:1M', 'ends beyond 2^64'],
    ['untrusted', 'yes', 'untrusted: either true or false'],
    ['dmaMask', true, 'dma-mask: a value is missing: <bits>'],
    ['dmaMask', {}, 'dma-mask: a number or a text'],
  ])('%s %s is refused', (key, value, reason) => {
    expect(parseDevice({ [key]: value })).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });
});

describe('machines', () => {
  test.each([
    ['granule', '64K', { granule: 65536 }],
    ['aperture', '1M-0xffffffff', { apertureStart: 2n ** 20n, apertureEnd: 0xffffffffn }],
    ['reserved', '0xfee00000-0xfeefffff', { reserved: [{ start: 0xfee00000n, end: 0xfeefffffn }] }],
    ['strict', true, { strict: true }],
    ['lazy', true, { strict: false }],
    ['forcedac', true, { forcedac: true }],
    ['window', '2G+1M', { windowStart: 2n ** 31n, windowBytes: 2n ** 20n }],
    ['ioPage', '64K', { ioPageShift: 16 }],
    ['pools', '4', { pools: 4 }],
    ['merge', 'off', { merge: false }],
    ['iommuForce', true, { force: true }],
    ['alignmentOrder', '4', { maxAlignmentOrder: 4 }],
    ['swiotlbSize', '1M', { swiotlb: { start: 0x7ff00000n, end: 0x80000000n, areas: 1, force: false } }],
    ['swiotlbForce', true, { swiotlb: { start: 0x7c000000n, end: 0x80000000n, areas: 1, force: true } }],
    ['cpus', '4', { cpus: 4, swiotlb: { start: 0x7c000000n, end: 0x80000000n, areas: 4, force: false } }],
  ])('%s %s', (key, value, machine) => expect(parseMachine({ [key]: value })).toEqual({ ok: true, value: machine }));

  test.each([
    [{ granule: '3K' }, "granule: '3K' is no power of two"],
    [{ granule: '128K' }, "granule: '128K' is not between 1024 and 65536"],
    [{ pageSize: '1K' }, "page-size: '1K' is not between 4096"],
    [{ aperture: '0x1000' }, "aperture: '0x1000' is not start-end"],
    [{ reserved: '2M-1M' }, "reserved: '2M-1M' ends before it starts"],
    [{ strict: true, lazy: true }, 'strict and lazy exclude each other'],
    [{ cpus: '0' }, "cpus: '0' is not between 1"],
    [{ swiotlbSize: '4K' }, "swiotlb-size: '4K' is not between"],
    [{ swiotlbSize: '4G' }, 'needs a swiotlb-start'],
    [{ swiotlbStart: '0x801' }, 'the pool starts on a page'],
    [{ window: '0+1K' }, 'does not consist of whole pages'],
    [{ window: '0+2T' }, 'a window has 64 KiB to 1 TiB'],
    [{ window: '0xfffffffffffff000+64K' }, 'ends beyond 2^64'],
    [{ ioPage: '2K' }, "io-page: '2K' is not between"],
    [{ pools: '3' }, "pools: '3' is no power of two"],
    [{ merge: 'maybe' }, "merge: 'maybe' is neither on nor off"],
    [{ alignmentOrder: '12' }, "alignment-order: '12' is not between 4 and 9"],
  ])('%j is refused', (typed, reason) => {
    expect(parseMachine(typed)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });
});

test('no two options have one name', () => {
  const keys = [...DEVICE_FIELDS, ...MACHINE_FIELDS].map((one) => keyOf(one.name));
  expect(new Set(keys).size).toBe(keys.length);
});

describe('lists', () => {
  test('sizes', () => {
    expect(['64K', '0x10', '3MiB', '7'].map(parseSize)).toEqual(
      [65536n, 16n, 3n << 20n, 7n].map((value) => ({ ok: true, value })),
    );
  });

  test('offsets and addresses', () => {
    expect(parseSegments('0x100+4K@0x5000,8K@0x20010')).toEqual({
      ok: true,
      value: [
        { page: 0x5000n, offset: 0x100, length: 4096 },
        { page: 0x20000n, offset: 0x10, length: 8192 },
      ],
    });
  });

  test.each([
    ['', 'is not [offset+]length[@phys]'],
    ['4K,', 'entry 1'],
    ['64Q', "'64Q' is no size"],
    ['0', 'entry 0 is empty'],
    ['4G', 'entry 0 is longer than the 32 bits'],
    ['4G+4K', 'entry 0: the offset does not fit 32 bits'],
    ['8K@0x1000,4K@0x2000', 'entries 0 and 1 overlap in memory'],
    ['4K@0xffffffffffffffff', 'entry 0 ends beyond 2^64'],
  ])("'%s' is refused", (text, reason) => {
    expect(parseSegments(text)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  const plain = [
    { page: 0x1000n, offset: 0, length: 4096 },
    { page: 0x3000n, offset: 0, length: 4096 },
  ];
  test('peer-to-peer entries', () => {
    expect(parseP2p(plain, '0:bus:0x100000,1:host-bridge')).toEqual({
      ok: true,
      value: [
        { ...plain[0], p2p: { via: 'bus', busOffset: 0x100000n } },
        { ...plain[1], p2p: { via: 'host-bridge' } },
      ],
    });
  });
  test.each([
    ['2:unsupported', "there is no entry '2'"],
    ['x:bus:0', "there is no entry 'x'"],
    ['0:bus', 'is not index:bus:offset'],
    ['0:host-bridge:4K', 'is not index:bus:offset'],
    ['0:bus:-1', "'-1' is no size"],
    ['0:bus:0xffffffffffffffff', 'the bus address is beyond 2^64'],
  ])('%s is refused', (text, reason) => {
    expect(parseP2p(plain, text)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });
});
