/** Needs and shapes as people type them, for the command line and the layout explorer. */

import { type Parsed, parseSize } from '../sim/simulate';
import { needText } from './predicates';
import type { ListShape, Predicate } from './types';

interface Need {
  readonly name: string;
  /** What stands behind `=`; absent: nothing. */
  readonly value?: { readonly what: string; readonly example: string };
  readonly make: (value: bigint) => Predicate;
}

const plain = (kind: Exclude<Predicate['kind'], Valued>): Need => ({ name: kind, make: () => ({ kind }) });
type Valued = 'aligned' | 'segment-at-most' | 'at-most-segments' | 'within-boundary' | 'address-below';

/** Every need that can be asked for. */
export const NEEDS: readonly Need[] = [
  plain('contiguous-size'),
  plain('single-segment'),
  plain('first-length-covers'),
  plain('same-count'),
  plain('cpu-lengths'),
  plain('cpu-offsets'),
  plain('page-entries'),
  plain('physical'),
  plain('ascending'),
  plain('nonzero'),
  {
    name: 'aligned',
    value: { what: 'bytes', example: '4K' },
    make: (value) => ({ kind: 'aligned', to: Number(value) }),
  },
  {
    name: 'segment-at-most',
    value: { what: 'bytes', example: '64K' },
    make: (value) => ({ kind: 'segment-at-most', bytes: Number(value) }),
  },
  {
    name: 'at-most-segments',
    value: { what: 'count', example: '16' },
    make: (value) => ({ kind: 'at-most-segments', count: Number(value) }),
  },
  {
    name: 'within-boundary',
    value: { what: 'mask', example: '0xffff' },
    make: (mask) => ({ kind: 'within-boundary', mask }),
  },
  {
    name: 'address-below',
    value: { what: 'bits', example: '32' },
    make: (value) => ({ kind: 'address-below', bits: Number(value) }),
  },
];

/** `contiguous-size`, `segment-at-most=64K`. */
export function parseNeed(text: string): Parsed<Predicate> {
  const [name = '', value, rest] = text.trim().split('=');
  const need = NEEDS.find((one) => one.name === name);
  if (!need || rest !== undefined) return bad(`'${text}' is no need; known: ${NEEDS.map(usage).join(', ')}`);
  if (!need.value) return value === undefined ? good(need.make(0n)) : bad(`${name} takes no value`);
  const size = parseSize(value ?? need.value.example);
  if (!size.ok) return bad(`${name}: ${size.reason}`);
  if (size.value === 0n || (name === 'address-below' && 64n < size.value) || 2n ** 40n < size.value) {
    if (name !== 'within-boundary' || size.value === 0n) return bad(`${name}: '${value}' is out of range`);
  }
  if (name === 'within-boundary' && (size.value & (size.value + 1n)) !== 0n) {
    return bad(`${name}: '${value}' is no mask; it is a power of two minus one, such as 0xffff`);
  }
  return good(need.make(size.value));
}

function usage(need: Need): string {
  return need.value ? `${need.name}=${need.value.example}` : need.name;
}

/** A need in words, as a label. */
export function needLabel(need: Need): string {
  const predicate = parseNeed(usage(need));
  return predicate.ok ? needText(predicate.value) : need.name;
}

/** The shapes that lists come in. */
export const SHAPES: Readonly<Record<string, ListShape>> = {
  pages: { origin: 'a table built from pages', kind: 'pages', firstOffset: 'zero' },
  'user-pages': { origin: 'pages pinned from user space', kind: 'pages', firstOffset: 'any' },
  'page-entries': { origin: 'an entry for each page', kind: 'pages', firstOffset: 'zero', entryBytes: 4096 },
  'one-entry': { origin: 'a list of one entry', kind: 'one-entry', firstOffset: 'any' },
  any: { origin: 'a list made elsewhere', kind: 'any', firstOffset: 'any' },
  peer: {
    origin: 'a list with memory of another device',
    kind: 'pages',
    firstOffset: 'zero',
    hasPeerMemory: true,
  },
};

/** `pages`, `user-pages,max-entries=16,max-entry=64K,max=1M`. */
export function parseShape(text: string): Parsed<ListShape> {
  const [name = '', ...options] = text.split(',').map((one) => one.trim());
  const known = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (!known) return bad(`'${name}' is no shape; known: ${Object.keys(SHAPES).join(', ')}`);
  let shape = known;
  for (const option of options) {
    const [key = '', value = ''] = option.split('=');
    const size = parseSize(value);
    const field = Object.hasOwn(LIMITS, key) ? LIMITS[key] : undefined;
    if (!field) return bad(`'${key}' is no limit of a shape; known: ${Object.keys(LIMITS).join(', ')}`);
    if (!size.ok) return bad(`${key}: ${size.reason}`);
    if (size.value === 0n || 2n ** 40n < size.value) return bad(`${key}: '${value}' is out of range`);
    shape = { ...shape, [field]: Number(size.value) };
  }
  return good(shape);
}

const LIMITS: Readonly<Record<string, 'maxEntries' | 'maxEntryBytes' | 'maxBytes'>> = {
  'max-entries': 'maxEntries',
  'max-entry': 'maxEntryBytes',
  max: 'maxBytes',
};

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
