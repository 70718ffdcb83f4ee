import { describe, expect, test } from 'vitest';
import { TraceParser } from '../../server/trace/parse';
import type { TraceEvent, TraceItem } from '../../server/trace/types';

function read(...lines: readonly string[]): readonly TraceItem[] {
  const items: TraceItem[] = [];
  const parser = new TraceParser((item) => items.push(item));
  for (const line of lines) parser.push(line);
  parser.end();
  return items;
}

function event(line: string): TraceEvent {
  const [item] = read(line);
  if (item?.kind !== 'event') throw new Error(`no event: ${JSON.stringify(item)}`);
  return item.event;
}

const HEAD = '      kworker/0:1-12      [001] d..1.     2.149541: ';
const MAP_SG =
  'dma_map_sg: 0000:00:01.0 dir=TO_DEVICE nents=3/3 ents=2/2 dma_addrs={0xfffc0000,0xfffd0000} sizes={0x10000,0x4000} phys_addrs={0x1080000,0x1090000,0x10d0000} attrs=';

describe('events', () => {
  test('a list', () => {
    expect(event(HEAD + MAP_SG)).toEqual({
      ...{ kind: 'map-sg', name: 'dma_map_sg', device: '0000:00:01.0', direction: 'TO_DEVICE', task: 'kworker/0:1' },
      ...{ cpu: 1, time: 2.149541, line: 1, entries: 3, segments: 2, isTruncated: false, error: 0 },
      ranges: [
        { dma: 0xfffc0000n, length: 0x10000 },
        { dma: 0xfffd0000n, length: 0x4000 },
      ],
      physical: [0x1080000n, 0x1090000n, 0x10d0000n],
    });
  });
  test('a list of the first kernels with these events, which did not say the counts', () => {
    const old = MAP_SG.replace(' nents=3/3 ents=2/2', '');
    expect(event(HEAD + old)).toMatchObject({ entries: 3, segments: 2, isTruncated: false });
  });
  test('a list that the kernel cut short', () => {
    const cut = MAP_SG.replace('nents=3/3 ents=2/2', 'nents=128/300 ents=128/200 [TRUNCATED]');
    expect(event(HEAD + cut)).toMatchObject({ entries: 300, segments: 200, isTruncated: true });
  });
  test.each(['dma_map_page', 'dma_map_phys', 'dma_map_resource'])('%s', (name) => {
    const one = event(
      `${HEAD}${name}: 1c0e000.dma dir=FROM_DEVICE dma_addr=fffff800 size=1536 phys_addr=1234800 attrs=SKIP_CPU_SYNC`,
    );
    expect(one).toMatchObject({ kind: 'map', device: '1c0e000.dma', physical: [0x1234800n], error: 0 });
    expect(one.ranges).toEqual([{ dma: 0xfffff800n, length: 1536 }]);
  });
  test('a mapping that failed', () => {
    const one = event(`${HEAD}dma_map_page: d dir=TO_DEVICE dma_addr=ffffffffffffffff size=4096 phys_addr=1000 attrs=`);
    expect(one).toMatchObject({ kind: 'map', error: -12, ranges: [] });
    const list = event(`${HEAD}dma_map_sg_err: d dir=TO_DEVICE dma_addrs={0x1000,0x2000} err=-5 attrs=`);
    expect(list).toMatchObject({ kind: 'map-sg-failed', error: -5, entries: 2 });
  });
  test('releases, allocations, syncs', () => {
    const kinds = [
      'dma_unmap_page: d dir=TO_DEVICE dma_addr=fffff000 size=4096 attrs=',
      'dma_unmap_phys: d dir=TO_DEVICE dma_addr=fffff000 size=4096 attrs=',
      'dma_unmap_sg: d dir=TO_DEVICE phys_addrs={0x1000} attrs=',
      'dma_alloc: d dir=BIDIRECTIONAL dma_addr=fffff000 size=4096 virt_addr=00000000e3b0c442 flags=GFP_KERNEL attrs=',
      'dma_alloc: d dir=BIDIRECTIONAL dma_addr=0 size=4096 virt_addr=0000000000000000 flags=GFP_KERNEL attrs=',
      'dma_free: d dir=BIDIRECTIONAL dma_addr=fffff000 size=4096 virt_addr=00000000e3b0c442 attrs=',
      'dma_sync_single_for_cpu: d dir=FROM_DEVICE dma_addr=fffff000 size=64',
      'dma_sync_sg_for_device: d dir=FROM_DEVICE dma_addrs={0xfffff000} sizes={0x40}',
    ].map((text) => event(HEAD + text).kind);
    expect(kinds).toEqual(['unmap', 'unmap', 'unmap-sg', 'alloc', 'alloc-failed', 'free', 'sync', 'sync-sg']);
  });
});

