/** What the layout explorer shows, as plain data, and how it changes. Knows no page and no editor. */

import type { ExplorerRequest } from '../../server/protocol';
import { Draws } from '../../server/replay/draws';
import { SHAPES } from '../../server/replay/needs';
import { defaultPlatforms, PLATFORMS } from '../../server/sim/platforms';
import { parseSegments } from '../../server/sim/simulate';
import { formatKernel, NEWEST_KERNEL, parseKernelVersion } from '../../server/types';

export interface Entry {
  /** Physical address of the entry's page, hexadecimal. */
  readonly page: string;
  readonly offset: number;
  readonly length: number;
}

export interface ExplorerState {
  /** As typed, such as `6.12`. */
  readonly kernel: string;
  /** Platforms that are shown. */
  readonly platforms: readonly string[];
  readonly entries: readonly Entry[];
  /** The entry that the keyboard acts on. */
  readonly selected: number;
  /** What the code needs, such as `contiguous-size`. */
  readonly need: string;
  /** Device and machine options as on the command line, by name in camel case. */
  readonly options: Readonly<Record<string, string | boolean>>;
  /** 0 (just booted) to 1 (as bad as it gets). */
  readonly fragmentation: number;
  readonly hugePages: boolean;
  /** Bytes of the buffers that are drawn. */
  readonly bytes: number;
  /** How many buffers have been drawn. */
  readonly draw: number;
  /** Steps of the algorithm that are shown; undefined: all. */
  readonly step: number | undefined;
}

export type Action =
  | { readonly kind: 'open'; readonly request: ExplorerRequest }
  | { readonly kind: 'kernel'; readonly kernel: string }
  | { readonly kind: 'platform'; readonly id: string; readonly isOn: boolean }
  | { readonly kind: 'need'; readonly need: string }
  | { readonly kind: 'option'; readonly name: string; readonly value: string | boolean }
  | { readonly kind: 'segments'; readonly text: string }
  | { readonly kind: 'select'; readonly index: number }
  | { readonly kind: 'edit'; readonly index: number; readonly entry: Partial<Entry> }
  | { readonly kind: 'grow'; readonly index: number; readonly pages: number }
  | { readonly kind: 'move'; readonly index: number; readonly to: number }
  | { readonly kind: 'add' }
  | { readonly kind: 'remove'; readonly index: number }
  | { readonly kind: 'memory'; readonly fragmentation?: number; readonly hugePages?: boolean; readonly bytes?: number }
  | { readonly kind: 'draw' }
  | { readonly kind: 'step'; readonly step: number | undefined };

const PAGE = 4096;
const APART = 0x1000000n;
const FIRST = 0x80000000n;
const MOST_ENTRIES = 64;
const MOST_LENGTH = 0xffff_f000;
const KIB = 1024;

export const START: ExplorerState = {
  kernel: formatKernel(NEWEST_KERNEL),
  platforms: defaultPlatforms(NEWEST_KERNEL),
  entries: [64, 16, 64].map((size, i) => ({ page: hexPage(FIRST + BigInt(i) * APART), offset: 0, length: size * KIB })),
  selected: 0,
  need: 'contiguous-size',
  options: {},
  fragmentation: 0.5,
  hugePages: false,
  bytes: 64 * KIB,
  draw: 0,
  step: undefined,
};

/** The state after an action; impossible actions change nothing. */
export function reduce(state: ExplorerState, action: Action): ExplorerState {
  const { entries } = state;
  switch (action.kind) {
    case 'open':
      return opened(action.request);
    case 'kernel':
      return parseKernelVersion(action.kernel) ? { ...state, kernel: action.kernel, step: undefined } : state;
    case 'platform':
      return { ...state, platforms: toggled(state.platforms, action.id, action.isOn) };
    case 'need':
      return { ...state, need: action.need };
    case 'option': {
      const { [action.name]: _old, ...others } = state.options;
      const isUnset = action.value === '' || action.value === false;
      return { ...state, options: isUnset ? others : { ...others, [action.name]: action.value } };
    }
    case 'segments': {
      const parsed = entriesOf(action.text);
      return parsed ? { ...state, entries: parsed, selected: 0, step: undefined } : state;
    }
    case 'select':
      return { ...state, selected: clamp(action.index, 0, entries.length - 1) };
    case 'edit':
      return withEntry(state, action.index, (entry) => ({ ...entry, ...action.entry }));
    case 'grow':
      return withEntry(state, action.index, (entry) => ({ ...entry, length: entry.length + action.pages * PAGE }));
    case 'move':
      return moved(state, action.index, action.to);
    case 'add':
      if (MOST_ENTRIES <= entries.length) return state;
      return {
        ...state,
        entries: [...entries, { page: hexPage(freePage(entries)), offset: 0, length: 16 * KIB }],
        selected: entries.length,
      };
    case 'remove': {
      if (entries.length <= 1 || !entries[action.index]) return state;
      const left = entries.filter((_entry, i) => i !== action.index);
      return { ...state, entries: left, selected: clamp(state.selected, 0, left.length - 1) };
    }
    case 'memory':
      return {
        ...state,
        fragmentation: clamp(action.fragmentation ?? state.fragmentation, 0, 1),
        hugePages: action.hugePages ?? state.hugePages,
        bytes: clamp(Math.floor((action.bytes ?? state.bytes) / PAGE) * PAGE, PAGE, 64 * KIB * KIB),
      };
    case 'draw':
      return drawn(state);
    case 'step':
      return { ...state, step: action.step === undefined ? undefined : Math.max(0, action.step) };
  }
}

