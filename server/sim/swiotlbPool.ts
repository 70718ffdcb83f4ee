/**
 * The SWIOTLB bounce pool: 2 KiB slots in segments of 128, searched by areas.
 * Follows swiotlb_tbl_map_single() and its search in kernel/dma/swiotlb.c (lib/swiotlb.c before 4.17), Linux 4.4 to 6.12.
 */

import { powerOfTwoAtLeast, since } from './layout';
import type { Device, Kernel, Machine, Segment, SwiotlbPool } from './types';

const SLOT = 2048;
const SEGMENT_SLOTS = 128;
const DEFAULT_POOL: SwiotlbPool = { start: 0x7c000000n, end: 0x80000000n, areas: 1, force: false };

interface Area {
  readonly first: number;
  readonly count: number;
  index: number;
  free: number;
  /** The search has a known start. */
  isSought: boolean;
}

interface Taken {
  readonly area: Area;
  readonly slot: number;
  readonly slots: number;
}

/** A pool with what is taken of it. Slot numbers count from the start of the pool. */
export class SwiotlbSlots {
  readonly pool: SwiotlbPool;
  private readonly kernel: Kernel;
  private readonly start: number;
  private readonly taken: Uint8Array;
  /** Free slots of every 256 KiB segment. */
  private readonly freeIn: Uint8Array;
  private readonly areas: Area[];
  private lastBoundary: Boundary = { mask: -1n, every: Number.POSITIVE_INFINITY, shift: 0 };
  private readonly byAddress = new Map<bigint, Taken>();
  private readonly copies = new WeakMap<readonly Segment[], bigint[]>();

  constructor(machine: Machine) {
    this.pool = machine.swiotlb ?? DEFAULT_POOL;
    this.kernel = machine.kernel;
    this.start = Number(this.pool.start);
    const bytes = Number(this.pool.end - this.pool.start);
    const slots = bytes === 0 ? 0 : Math.max(SEGMENT_SLOTS, Math.floor(bytes / SLOT));
    this.taken = new Uint8Array(slots);
    const wanted = since(machine.kernel, 6, 0) ? powerOfTwoAtLeast(this.pool.areas) : 1;
    const most = Math.max(1, Math.floor(slots / SEGMENT_SLOTS));
    const count = Math.min(wanted, most);
    const each = Math.floor(slots / count);
    this.areas = Array.from({ length: count }, (_one, area) => {
      return { first: area * each, count: each, index: 0, free: each, isSought: false };
    });
    this.freeIn = new Uint8Array(Math.ceil(slots / SEGMENT_SLOTS)).fill(SEGMENT_SLOTS);
  }

  /** Whether Linux has set up a pool. */
  get isActive(): boolean {
    return 0 < this.taken.length;
  }

  /** Starts the next search of the area at `address` there, if nothing started it before; returns the area's number. */
  seek(address: bigint): number | undefined {
    if (address < this.pool.start || this.pool.end <= address) return undefined;
    const slot = Math.floor(Number(address - this.pool.start) / SLOT);
    const number = this.areas.findIndex((one) => one.first <= slot && slot < one.first + one.count);
    const area = this.areas[number];
    if (!area) return undefined;
    if (!area.isSought) area.index = slot - area.first;
    area.isSought = true;
    return number;
  }

  /**
   * Bounce memory of `size` bytes for what lies at `phys`; `alignMask` is the alignment that the caller needs. Returns the
   * physical address of the copy, or undefined when nothing fits.
   */
  take(phys: bigint, size: number, alignMask: number, device: Device, cpu: number): bigint | undefined {
    const request = this.request(phys, size, alignMask, device);
    if (SEGMENT_SLOTS < request.shape.slots) return undefined;
    for (let tried = 0; tried < this.areas.length; tried++) {
      const area = this.areas[(cpu + tried) % this.areas.length];
      const slot = area && request.shape.slots <= area.free ? this.search(area, request) : undefined;
      if (area === undefined || slot === undefined) continue;
      this.mark(area, slot, request.shape.slots, 1);
      const address = BigInt(this.start) + BigInt(slot * SLOT + request.shape.offset);
      this.byAddress.set(address, { area, slot, slots: request.shape.slots });
      return address;
    }
    return undefined;
  }

  /** Frees the copy at `address`. */
  give(address: bigint): void {
    const taken = this.byAddress.get(address);
    if (!taken) return;
    this.mark(taken.area, taken.slot, taken.slots, 0);
    this.byAddress.delete(address);
  }

  /** Remembers that one of `segments` has its copy at `address`. */
  bind(segments: readonly Segment[], address: bigint): void {
    const bound = this.copies.get(segments);
    if (bound) bound.push(address);
    else this.copies.set(segments, [address]);
  }

  /** Frees the copies of `segments`. */
  release(segments: readonly Segment[]): void {
    for (const address of this.copies.get(segments) ?? []) this.give(address);
    this.copies.delete(segments);
  }

  private mark(area: Area, slot: number, slots: number, value: 0 | 1): void {
    this.taken.fill(value, slot, slot + slots);
    const change = value === 1 ? -slots : slots;
    const segment = Math.floor(slot / SEGMENT_SLOTS);
    this.freeIn[segment] = (this.freeIn[segment] ?? 0) + change;
    area.free += change;
  }

  private request(phys: bigint, size: number, alignMask: number, device: Device): Request {
    const low = Number(BigInt.asUintN(32, phys));
    const shape = this.shape(low & device.minAlignMask, size, alignMask, device.minAlignMask);
    return {
      shape,
      // The address 0 asks for nothing.
      mask: phys === 0n ? 0 : shape.mask,
      wanted: phys === 0n ? 0 : low & shape.mask,
      isPeriodic: (shape.stride * SLOT) % powerOfTwoAtLeast(Math.max(shape.mask, shape.exact) + 1) === 0,
      boundary: this.boundaryOf(device.segmentBoundary),
    };
  }

