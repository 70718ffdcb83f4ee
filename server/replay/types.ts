/** What a driver needs of a mapping, which lists its code can build, and what the replay found. */

import type { MapResult, Scatterlist } from '../sim/types';

/** What must hold on the device's view, or the code misbehaves. Sizes in bytes. */
export type Predicate =
  | { readonly kind: 'contiguous-size' } // the leading contiguous run covers the whole list
  | { readonly kind: 'single-segment' } // the mapped count is 1
  | { readonly kind: 'first-length-covers' } // the first segment covers the whole list
  | { readonly kind: 'same-count' } // as many segments as entries
  | { readonly kind: 'aligned'; readonly to: number } // every segment starts on a multiple of `to`
  | { readonly kind: 'segment-at-most'; readonly bytes: number }; // no segment longer than `bytes`

/** The lists that the code can build. */
export interface ListShape {
  /** How the list came about, for people: `pages pinned from user space`, `a dma-buf`, `an argument`. */
  readonly origin: string;
  /** `pages`: only the first entry has an offset and only the last ends off a page boundary. */
  readonly kind: 'one-entry' | 'pages' | 'any';
  /** Offset of the first entry: always 0, or anything below a page. */
  readonly firstOffset: 'zero' | 'any';
  readonly maxEntries?: number;
  /** Longest entry the builder makes, bytes. */
  readonly maxEntryBytes?: number;
}

/** What the driver declares about its device; absent means the kernel's default. */
export interface DeviceHints {
  readonly maxSegmentSize?: number;
  readonly segmentBoundary?: bigint;
  readonly dmaMask?: bigint;
}

export interface ReplayQuestion {
  readonly predicate: Predicate;
  readonly shape: ListShape;
  readonly device: DeviceHints;
}

export type Verdict = 'holds' | 'breaks' | 'unreachable';

export interface PlatformVerdict {
  readonly platform: string;
  readonly verdict: Verdict;
  /** Failure rate over the fragmentation model, 0 to 1. */
  readonly rate?: number;
  /** The smallest list that breaks it, with what came out. */
  readonly example?: { readonly list: Scatterlist; readonly result: MapResult };
  /** One sentence: why it breaks, or why it cannot. */
  readonly why: string;
}

export interface ReplayResult {
  readonly question: ReplayQuestion;
  readonly platforms: readonly PlatformVerdict[];
}
