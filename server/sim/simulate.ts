/** Turns what a user types into a list and a device; impossible input gives a sentence that says what would be possible. */

import type { Device, SgEntry } from './types';

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

export interface DeviceText {
  readonly maxSegSize?: string | undefined;
  readonly boundary?: string | undefined;
  readonly dmaMask?: string | undefined;
  readonly minAlignMask?: string | undefined;
  readonly untrusted?: boolean | undefined;
}

/** Device options as typed. A mask of 1 to 64 counts bits. */
export function parseDevice(text: DeviceText): Parsed<Partial<Device>> {
  const device: { -readonly [key in keyof Device]?: Device[key] } = {};
  if (text.maxSegSize !== undefined) {
    const size = parseSize(text.maxSegSize);
    if (!size.ok) return size;
    if (size.value === 0n || 0xffffffffn < size.value)
      return { ok: false, reason: 'the longest segment must have 1 to 2^32 - 1 bytes' };
    device.maxSegmentSize = Number(size.value);
  }
  if (text.boundary !== undefined) {
    const mask = parseSize(text.boundary);
    if (!mask.ok) return mask;
    if ((mask.value & (mask.value + 1n)) !== 0n || mask.value === 0n) {
      return {
        ok: false,
        reason: `the boundary '${text.boundary}' is no mask; it is a power of two minus one, such as 0xffff or 0xffffffff`,
      };
    }
    device.segmentBoundary = mask.value;
  }
  if (text.dmaMask !== undefined) {
    const mask = parseSize(text.dmaMask);
    if (!mask.ok) return mask;
    if (mask.value === 0n) return { ok: false, reason: 'a mask of 0 reaches nothing' };
    device.dmaMask = mask.value <= 64n ? (1n << mask.value) - 1n : mask.value;
  }
  if (text.minAlignMask !== undefined) {
    const mask = parseSize(text.minAlignMask);
    if (!mask.ok) return mask;
    if ((mask.value & (mask.value + 1n)) !== 0n || 0xffffffffn < mask.value)
      return { ok: false, reason: 'the alignment mask is a power of two minus one below 2^32' };
    device.minAlignMask = Number(mask.value);
  }
  if (text.untrusted) device.untrusted = true;
  return { ok: true, value: device };
}

/** The IOMMU page size in bytes. */
export function parseGranule(text: string): Parsed<number> {
  const size = parseSize(text);
  if (!size.ok) return size;
  const isPower = size.value !== 0n && (size.value & (size.value - 1n)) === 0n;
  if (!isPower || 65536n < size.value)
    return { ok: false, reason: `the granule '${text}' is no power of two of at most 64K` };
  return { ok: true, value: Number(size.value) };
}