  private boundaryOf(mask: bigint): Boundary {
    if (this.lastBoundary.mask === mask) return this.lastBoundary;
    const slots = (mask + 1n) / BigInt(SLOT);
    const every = 0n < slots && slots <= 2n ** 40n ? Number(slots) : Number.POSITIVE_INFINITY;
    this.lastBoundary = { mask, every, shift: Number((this.pool.start & mask) / BigInt(SLOT)) % every };
    return this.lastBoundary;
  }

  /** What a version of Linux asks for; `low` are the address bits that the device needs kept. */
  private shape(low: number, size: number, alignMask: number, min: number): Shape {
    // No alignment mask; more than a page starts on a page.
    if (!since(this.kernel, 5, 10)) {
      const stride = 4096 < size ? 2 : 1;
      return { offset: 0, slots: slotsOf(size), mask: 0, exact: 0, stride, start: 'rounded' };
    }
    if (since(this.kernel, 6, 9)) {
      const align = alignMask === 0 && min === 0 && 4096 <= size ? 4095 : alignMask;
      const offset = low & (alignMask | (SLOT - 1));
      const bytes = Math.ceil((size + offset) / (alignMask + 1)) * (alignMask + 1);
      const exact = align | (SLOT - 1);
      const mask = min & ~exact;
      const stride = Math.floor(Math.max(exact, mask) / SLOT) + 1;
      return { offset, slots: slotsOf(bytes), mask, exact, stride, start: 'index' };
    }
    const offset = low & (SLOT - 1);
    const slots = slotsOf(size + offset);
    const isPage = 4096 <= size + offset;
    if (since(this.kernel, 6, 2)) {
      const mask = (min | alignMask | (isPage ? 4095 : 0)) & ~(SLOT - 1);
      return { offset, slots, mask, exact: 0, stride: Math.floor(mask / SLOT) + 1, start: 'index' };
    }
    const wide = since(this.kernel, 6, 0) ? alignMask | (SLOT - 1) : SLOT - 1;
    const mask = min & ~wide;
    const stride = (Math.floor(mask / SLOT) + 1) * (isPage ? 2 : 1);
    return { offset, slots, mask, exact: 0, stride: Math.max(stride, Math.floor(wide / SLOT) + 1), start: 'rounded' };
  }

  /** First fit from where the last search ended, once around the area. */
  private search(area: Area, request: Request): number | undefined {
    const { stride, slots } = request.shape;
    const { first, count } = area;
    let index = request.shape.start === 'rounded' ? Math.ceil(area.index / stride) * stride : area.index;
    if (count <= index) index -= count;
    for (let looked = 0; looked < count; ) {
      const slot = first + index;
      let step = 1;
      if (this.isAcceptable(slot, request)) {
        if (this.hasRoom(slot, area, request)) {
          area.index = index + slots < count ? index + slots : 0;
          return slot;
        }
        step = stride * this.stridesToSkip(slot, area, request);
      }
      looked += step;
      index += step;
      if (count <= index) index -= count;
    }
    return undefined;
  }

  /** More than 1 where every start in what is left of the 256 KiB segment would fail like this one. */
  private stridesToSkip(slot: number, area: Area, request: Request): number {
    const segment = Math.floor(slot / SEGMENT_SLOTS);
    if (!request.isPeriodic || request.shape.slots <= (this.freeIn[segment] ?? 0)) return 1;
    const end = Math.min((segment + 1) * SEGMENT_SLOTS, area.first + area.count);
    return Math.floor((end - 1 - slot) / request.shape.stride) + 1;
  }

  private isAcceptable(slot: number, request: Request): boolean {
    if (request.shape.exact === 0 && request.mask === 0) return true;
    // The masks have at most 32 bits; so the lower half of the address will do.
    const address = (this.start + slot * SLOT) | 0;
    return (address & request.shape.exact) === 0 && (address & request.mask) === request.wanted;
  }

  /** Free slots in a row that reach no further than the 256 KiB segment, and cross no boundary of the device. */
  private hasRoom(slot: number, area: Area, request: Request): boolean {
    const { slots } = request.shape;
    const { every, shift } = request.boundary;
    if (every < ((slot + shift) % every) + slots) return false;
    const end = slot + slots;
    const segmentEnd = (Math.floor(slot / SEGMENT_SLOTS) + 1) * SEGMENT_SLOTS;
    if (segmentEnd < end || area.first + area.count < end) return false;
    for (let one = slot; one < end; one++) if (this.taken[one] !== 0) return false;
    return true;
  }
}

/** How a buffer is cut to slots. */
interface Shape {
  /** Bytes of the first slot that stay unused. */
  readonly offset: number;
  readonly slots: number;
  /** Address bits that must equal those of the original. */
  readonly mask: number;
  /** Address bits that must be zero; 0: none. */
  readonly exact: number;
  readonly stride: number;
  readonly start: 'rounded' | 'index';
}

interface Boundary {
  readonly mask: bigint;
  /** Slots between two boundaries; Infinity for none. */
  readonly every: number;
  /** Slots between the last boundary and the start of the pool. */
  readonly shift: number;
}

interface Request {
  readonly shape: Shape;
  readonly boundary: Boundary;
  /** Address bits that must equal those of the original, and what they are. */
  readonly mask: number;
  readonly wanted: number;
  /** A start that the masks accept is accepted again a stride further. */
  readonly isPeriodic: boolean;
}

function slotsOf(bytes: number): number {
  return Math.ceil(bytes / SLOT);
}