describe('where the text comes from', () => {
  test.each([
    ['trace', `      swapper/0-1       [000] d..1.     1.000001: ${MAP_SG}`],
    ['trace with the thread group', `     my-task-12  (   1234) [003] d..1.  1.000001: ${MAP_SG}`],
    ['trace-cmd report', `           dd-123   [000]     1.000001: dma_map_sg:           ${MAP_SG.slice(12)}`],
    [
      'trace-cmd report, new',
      `           dd-123   [000] d..1.     1.000001: dma_map_sg:           ${MAP_SG.slice(12)}`,
    ],
    ['perf script', `           dd  123 [002]     1.000001: dma:${MAP_SG}`],
    ['a task with blanks', `  irq/24-my dev-99    [000] d..1.     1.000001: ${MAP_SG}`],
  ])('%s', (_name, line) => {
    expect(event(line)).toMatchObject({ device: '0000:00:01.0', time: 1.000001, entries: 3 });
  });
  test('arrays as older trace-cmd prints them', () => {
    const line = `${HEAD}dma_unmap_sg: d dir=TO_DEVICE phys_addrs=ARRAY[1000, 2f000] attrs=`;
    expect(event(line).physical).toEqual([0x1000n, 0x2f000n]);
  });
  test('other events and headers are passed over', () => {
    const lines = [
      '# tracer: nop',
      `${HEAD}sched_switch: prev_comm=a`,
      `${HEAD}dma_fence_emit: driver=x`,
      '',
      'dma_map_sg',
    ];
    expect(read(...lines)).toEqual([]);
  });
});

describe('around the events', () => {
  test('lost events', () => {
    expect(read('CPU:1 [LOST 512 EVENTS]', 'CPU:0 [EVENTS DROPPED]')).toEqual([
      { kind: 'lost', count: 512, line: 1 },
      { kind: 'lost', count: 1, line: 2 },
    ]);
  });
  test('a stack belongs to the last event of its CPU', () => {
    const items = read(
      HEAD + MAP_SG,
      `      other-3       [000] d..1.     2.149542: ${MAP_SG}`,
      '      kworker/0:1-12      [001] d..1.     2.149543: <stack trace>',
      ' => dma_map_sgtable',
      ' => foo_start+0x12/0x80',
      HEAD + MAP_SG,
    );
    const stack = items.find((one) => one.kind === 'stack');
    expect(stack).toMatchObject({ event: { line: 1 }, frames: ['dma_map_sgtable', 'foo_start'] });
    expect(items.map((one) => one.kind)).toEqual(['event', 'event', 'stack', 'event']);
  });
  test('a second stack is of an event that was not recorded', () => {
    const stack = '      kworker/0:1-12      [001] d..1.     2.149543: <stack trace>';
    const items = read(HEAD + MAP_SG, stack, ' => foo_start', stack, ' => bar_start');
    const stacks = items.filter((one) => one.kind === 'stack');
    expect(stacks).toMatchObject([{ event: { line: 1 }, frames: ['foo_start'] }]);
  });
  test.each([
    ['a cut line', MAP_SG.slice(0, MAP_SG.indexOf('0x4000')), 'the line is cut'],
    ['no direction', 'dma_map_sg: d', 'no direction'],
    ['an odd direction', 'dma_map_sg: d dir=SIDEWAYS ', "'SIDEWAYS' is no direction"],
    ['counts that do not fit', MAP_SG.replace(',0x4000}', '}'), '2 addresses, but 1 sizes'],
    ['no size', 'dma_map_page: d dir=TO_DEVICE dma_addr=1000 phys_addr=0 attrs=', 'no size'],
    ['no address', 'dma_map_page: d dir=TO_DEVICE dma_addr=zz size=1', 'no dma_addr'],
    ['letters in an array', MAP_SG.replace('0x4000', '0xzzzz'), 'the line is cut'],
  ])('%s is a problem of its line', (_name, text, reason) => {
    const [item] = read(HEAD + text);
    expect(item).toEqual({ kind: 'problem', line: 1, reason: `${text.slice(0, text.indexOf(':'))}: ${reason}` });
  });
  test('no head', () => {
    expect(read(MAP_SG)).toEqual([{ kind: 'problem', line: 1, reason: 'dma_map_sg: no task, CPU and time before it' }]);
  });
});
