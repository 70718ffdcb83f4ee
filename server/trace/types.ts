/** The nouns of recorded traces: what one line of ftrace says, and what a whole file comes to. */

import type { Break, Scatterlist } from '../sim/types';

/** As ftrace prints enum dma_data_direction. */
export type TraceDirection = 'TO_DEVICE' | 'FROM_DEVICE' | 'BIDIRECTIONAL' | 'NONE';

export type TraceKind =
  | 'map-sg'
  | 'map-sg-failed'
  | 'map'
  | 'unmap-sg'
  | 'unmap'
  | 'alloc'
  | 'alloc-failed'
  | 'free'
  | 'sync'
  | 'sync-sg';

/** A range as the device sees it. */
export interface TraceRange {
  readonly dma: bigint;
  /** Bytes. */
  readonly length: number;
}

/** One event. */
export interface TraceEvent {
  readonly kind: TraceKind;
  /** The kernel's name, such as `dma_map_phys`. */
  readonly name: string;
  readonly device: string;
  readonly direction: TraceDirection;
  readonly task: string;
  readonly cpu: number;
  /** Seconds since boot. */
  readonly time: number;
  /** From 1. */
  readonly line: number;
  /** What the device sees; empty where the event does not say. */
  readonly ranges: readonly TraceRange[];
  /** Physical start of each entry; empty where the event does not say. */
  readonly physical: readonly bigint[];
  /** Entries and segments of the whole list; the event itself may hold fewer. */
  readonly entries: number;
  readonly segments: number;
  readonly isTruncated: boolean;
  /** Negative errno of a failure; 0 otherwise. */
  readonly error: number;
}

/** What the reader of a trace hands on. */
export type TraceItem =
  | { readonly kind: 'event'; readonly event: TraceEvent }
  /** Calls that led to an event, the innermost first. */
  | { readonly kind: 'stack'; readonly event: TraceEvent; readonly frames: readonly string[] }
  | { readonly kind: 'lost'; readonly count: number; readonly line: number }
  /** A line that names a DMA event but cannot be read. */
  | { readonly kind: 'problem'; readonly line: number; readonly reason: string };

/** Something wrong in how the driver used the API. */
export interface TraceFinding {
  readonly kind: 'leak' | 'double-unmap' | 'unmap-mismatch' | 'overlap' | 'over-limit';
  readonly device: string;
  /** One sentence. */
  readonly message: string;
  /** Line of the first event of this kind; how many there are. */
  readonly line: number;
  readonly count: number;
}

/** What one device did in one direction. */
export interface DirectionReport {
  readonly direction: TraceDirection;
  /** Lists and single mappings that succeeded. */
  readonly lists: number;
  readonly pages: number;
  readonly failures: number;
  readonly live: number;
  readonly liveMax: number;
  readonly bytes: number;
  readonly entries: number;
  readonly segments: number;
  /** Lists with fewer segments than entries. */
  readonly merged: number;
  /** Lists of one segment, or of segments that follow each other. */
  readonly contiguous: number;
  /** Of those with more than one segment: bytes between neighbours, and how often; the most frequent first. */
  readonly gaps: readonly { readonly bytes: string; readonly count: number }[];
  /** Bytes. */
  readonly largestSegment: number;
  /** Bits of the highest address. */
  readonly addressBits: number;
  readonly syncs: number;
}

/** A list as it was mapped, once for all that look alike. */
export interface TraceShape {
  readonly list: Scatterlist;
  readonly ranges: readonly TraceRange[];
  readonly count: number;
  /** Line of the first one. */
  readonly line: number;
  readonly isContiguous: boolean;
  /** False where the lengths of merged entries had to be guessed: the trace has the sum only. */
  readonly isExact: boolean;
  /** Another guess, of those that are not exact. */
  readonly other?: Scatterlist;
}

/** A call site, where the trace has stacks. */
export interface TraceSite {
  /** The function that called the DMA API, and its caller's callers. */
  readonly frames: readonly string[];
  readonly maps: number;
  /** Of these, lists; what follows is of them. */
  readonly lists: number;
  readonly nonContiguous: number;
  readonly merged: number;
}

export interface DeviceReport {
  readonly device: string;
  readonly directions: readonly DirectionReport[];
  /** Coherent allocations: made, live at the end, and bytes. */
  readonly allocations: { readonly count: number; readonly live: number; readonly bytes: number };
  readonly shapes: readonly TraceShape[];
  readonly sites: readonly TraceSite[];
  readonly recognition: Recognition;
  readonly elsewhere: readonly Elsewhere[];
}

/** Which backend explains the layouts. */
export interface Recognition {
  /** Platform id; undefined when none of them does. */
  readonly platform: string | undefined;
  /** `iommu-dma with granule 4 KiB, limit 64 KiB, boundary 4 GiB`. */
  readonly text: string;
  /** Lists looked at, and how many of them the backend reproduces. */
  readonly lists: number;
  readonly explained: number;
  /** Other platforms that explain as many. */
  readonly alternatives: readonly string[];
  readonly limits: { readonly maxSegmentSize: number; readonly segmentBoundary: string } | undefined;
}

/** What the same lists become on another platform. */
export interface Elsewhere {
  readonly platform: string;
  readonly title: string;
  readonly lists: number;
  readonly contiguous: number;
  readonly single: number;
  readonly refused: number;
  /** What the lists promise here and not there, as the end of a sentence; empty: nothing breaks. */
  readonly breaks: readonly string[];
  /** The smallest list that breaks. */
  readonly example:
    | { readonly list: Scatterlist; readonly ranges: readonly TraceRange[]; readonly holes: readonly Break[] }
    | undefined;
}

/** One slice of time. */
export interface TimeSlice {
  /** Seconds. */
  readonly start: number;
  readonly maps: number;
  readonly unmaps: number;
  readonly live: number;
  readonly liveBytes: number;
  /** 0: live ranges lie side by side; towards 1: far apart. */
  readonly scatter: number;
}

/** A mapping for the picture. */
export interface TraceSample {
  readonly device: string;
  readonly direction: TraceDirection;
  readonly start: number;
  /** Seconds; undefined: still mapped at the end. */
  readonly end: number | undefined;
  readonly line: number;
  readonly ranges: readonly TraceRange[];
}

/** What a whole trace comes to. */
export interface TraceReport {
  readonly version: 1;
  readonly lines: number;
  readonly events: number;
  readonly lost: number;
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
  readonly problemCount: number;
  readonly from: number;
  readonly to: number;
  readonly devices: readonly DeviceReport[];
  readonly findings: readonly TraceFinding[];
  readonly timeline: readonly TimeSlice[];
  readonly samples: readonly TraceSample[];
  /** One sample stands for this many mappings. */
  readonly samplesEvery: number;
}
