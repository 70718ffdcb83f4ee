/** What a driver needs of a mapping, which lists its code can build, and what the replay found. */

import type { MapResult, Scatterlist } from '../sim/types';

/** What must hold on the device's view, or the code misbehaves. Sizes in bytes. `predicates.ts` says it in words. */
export type Predicate =
  | { readonly kind: 'contiguous-size' } // the leading contiguous run covers the whole list
  | { readonly kind: 'single-segment' } // the mapped count is 1
  | { readonly kind: 'first-length-covers' } // the first segment covers the whole list
  | { readonly kind: 'same-count' } // as many segments as entries
  | { readonly kind: 'cpu-lengths' } // segment j is as long as entry j
  | { readonly kind: 'cpu-offsets' } // segment j starts as far into a page as entry j
  | { readonly kind: 'page-entries' } // each segment is one entry of at most a page
  | { readonly kind: 'physical' } // segment j is at the physical address of entry j
  | { readonly kind: 'ascending' } // each segment lies above the one before
  | { readonly kind: 'nonzero' } // no segment is at address 0
  | { readonly kind: 'aligned'; readonly to: number } // segments start on multiples of `to`, and all but the last end there
  | { readonly kind: 'segment-at-most'; readonly bytes: number } // no segment longer than `bytes`
  | { readonly kind: 'at-most-segments'; readonly count: number } // no more than `count` segments
  | { readonly kind: 'within-boundary'; readonly mask: bigint } // no segment crosses a multiple of `mask + 1`
  | { readonly kind: 'address-below'; readonly bits: number }; // the last byte is below 2^bits

/** The lists that the code can build. */
export interface ListShape {
  /** How the list came about, for people: `pages pinned from user space`, `a dma-buf`, `an argument`. */
  readonly origin: string;
  /**
   * `pages`: only the first entry has an offset, only the last ends off a page boundary, and neighbours in memory are
   * one entry. `any`: a later entry may start, and an earlier one end, inside its page.
   */
  readonly kind: 'one-entry' | 'pages' | 'any';
  /** Offset of the first entry: always 0, or anything below a page. */
  readonly firstOffset: 'zero' | 'any';
  readonly maxEntries?: number;
  /** Longest entry the builder makes, bytes. */
  readonly maxEntryBytes?: number;
  /** Every entry is this long, bytes; neighbours in memory stay entries of their own. */
  readonly entryBytes?: number;
  /** Longest list, bytes. */
  readonly maxBytes?: number;
  /** A framework keeps the list within what the driver said of its host. */
  readonly isLimitedByHost?: boolean;
  /** Entries may be memory of another device, reached by a bus address. */
  readonly hasPeerMemory?: boolean;
}

/** What a driver says its host takes; a framework makes no larger requests. */
export interface HostLimits {
  readonly maxEntries?: number;
  readonly maxEntryBytes?: number;
  readonly maxBytes?: number;
}

/** What the driver declares about its device; absent means the kernel's default. */
export interface DeviceHints {
  readonly host?: HostLimits;
  readonly maxSegmentSize?: number;
  readonly segmentBoundary?: bigint;
  readonly dmaMask?: bigint;
}

/** What the driver does with a mapping that is not what it needs, as read from its code. */
export type Consequence =
  | { readonly kind: 'refuses'; readonly with: string } // returns an error: -EFAULT
  | { readonly kind: 'falls-back' } // does the work in another way
  | { readonly kind: 'wrong-range' } // gives the device the first address, and the length of the whole
  | { readonly kind: 'wrong-addresses' } // gives the device addresses that no mapping made
  | { readonly kind: 'truncates' } // the device stops early
  | { readonly kind: 'cuts'; readonly above: number }; // tells the device lengths modulo this many bytes

export interface ReplayQuestion {
  readonly predicate: Predicate;
  readonly shape: ListShape;
  readonly device: DeviceHints;
  readonly consequence?: Consequence;
}

export type Verdict = 'holds' | 'breaks' | 'unreachable';

/** A list that breaks the predicate, and what came out. */
export interface Example {
  readonly list: Scatterlist;
  readonly result: MapResult;
  /** `used`: it takes a space in which other mappings have left holes. */
  readonly space: 'fresh' | 'used';
}

/** How often draws of the memory model fail. */
export interface Rate {
  /** 0 to 1. */
  readonly rate: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
  /** Draws behind it; 0 where it follows from how the platform works. */
  readonly draws: number;
  /** Bytes of the buffers. */
  readonly bytes: number;
}

/** Rates by platform, each in the order of the sizes of the buffers. */
export type RatesByPlatform = ReadonlyMap<string, readonly Rate[]>;

export interface PlatformVerdict {
  readonly platform: string;
  readonly verdict: Verdict;
  /** Failure rate over the memory model, 0 to 1. */
  readonly rate?: number;
  /** What stands behind `rate`. */
  readonly estimate?: Rate;
  /** The smallest list that breaks it, with what came out. */
  readonly example?: Example;
  /** One sentence: why it breaks, or why it cannot. */
  readonly why: string;
}

export interface ReplayResult {
  readonly question: ReplayQuestion;
  readonly platforms: readonly PlatformVerdict[];
}
