/** What a trace saw of a driver's functions: confirms what the rules suspect. Needs stacks (`record-script --stacks`). */

import type { TraceReport } from './types';

/** What one function was seen to map, by itself or through what it calls. */
export interface Seen {
  readonly device: string;
  /** Lists and single mappings. */
  readonly maps: number;
  /** Lists. */
  readonly lists: number;
  readonly nonContiguous: number;
  readonly merged: number;
}

/** By name of the function; the busiest device first. */
export type Evidence = ReadonlyMap<string, readonly Seen[]>;

/** The compiler's copies of a function: `foo.isra.0`, `foo.cold`. */
const COPY = /\.(?:isra|constprop|part|cold)\b.*$/;

/** A function counts what it maps itself; only one that never does counts what others map for it. */
export function evidenceOf(report: TraceReport): Evidence {
  const own = new Set(report.devices.flatMap(({ sites }) => sites.map((site) => functionOf(site.frames[0] ?? ''))));
  const byName = new Map<string, Map<string, Seen>>();
  for (const { device, sites } of report.devices) {
    for (const { frames, maps, lists, nonContiguous, merged } of sites) {
      const names = new Set(frames.map(functionOf).filter((name, depth) => depth === 0 || !own.has(name)));
      for (const name of names) {
        const devices = byName.get(name) ?? new Map<string, Seen>();
        byName.set(name, devices);
        const before = devices.get(device) ?? { maps: 0, lists: 0, nonContiguous: 0, merged: 0 };
        devices.set(device, {
          device,
          maps: before.maps + maps,
          lists: before.lists + lists,
          nonContiguous: before.nonContiguous + nonContiguous,
          merged: before.merged + merged,
        });
      }
    }
  }
  const busiest = (devices: ReadonlyMap<string, Seen>) => [...devices.values()].sort((a, b) => b.maps - a.maps);
  return new Map([...byName].map(([name, devices]) => [name, busiest(devices)]));
}

function functionOf(frame: string): string {
  return frame.replace(COPY, '');
}

/** What a need that code has of its lists looks like in a trace when it is not met. */
const BROKEN: Readonly<Record<string, { readonly count: (seen: Seen) => number; readonly word: string }>> = {
  'contiguous-size': { count: (seen) => seen.nonContiguous, word: 'non-contiguous' },
  'single-segment': { count: (seen) => seen.nonContiguous, word: 'non-contiguous' },
  'same-count': { count: (seen) => seen.merged, word: 'merged' },
};

/** `seen 412 times non-contiguous on 0000:00:01.0`; undefined where the trace does not show it. */
export function confirmation(evidence: Evidence, fn: string, need: string | undefined): string | undefined {
  const broken = need === undefined ? undefined : BROKEN[need];
  const parts = (broken && evidence.get(fn)) ?? [];
  const said = parts.flatMap((seen) => {
    const count = broken?.count(seen) ?? 0;
    return count === 0 ? [] : [`${times(count)} ${broken?.word} on ${seen.device}`];
  });
  return said.length === 0 ? undefined : `seen ${said.join(', ')}`;
}

/** What is said above a call that maps: `mapped 412 times, 12 of them non-contiguous, on 0000:00:01.0`. */
export function countText(seen: readonly Seen[]): string {
  const parts = seen.map(({ device, maps, nonContiguous }) => {
    const holes = nonContiguous === 0 ? '' : `, ${nonContiguous} of them non-contiguous,`;
    return `${times(maps)}${holes} on ${device}`;
  });
  return `mapped ${parts.join('; ')}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
