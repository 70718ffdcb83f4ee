import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { replayVectors, VectorError } from '../../server/sim/vectors';

const FOLDER = 'test/fixtures/vectors';
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));

describe('recordings of real kernels', () => {
  test.each(files)('%s', (name) => {
    const report = replayVectors(readFileSync(`${FOLDER}/${name}`, 'utf8').split('\n'));
    expect(report.failed.slice(0, 5)).toEqual([]);
    expect(report.passed).toBeGreaterThan(100);
  });

  test('a recording that is changed in one byte fails', () => {
    const lines = readFileSync(`${FOLDER}/linux-6.12-iommu-strict.jsonl`, 'utf8').split('\n');
    const changed = lines.map((line, i) =>
      i === 1 ? line.replace('"address":"0xfffd4000"', '"address":"0xfffd5000"') : line,
    );
    const report = replayVectors(changed);
    expect(report.failed).toEqual([
      { line: 2, name: '64K,16K,64K', explanation: 'segment 2 at 0xfffd4000, Linux put it at 0xfffd5000' },
    ]);
  });
});

describe('what a recording may say', () => {
  const pool = { start: '0x7c000000', end: '0x80000000', areas: 4, force: true };
  const environment = { type: 'environment', kernel: '6.12.1', backend: 'swiotlb', cpus: 4, swiotlb: pool, extra: [] };
  const bounce = (id: number, address: string, more: object = {}) => ({
    ...{ op: 'map_page', id, page: '0x1000', offset: 0, length: 2048, error: 0, address, unknown: 1 },
    ...more,
  });
  const replay = (...lines: readonly object[]) => replayVectors(lines.map((one) => JSON.stringify(one)));

  test('without a CPU the area tells which one it was, and each area goes on from its first address', () => {
    const report = replay(environment, bounce(1, '0x7e000800'), bounce(2, '0x7d001800'), bounce(3, '0x7e001000'));
    expect(report).toEqual({ passed: 3, failed: [] });
  });
  test('the CPU of an operation chooses its area', () => {
    const report = replay(environment, bounce(1, '0x7d000000', { cpu: 1 }), bounce(2, '0x7c000000', { cpu: 3 }));
    expect(report.failed.map((one) => one.line)).toEqual([3]);
  });
  test('what bounced in vain before the first address does not move it', () => {
    const failed = {
      ...{ op: 'map_sg', id: 1, error: -5, segments: [], entries: [{ page: '0x1000', offset: 0, length: 4096 }] },
      entries: [
        { page: '0x1000', offset: 0, length: 4096 },
        { page: '0x100000', offset: 0, length: 300000 },
      ],
    };
    expect(replay(environment, failed, bounce(2, '0x7c000800'), bounce(3, '0x7c001000')).failed).toEqual([]);
  });
  test('a machine without a pool cannot bounce', () => {
    const { swiotlb, ...bare } = environment;
    const page = { op: 'map_page', id: 1, page: '0x200000000', offset: 0, length: 2048, error: -12 };
    expect([swiotlb.areas, replay({ ...bare, backend: 'direct' }, page).passed]).toEqual([4, 1]);
  });
  test('peer-to-peer entries, untrusted devices, limits of 0, an aperture', () => {
    const iommu = { granule: 4096, strict: true, forcedac: true, aperture: { start: '0x0', end: '0x7fffffffff' } };
    const machine = { type: 'environment', kernel: '6.12', backend: 'iommu-dma', iommu, swiotlb: pool };
    const params = { dma_mask: '0xffffffffffffffff', max_seg_size: 0, seg_boundary: '0x0', dir: 1 };
    const entry = { page: '0x5000', offset: 0, length: 4096 };
    const peer = { ...entry, p2p: { via: 'bus', bus_offset: '0x100000' } };
    const list = {
      ...{ op: 'map_sg', id: 1, params, entries: [entry, peer], error: 0 },
      segments: [
        { address: '0x7ffffff000', length: 4096 },
        { address: '0x105000', length: 4096 },
      ],
    };
    const small = {
      op: 'map_page',
      id: 2,
      params: { ...params, untrusted: true },
      page: '0x5000',
      offset: 256,
      length: 100,
    };
    expect(replay(machine, list, { ...small, error: 0, address: '0x7fffffe000' })).toEqual({ passed: 2, failed: [] });
  });
  test('releasing what is not mapped is an error', () => {
    expect(replay(environment, { op: 'unmap', id: 7 }).failed[0]?.explanation).toBe('unmaps 7, which is not mapped');
  });
});

describe('what is no recording', () => {
  test.each([
    ['', 'no environment line: this is no recording'],
    ['{"op":"map_sg"}', 'line 1: the first line must describe the environment ("type":"environment")'],
    ['[1]', 'line 1: not a JSON object'],
    ['{"type":"environment","kernel":"6.12","backend":"nope"}', "line 1: unknown backend 'nope'"],
    [
      '{"type":"environment","kernel":"6.12","backend":"direct"}\n{"op":"map_page","page":"x"}',
      'line 2: "address" is missing; write it as "0x1000"',
    ],
    [
      '{"type":"environment","kernel":"6.12","backend":"direct"}\n{"op":"map_page","page":"x","address":"0x1"}',
      'line 2: "page" is no number; write it as "0x1000"',
    ],
    [
      '{"type":"environment","kernel":"6.12","backend":"direct"}\n{"op":"dance"}',
      "line 2: unknown operation 'dance' (map_sg, map_page or unmap)",
    ],
  ])('%s', (text, message) => {
    expect(() => replayVectors(text.split('\n'))).toThrow(VectorError);
    expect(() => replayVectors(text.split('\n'))).toThrow(message);
  });
});
