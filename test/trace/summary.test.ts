import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { armIommu } from '../../server/sim/backends/armIommu';
import { direct, swiotlb } from '../../server/sim/backends/direct';
import { iommuDma } from '../../server/sim/backends/iommuDma';
import type { Backend, Device } from '../../server/sim/types';
import { traceJson } from '../../server/trace/json';
import { TraceParser } from '../../server/trace/parse';
import { summarize as report, TraceSummary } from '../../server/trace/summary';
import { traceSvg } from '../../server/trace/svg';
import { traceText } from '../../server/trace/text';
import { device, list } from '../support/simLists';

let clock = 1;
function line(text: string, name = '0000:00:01.0'): string {
  clock += 0.001;
  return `  task-1 [000] ..... ${clock.toFixed(6)}: ${text.replace('DEV', name)}`;
}

const page = (address: string, size = 4096, extra = '') =>
  line(`dma_map_page: DEV dir=TO_DEVICE dma_addr=${address} size=${size} phys_addr=12340000 attrs=${extra}`);
const unpage = (address: string, size = 4096, direction = 'TO_DEVICE') =>
  line(`dma_unmap_page: DEV dir=${direction} dma_addr=${address} size=${size} attrs=`);

/** The trace lines of lists that a backend maps and releases again. */
function simulated(backend: Backend, texts: readonly string[], changes: Partial<Device> = {}): readonly string[] {
  const space = backend.open({ kernel: { major: 6, minor: 12 } });
  return texts.flatMap((text, round) => {
    const entries = list(text).map((one) => ({ ...one, page: one.page + BigInt(round) * 0x1000000n }));
    const result = space.mapSg(entries, device(changes), 1);
    if (!result.ok) throw new Error(result.reason);
    const { segments } = result;
    space.unmap(result);
    const array = (values: readonly (bigint | number)[]) =>
      `{${values.map((one) => `0x${one.toString(16)}`).join(',')}}`;
    const physical = array(entries.map((one) => one.page + BigInt(one.offset)));
    const counts = `nents=${entries.length}/${entries.length} ents=${segments.length}/${segments.length}`;
    const addresses = `dma_addrs=${array(segments.map((one) => one.dma))} sizes=${array(segments.map((one) => one.length))}`;
    return [
      line(`dma_map_sg: DEV dir=TO_DEVICE ${counts} ${addresses} phys_addrs=${physical} attrs=`),
      line(`dma_unmap_sg: DEV dir=TO_DEVICE phys_addrs=${physical} attrs=`),
    ];
  });
}

const LISTS = ['4K,4K,4K', '64K,16K,64K', '0x200+0xe00,4K,0x300', '4K,8K', '100K,4K', '4K,0x100+0x100,8K', '4K'];

describe('totals', () => {
  test('mapped, released, left over', () => {
    const { devices, findings } = report([page('fffff000'), page('ffffe000', 512), unpage('fffff000')]);
    expect(devices[0]?.directions).toEqual([
      {
        ...{ direction: 'TO_DEVICE', lists: 0, pages: 2, failures: 0, live: 1, liveMax: 2, bytes: 4608, entries: 2 },
        ...{ segments: 2, merged: 0, contiguous: 0, largestSegment: 4096, syncs: 0, gaps: [], addressBits: 32 },
      },
    ]);
    expect(findings.map((one) => [one.kind, one.count, one.line])).toEqual([['leak', 1, 2]]);
  });
  test('holes between segments, the most frequent first', () => {
    const lines = simulated(iommuDma, ['48K,32K,16K', '48K,32K,16K', '0x100+0x100,4K'], { segmentBoundary: 0xffffn });
    const [one] = report(lines).devices[0]?.directions ?? [];
    expect(one).toMatchObject({ lists: 3, merged: 2, contiguous: 0 });
    expect(one?.gaps).toEqual([
      { bytes: '16384', count: 2 },
      { bytes: '3584', count: 1 },
    ]);
  });
  test('each device and direction for itself', () => {
    const other = line('dma_map_page: DEV dir=FROM_DEVICE dma_addr=1000 size=1 phys_addr=1000 attrs=', 'eth');
    expect(report([page('fffff000'), other]).devices.map((one) => one.device)).toEqual(['0000:00:01.0', 'eth']);
  });
  test('failures and syncs', () => {
    const { devices } = report([
      page('ffffffffffffffff'),
      line('dma_map_sg_err: DEV dir=TO_DEVICE dma_addrs={0x1000} err=-12 attrs='),
      line('dma_sync_single_for_cpu: DEV dir=TO_DEVICE dma_addr=1000 size=64'),
    ]);
    expect(devices[0]?.directions[0]).toMatchObject({ failures: 2, syncs: 1, pages: 0, live: 0 });
  });
  test('coherent allocations are no leak', () => {
    const alloc = line(
      'dma_alloc: DEV dir=BIDIRECTIONAL dma_addr=fffff000 size=8192 virt_addr=1 flags=GFP_KERNEL attrs=',
    );
    const { devices, findings } = report([alloc]);
    expect([devices[0]?.allocations, findings]).toEqual([{ count: 1, live: 1, bytes: 8192 }, []]);
  });
});