/** A state that was kept, or came from elsewhere; what does not fit falls back. */
export function restore(kept: unknown): ExplorerState {
  if (typeof kept !== 'object' || kept === null) return START;
  const given = { ...START, ...(kept as Partial<ExplorerState>) };
  const entries = Array.isArray(given.entries) ? given.entries.filter(isEntry).slice(0, MOST_ENTRIES) : [];
  if (entries.length === 0 || !Array.isArray(given.platforms) || typeof given.kernel !== 'string') return START;
  return { ...given, entries, selected: clamp(Number(given.selected), 0, entries.length - 1) };
}

function opened(request: ExplorerRequest): ExplorerState {
  const kernel = parseKernelVersion(request.kernel ?? '') ?? NEWEST_KERNEL;
  const known = (request.platforms ?? []).filter((id) => PLATFORMS.some((one) => one.id === id));
  return {
    ...START,
    kernel: formatKernel(kernel),
    platforms: known.length === 0 ? defaultPlatforms(kernel) : known,
    entries: entriesOf(request.segments ?? '') ?? START.entries,
    need: request.need ?? START.need,
    options: { ...request.device },
  };
}

function entriesOf(text: string): readonly Entry[] | undefined {
  const parsed = parseSegments(text);
  if (!parsed.ok || parsed.value.length === 0) return undefined;
  return parsed.value
    .slice(0, MOST_ENTRIES)
    .map(({ page, offset, length }) => ({ page: hexPage(page), offset, length }));
}

function toggled(platforms: readonly string[], id: string, isOn: boolean): readonly string[] {
  if (!isOn) return platforms.filter((one) => one !== id);
  return platforms.includes(id) || !PLATFORMS.some((one) => one.id === id) ? platforms : [...platforms, id];
}

function withEntry(state: ExplorerState, index: number, change: (entry: Entry) => Entry): ExplorerState {
  const entries = state.entries.map((entry, i) => {
    if (i !== index) return entry;
    const changed = change(entry);
    return isEntry(changed) ? changed : entry;
  });
  return { ...state, entries, selected: clamp(index, 0, entries.length - 1), step: undefined };
}

function moved(state: ExplorerState, from: number, to: number): ExplorerState {
  const entry = state.entries[from];
  if (!entry || to < 0 || state.entries.length <= to) return state;
  const entries = state.entries.filter((_entry, i) => i !== from);
  entries.splice(to, 0, entry);
  return { ...state, entries, selected: to, step: undefined };
}

/** The next buffer from memory of the chosen age. */
function drawn(state: ExplorerState): ExplorerState {
  const { fragmentation, hugePages, bytes, draw } = state;
  const shape = SHAPES['pages'];
  if (!shape) return state;
  // Each draw comes from a machine of its own, so that the same number shows the same buffer again.
  const list = new Draws({ fragmentation, hugePages, bytes }, 2015 + draw).list(0, shape, MOST_ENTRIES);
  const entries = list.map(({ page, offset, length }) => ({ page: hexPage(page + FIRST), offset, length }));
  return { ...state, entries, selected: 0, draw: draw + 1, step: undefined };
}

function isEntry(entry: Entry): boolean {
  const { page, offset, length } = entry;
  const isNumber = (value: unknown, least: number) =>
    typeof value === 'number' && Number.isInteger(value) && least <= value && value <= MOST_LENGTH;
  return (
    /^0x[0-9a-f]{1,13}$/i.test(page) && BigInt(page) % BigInt(PAGE) === 0n && isNumber(offset, 0) && isNumber(length, 1)
  );
}

/** A page behind all entries, next to none of them. */
function freePage(entries: readonly Entry[]): bigint {
  const ends = entries.map((entry) => BigInt(entry.page) + BigInt(entry.offset + entry.length));
  const last = ends.reduce((most, end) => (most < end ? end : most), 0n);
  return (last / APART + 1n) * APART;
}

function hexPage(page: bigint): string {
  return `0x${page.toString(16)}`;
}

function clamp(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? least : Math.min(Math.max(value, least), Math.max(least, most));
}
