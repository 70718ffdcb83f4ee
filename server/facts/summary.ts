/**
 * What is worth knowing of a function where it is called: which of its arguments it maps, releases, syncs, walks, tests,
 * frees or keeps, and what its result says. Plain data that can be written to a file and read back.
 */

import type { DmaFunction } from '../dmaApi';
import type { Span } from '../types';

/** What a function reaches from an argument: `{ argument: 0, path: '->sgt' }` for `buf->sgt`. Arguments count from 0. */
export interface Operand {
  readonly argument: number;
  /** How to get there from the argument; empty: the argument itself; `&` in front: the address of the place. */
  readonly path: string;
}

/** A streaming mapping that is made, released or synced. What the caller cannot see is left out. */
export interface MappingEffect {
  readonly kind: 'maps' | 'unmaps' | 'syncs';
  /** The function of the DMA API that is called in the end. */
  readonly through: string;
  readonly list?: Operand;
  readonly table?: Operand;
  readonly address?: Operand;
  readonly count?: Operand;
  readonly device?: Operand;
  readonly direction?: Operand;
}

export type Effect =
  | MappingEffect
  /** Tells whether a mapping of one range failed, as dma_mapping_error() does. */
  | { readonly kind: 'tests-mapping'; readonly what: Operand }
  /** Gives a device the first address of a list or table as if the whole list followed it. */
  | { readonly kind: 'takes-first-address'; readonly what: Operand }
  /** Fails, with `refusal`, when a list or table is not contiguous. */
  | { readonly kind: 'requires-contiguity'; readonly what: Operand; readonly refusal: string }
  /** Reads the DMA fields of `count` entries of a list. */
  | { readonly kind: 'walks'; readonly list: Operand; readonly count: Operand }
  | { readonly kind: 'frees'; readonly what: Operand }
  /** Keeps an argument in a field such as `foo:sgt`. */
  | { readonly kind: 'stores'; readonly what: Operand; readonly field: string };

export type Returned =
  /** How many segments a list was mapped to; 0 on failure. */
  | { readonly kind: 'mapped-count'; readonly list: Operand }
  /** 0, or a negative errno. */
  | { readonly kind: 'status' }
  /** The DMA address of a mapping that the function makes, or of a list's entry (`of`). */
  | { readonly kind: 'address'; readonly of?: Operand }
  /** Bytes of the leading contiguous run of a list or table. */
  | { readonly kind: 'contiguous-size'; readonly of: Operand }
  /** Whether a list or table is contiguous; `whenTrue`: a non-zero result says that it is. */
  | { readonly kind: 'contiguity'; readonly of: Operand; readonly whenTrue: boolean };

export interface Summary {
  readonly name: string;
  /** The function can be called from this file only. */
  readonly isStatic: boolean;
  /** Where its name stands in its file. */
  readonly at: Span;
  readonly params: readonly string[];
  readonly effects: readonly Effect[];
  readonly returns?: Returned;
  /** Set where a file hears of a function of another one. */
  readonly elsewhere?: Elsewhere;
}

/** Where a function of another file stands. */
export interface Elsewhere {
  readonly file: string;
  /** Of its name; both count from 1. */
  readonly line: number;
  readonly column: number;
}

/** Looks a function up: in the table of the DMA API, in its own file, elsewhere. */
export type SummaryLookup = (name: string) => Summary | undefined;

/** The parts of a mapping that arguments can give. */
export const MAPPING_PARTS = ['list', 'table', 'address', 'count', 'device', 'direction'] as const;
export type MappingPart = (typeof MAPPING_PARTS)[number];

export function isMappingEffect(effect: Effect): effect is MappingEffect {
  return effect.kind === 'maps' || effect.kind === 'unmaps' || effect.kind === 'syncs';
}

/** True when the analysis of a caller in another file asks for it. */
export function isTelling(summary: Summary): boolean {
  const { returns, effects } = summary;
  if (returns?.kind === 'contiguous-size' || returns?.kind === 'contiguity') return true;
  return effects.some((effect) => {
    if (effect.kind === 'walks') return effect.list.path === '' && effect.count.path === '';
    return isMappingEffect(effect) && effect.list?.path === '' && effect.count?.path === '';
  });
}

/** The row of the table that calling the function amounts to: it hands its arguments on to the DMA API. */
export function rowOf(summary: Summary, known: (name: string) => DmaFunction | undefined): DmaFunction | undefined {
  const maps = summary.effects.some((effect) => effect.kind === 'maps');
  for (const effect of summary.effects) {
    if (!isMappingEffect(effect)) continue;
    const list = plainArgument(effect.list);
    const count = plainArgument(effect.count);
    if (list === undefined || count === undefined) continue;
    if (effect.kind === 'maps' ? summary.returns?.kind !== 'mapped-count' : maps) continue;
    const row = known(effect.through);
    if (!row) continue;
    const { device: _device, direction: _direction, since: _since, until: _until, ...rest } = row;
    const direction = plainArgument(effect.direction);
    return { ...rest, name: summary.name, list, count, ...(direction !== undefined && { direction }) };
  }
  return undefined;
}

function plainArgument(operand: Operand | undefined): number | undefined {
  return operand?.path === '' ? operand.argument : undefined;
}