test('who maps: the frames of the DMA API itself are left out', () => {
  const frames = [
    'do_trace_event_raw_event_dma_map_sg',
    '__dma_map_sg_attrs',
    'dma_map_sgtable',
    'foo_start',
    'foo_ioctl',
  ];
  const stack = [line('<stack trace>'), ...frames.map((one) => ` => ${one}`)];
  const lists = simulated(iommuDma, ['64K,16K,64K', '0x100+0x100,4K']);
  const { devices } = report([lists[0] ?? '', ...stack, lists[1] ?? '', lists[2] ?? '', ...stack]);
  expect(devices[0]?.sites).toEqual([
    { frames: ['foo_start', 'foo_ioctl'], maps: 2, lists: 2, nonContiguous: 1, merged: 0 },
  ]);
});

describe('what looks wrong', () => {
  const kinds = (...lines: readonly string[]) => report(lines).findings.map((one) => one.kind);

  test('released twice', () => {
    expect(kinds(page('fffff000'), unpage('fffff000'), unpage('fffff000'))).toEqual(['double-unmap']);
  });
  test('the release of something from before the recording is passed over', () => {
    expect(kinds(unpage('fffff000'))).toEqual([]);
  });
  test('mapped again, released again', () => {
    expect(kinds(page('fffff000'), unpage('fffff000'), page('fffff000'), unpage('fffff000'))).toEqual([]);
  });
  test('another size, another direction', () => {
    expect(kinds(page('fffff000'), unpage('fffff000', 2048))).toEqual(['unmap-mismatch']);
    const { findings } = report([page('fffff000'), unpage('fffff000', 4096, 'FROM_DEVICE')]);
    expect(findings[0]?.message).toMatch(/^dma_unmap_page\(\) says FROM_DEVICE, but mapped in line 1 as TO_DEVICE$/);
  });
  test('a list that is released with the mapped count', () => {
    const lines = simulated(iommuDma, ['4K,4K,4K']);
    const wrong = (lines[1] ?? '').replace(/phys_addrs=\{(0x\w+)[^}]*\}/, 'phys_addrs={$1}');
    const { findings } = report([lines[0] ?? '', wrong]);
    expect(findings.map((one) => one.message)).toEqual([
      'dma_unmap_sg() is given 1 entries, but mapped in line 1 with 3',
    ]);
  });
  test('overlapping addresses', () => {
    expect(kinds(page('fffff000'), page('fffff800'), unpage('fffff000'), unpage('fffff800'))).toEqual(['overlap']);
  });
  test('the same memory twice without an IOMMU does not overlap', () => {
    const same = line('dma_map_page: DEV dir=TO_DEVICE dma_addr=12340000 size=4096 phys_addr=12340000 attrs=');
    expect(kinds(same, same, unpage('12340000'), unpage('12340000'))).toEqual([]);
  });
  test('a segment beyond the limit that the lists show', () => {
    const lists = ['64K,16K,64K', '64K,4K', '128K', '4K,128K', '20K,20K,20K,20K'];
    const { devices, findings } = report(simulated(iommuDma, lists));
    expect(devices[0]?.recognition.text).toBe('iommu-dma with granule 4 KiB, limit 64 KiB, boundary 4 GiB');
    expect(findings.map((one) => [one.kind, one.count, one.message])).toEqual([
      [
        'over-limit',
        2,
        'segments of up to 128 KiB, though the layouts show a limit of 64 KiB: an entry is never split',
      ],
    ]);
  });
  test('with lost events nothing is called a leak', () => {
    expect(kinds(page('fffff000'), 'CPU:0 [LOST 5 EVENTS]')).toEqual([]);
  });
});

