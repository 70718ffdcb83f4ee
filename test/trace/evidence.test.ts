import { describe, expect, test } from 'vitest';
import { confirmation, countText, evidenceOf } from '../../server/trace/evidence';
import { summarize } from '../../server/trace/summary';
import type { TraceReport, TraceSite } from '../../server/trace/types';

const DEVICE = '0000:00:01.0';

function site(frames: string, changes: Partial<TraceSite> = {}): TraceSite {
  return { frames: frames.split(' < '), maps: 10, lists: 10, nonContiguous: 0, merged: 0, ...changes };
}

function reportOf(...sites: readonly TraceSite[]): TraceReport {
  const empty = summarize([]);
  const report = summarize([
    `  t-1 [000] ..... 1.000000: dma_map_page: ${DEVICE} dir=TO_DEVICE dma_addr=fffff000 size=64 phys_addr=1000 attrs=`,
  ]);
  expect(empty.devices).toEqual([]);
  return { ...report, devices: report.devices.map((one) => ({ ...one, sites })) };
}

describe('a finding', () => {
  const report = reportOf(
    site('foo_start < foo_ioctl', { nonContiguous: 4, merged: 7 }),
    site('foo_start.isra.0 < foo_poll', { nonContiguous: 1 }),
    site('lib_map < foo_import < ioctl', { nonContiguous: 2 }),
    site('foo_good < foo_ioctl'),
  );
  const evidence = evidenceOf(report);

  test.each([
    ['foo_start', 'contiguous-size', `seen 5 times non-contiguous on ${DEVICE}`],
    ['foo_start', 'single-segment', `seen 5 times non-contiguous on ${DEVICE}`],
    ['foo_start', 'same-count', `seen 7 times merged on ${DEVICE}`],
    // The list is mapped for it by somebody else's function.
    ['foo_import', 'contiguous-size', `seen 2 times non-contiguous on ${DEVICE}`],
    ['foo_import', 'same-count', undefined],
    ['foo_good', 'contiguous-size', undefined],
    ['foo_start', 'segment-size', undefined],
    ['foo_start', undefined, undefined],
    ['elsewhere', 'contiguous-size', undefined],
  ])('in %s() that needs %s: %s', (fn, need, said) => {
    expect(confirmation(evidence, fn, need)).toBe(said);
  });

  test('in a function that maps itself is not confirmed by what others map below it', () => {
    const mixed = evidenceOf(reportOf(site('foo_start < top'), site('lib_map < foo_start', { nonContiguous: 9 })));
    expect(confirmation(mixed, 'foo_start', 'contiguous-size')).toBeUndefined();
    expect(confirmation(mixed, 'lib_map', 'contiguous-size')).toBe(`seen 9 times non-contiguous on ${DEVICE}`);
  });
});

test('a trace without stacks says nothing about functions', () => {
  expect(evidenceOf(reportOf()).size).toBe(0);
});

test('counts in words', () => {
  const seen = { device: DEVICE, maps: 412, lists: 412, nonContiguous: 12, merged: 0 };
  expect(countText([seen])).toBe(`mapped 412 times, 12 of them non-contiguous, on ${DEVICE}`);
  const other = { ...seen, device: 'nvme', maps: 1, nonContiguous: 0 };
  expect(countText([seen, other])).toBe(`mapped 412 times, 12 of them non-contiguous, on ${DEVICE}; once on nvme`);
});
