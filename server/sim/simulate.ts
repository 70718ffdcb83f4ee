/** Turns what a user types into a list; impossible input gives a sentence that says what would be possible. */

import type { SgEntry } from './types';

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

const UNITS: Readonly<Record<string, bigint>> = { '': 1n, k: 1n << 10n, m: 1n << 20n, g: 1n << 30n, t: 1n << 40n };
const TOP = 1n << 64n;
/** Where entries without an address go, far from each other. */
const FIRST_PAGE = 0x80000000n;
const APART = 0x1000000n;
const PAGE = 4096n;

/** `64K`, `0x1000`, `3M`, `4096`: bytes, at least 0 and below 2^64. */
export function parseSize(text: string): Parsed<bigint> {
  const match = /^(0x[0-9a-f]+|\d+)([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (!match?.[1]) return { ok: false, reason: `'${text}' is no size; write 65536, 64K, 1M or 0x10000` };
  const value = BigInt(match[1].toLowerCase()) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1n);
  return value < TOP ? { ok: true, value } : { ok: false, reason: `'${text}' is beyond 2^64` };
}

/** `[offset+]length[@phys]`, separated by commas. Entries without `@phys` lie apart from all others. */
export function parseSegments(text: string): Parsed<readonly SgEntry[]> {
  const entries: SgEntry[] = [];
  const parts = text.split(',').map((part) => part.trim());
  let free = FIRST_PAGE;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    const match = /^(?:([^+@]+)\+)?([^+@]+)(?:@([^+@]+))?$/.exec(part);
    if (!match?.[2]) return { ok: false, reason: `entry ${i} '${part}' is not [offset+]length[@phys]` };
    const offset = match[1] === undefined ? undefined : parseSize(match[1]);
    const length = parseSize(match[2]);
    const phys = match[3] === undefined ? undefined : parseSize(match[3]);
    for (const one of [offset, length, phys])
      if (one && !one.ok) return { ok: false, reason: `entry ${i}: ${one.reason}` };
    if (!length.ok) return length;
    if (length.value === 0n) return { ok: false, reason: `entry ${i} is empty; an entry has at least one byte` };
    if (0xffffffffn < length.value)
      return { ok: false, reason: `entry ${i} is longer than the 32 bits of a scatterlist length` };
    const start = phys?.ok ? phys.value : undefined;
    const within = offset?.ok ? offset.value : start === undefined ? 0n : start % PAGE;
    if (0xffffffffn < within) return { ok: false, reason: `entry ${i}: the offset does not fit 32 bits` };
    // `@phys` names the first byte; with an offset as well, the page that the offset counts from.
    const page = start === undefined ? free : offset === undefined ? start - within : start;
    if (TOP < page + within + length.value) return { ok: false, reason: `entry ${i} ends beyond 2^64` };
    entries.push({ page, offset: Number(within), length: Number(length.value) });
    const end = page + within + length.value;
    free = ((end > free ? end : free) / APART + 1n) * APART;
  }
  return overlapOf(entries) ?? { ok: true, value: entries };
}

function overlapOf(entries: readonly SgEntry[]): { readonly ok: false; readonly reason: string } | undefined {
  const ranges = entries
    .map((entry, index) => ({
      index,
      start: entry.page + BigInt(entry.offset),
      end: entry.page + BigInt(entry.offset + entry.length),
    }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  for (let i = 0; i + 1 < ranges.length; i++) {
    const [one, next] = [ranges[i], ranges[i + 1]];
    if (one && next && next.start < one.end)
      return { ok: false, reason: `entries ${one.index} and ${next.index} overlap in memory` };
  }
  return undefined;
}

/**
 * Marks entries as peer-to-peer memory: `index:bus:offset`, `index:host-bridge` or `index:unsupported`, separated by
 * commas. The offset leads from the physical to the bus address.
 */
export function parseP2p(list: readonly SgEntry[], text: string): Parsed<readonly SgEntry[]> {
  const marked = [...list];
  for (const part of text.split(',').map((one) => one.trim())) {
    const [index = '', via, offset, rest] = part.split(':');
    const at = /^\d+$/.test(index) ? Number(index) : -1;
    const entry = list[at];
    if (!entry) return { ok: false, reason: `p2p '${part}': there is no entry '${index}'` };
    if (via === 'bus' && offset !== undefined && rest === undefined) {
      const busOffset = parseSize(offset);
      if (!busOffset.ok) return { ok: false, reason: `p2p '${part}': ${busOffset.reason}` };
      if (TOP < entry.page + BigInt(entry.offset + entry.length) + busOffset.value)
        return { ok: false, reason: `p2p '${part}': the bus address is beyond 2^64` };
      marked[at] = { ...entry, p2p: { via, busOffset: busOffset.value } };
    } else if ((via === 'host-bridge' || via === 'unsupported') && offset === undefined) {
      marked[at] = { ...entry, p2p: { via } };
    } else {
      return { ok: false, reason: `p2p '${part}' is not index:bus:offset, index:host-bridge or index:unsupported` };
    }
  }
  return { ok: true, value: marked };
}