describe('which backend it was', () => {
  const recognised = (lines: readonly string[]) => report(lines).devices[0]?.recognition;

  test('iommu-dma, with its limits', () => {
    const found = recognised(simulated(iommuDma, LISTS));
    expect(found?.text).toBe('iommu-dma with granule 4 KiB, limit 64 KiB, boundary 4 GiB');
    expect([found?.explained, found?.lists]).toEqual([LISTS.length, LISTS.length]);
  });
  test.each([
    ['limit 4 GiB, boundary 4 GiB', { maxSegmentSize: 2 ** 32 - 1 }],
    ['limit 64 KiB, boundary 64 KiB', { segmentBoundary: 0xffffn }],
    ['limit 8 KiB, boundary 16 KiB', { segmentBoundary: 0x3fffn, maxSegmentSize: 8192 }],
  ])('iommu-dma with %s', (text, limits) => {
    const found = recognised(simulated(iommuDma, [...LISTS, '48K,32K,16K', '8K,4K,8K'], limits));
    expect(found?.text).toBe(`iommu-dma with granule 4 KiB, ${text}`);
  });
  test('32-bit ARM', () => {
    const found = recognised(simulated(armIommu, [...LISTS, '4K,64K,4K']));
    expect(found?.platform).toBe('arm-iommu');
  });
  test('no IOMMU', () => {
    expect(recognised(simulated(direct, LISTS))?.text).toMatch(/^no IOMMU, or IOMMU in passthrough/);
  });
  test('everything bounces', () => {
    expect(recognised(simulated(swiotlb, LISTS))?.platform).toBe('swiotlb');
  });
  test('whole pages bounce', () => {
    const found = recognised(simulated(swiotlb, ['4K,4K,4K', '64K,64K,8K', '8K,4K']));
    expect(found?.text).toMatch(/^SWIOTLB: .*; an IOMMU would have merged neighbours$/);
  });
  test('some of it bounces', () => {
    const high = ['4K@0x200000000', ...LISTS];
    const text = recognised(simulated(direct, high))?.text;
    expect(text).toMatch(/^no IOMMU; \d+ % of the mappings are copies in a bounce pool that holds 0x7c000000 to/);
  });
  test('single mappings alone do not tell', () => {
    expect(recognised([page('fffff000'), unpage('fffff000')])?.platform).toBeUndefined();
  });
  test('a layout that no backend makes', () => {
    const odd = line(
      'dma_map_sg: DEV dir=TO_DEVICE nents=2/2 ents=2/2 dma_addrs={0x100000,0x50000} sizes={0x1000,0x1000} phys_addrs={0x1000,0x9000} attrs=',
    );
    expect(recognised([odd])?.text).toBe('none of the backends that DMA Lens knows explains these layouts');
  });
});

describe('the same lists elsewhere', () => {
  test('contiguous here, with holes on 4.4 and without an IOMMU', () => {
    const rows = report(simulated(iommuDma, ['64K,16K,64K', '4K,8K'])).devices[0]?.elsewhere ?? [];
    const row = (id: string) => rows.find((one) => one.platform === id);
    expect(row('iommu-dma')).toMatchObject({ lists: 2, contiguous: 2, breaks: [] });
    expect(row('iommu-dma-4.4')).toMatchObject({ contiguous: 0 });
    expect(row('iommu-dma-4.4')?.breaks[0]).toBe('holes in 2 lists contiguous here');
    expect(row('iommu-dma-4.4')?.example?.list.map((one) => one.length)).toEqual([4096, 8192]);
    expect(row('direct')?.breaks[0]).toBe('holes in 2 lists contiguous here');
  });
});

describe('a recording of Linux 6.12', () => {
  const recorded = report(readFileSync('test/fixtures/trace-6.12.txt', 'utf8').split('\n'));

  test('is read in full', () => {
    expect(recorded).toMatchObject({ events: 206, lost: 0, problemCount: 0, findings: [] });
    expect(recorded.devices[0]?.recognition.platform).toBe('iommu-dma');
  });
  test('as text, JSON and SVG', () => {
    expect(traceText(recorded)).toMatch(
      /^206 DMA events of 1 devices in \d+ lines, 0\.067 s\nat most 8 mappings live .*\n\n0000:00:01\.0\n {2}iommu-dma with/,
    );
    expect(JSON.parse(traceJson(recorded))).toMatchObject({ version: 1, events: 206 });
    const svg = traceSvg(recorded);
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg.match(/<rect /g)?.length).toBeGreaterThan(100);
  });
});

describe('nvme, usb-storage and e1000e doing I/O on Linux 6.12', () => {
  const { devices, findings } = report(readFileSync('test/fixtures/trace-6.12-drivers.txt', 'utf8').split('\n'));

  test('the backend is recognised from the lists of the disks', () => {
    expect(devices.map((one) => [one.device, one.recognition.platform])).toEqual([
      ['0000:00:02.0', 'iommu-dma'],
      ['0000:00:03.0', 'iommu-dma'],
      ['0000:00:04.0', undefined],
    ]);
    expect(devices[0]?.recognition.text).toBe('iommu-dma with granule 4 KiB, limit 4 GiB, boundary 4 GiB');
  });
  test('all lists of the disk are contiguous here, few of them without an IOMMU', () => {
    const direct = devices[0]?.elsewhere.find((one) => one.platform === 'direct');
    expect(devices[0]?.directions.map((one) => one.lists - one.contiguous)).toEqual([0, 0]);
    expect(direct).toMatchObject({ lists: 48, contiguous: 19 });
    expect(direct?.breaks[0]).toBe('holes in 29 lists contiguous here');
  });
  test('the receive ring of the network card is still mapped', () => {
    expect(findings.map((one) => [one.kind, one.device, one.count])).toEqual([['leak', '0000:00:04.0', 255]]);
    expect(findings[0]?.message).toMatch(/never released: leaked, or still in use as receive buffers are$/);
  });
});

test('a long trace keeps a bounded number of slices, samples and shapes', () => {
  const summary = new TraceSummary();
  const parser = new TraceParser((item) => summary.add(item));
  for (let i = 0; i < 5000; i++) {
    const address = (0xf0000000 + (i % 100) * 4096).toString(16);
    parser.push(
      `  t-1 [000] ..... ${(i / 25).toFixed(6)}: dma_map_page: d dir=TO_DEVICE dma_addr=${address} size=64 phys_addr=1000 attrs=`,
    );
    parser.push(
      `  t-1 [000] ..... ${(i / 25).toFixed(6)}: dma_unmap_page: d dir=TO_DEVICE dma_addr=${address} size=64 attrs=`,
    );
  }
  const long = summary.report(parser.lines);
  expect(long.timeline.length).toBeLessThanOrEqual(240);
  expect(long.samples.length).toBeLessThanOrEqual(3000);
  expect(long.samples.length).toBeGreaterThan(1000);
  expect(long.devices[0]?.directions[0]).toMatchObject({ pages: 5000, live: 0, liveMax: 1 });
});

test('of very many mappings that are never released the oldest are only counted', () => {
  const summary = new TraceSummary();
  const parser = new TraceParser((item) => summary.add(item));
  const event = (what: string, i: number) =>
    `  t-1 [000] ..... 1.000000: ${what}: d dir=TO_DEVICE dma_addr=${(0x100000000 + i * 4096).toString(16)} size=64`;
  const leaked = 100_500;
  for (let i = 0; i < leaked; i++) parser.push(`${event('dma_map_page', i)} phys_addr=1000 attrs=`);
  // One that was forgotten, and one that was not.
  for (const i of [0, leaked - 1]) parser.push(`${event('dma_unmap_page', i)} attrs=`);
  parser.end();
  const { devices, findings } = summary.report(parser.lines);
  expect(devices[0]?.directions[0]?.liveMax).toBe(leaked);
  expect(findings.map((one) => [one.kind, one.count, one.line])).toEqual([['leak', leaked - 2, 1]]);
  expect(findings[0]?.message).toContain(`${leaked - 2} mappings (${(leaked - 2) * 64} bytes)`);
});
