/**
 * The SWIOTLB bounce pool: 2 KiB slots in segments of 128, searched by areas.
 * Follows swiotlb_tbl_map_single() and its search in kernel/dma/swiotlb.c (lib/swiotlb.c before 4.17), Linux 4.4 to 6.12.
 */

import { powerOfTwoAtLeast, since } from './layout';
import type { Device, Kernel, Machine, MappedLayout, Segment, SwiotlbPool } from './types';

const SLOT = 2048;
const SEGMENT_SLOTS = 128;
const DEFAULT_POOL: SwiotlbPool = { start: 0x7c000000n, end: 0x80000000n, areas: 1, force: false };

interface Area {
  readonly first: number;
  readonly count: number;
  index: number;
}

interface Taken {
  readonly slot: number;
  readonly slots: number;
}

/** A pool with what is taken of it. Slot numbers count from the start of the pool. */
export class SwiotlbSlots {
  readonly pool: SwiotlbPool;
  private readonly kernel: Kernel;
  private readonly start: number;
  private readonly taken: Uint8Array;
  private readonly areas: Area[];
  private readonly byAddress = new Map<bigint, Taken>();
  private readonly addressOf = new WeakMap<Segment, bigint>();
  private readonly segmentsOf = new WeakMap<MappedLayout, readonly Segment[]>();

  constructor(machine: Machine) {
    this.pool = machine.swiotlb ?? DEFAULT_POOL;
    this.kernel = machine.kernel;
    this.start = Number(this.pool.start);
    const slots = Math.max(SEGMENT_SLOTS, Math.floor(Number(this.pool.end - this.pool.start) / SLOT));
    this.taken = new Uint8Array(slots);
    const wanted = since(machine.kernel, 6, 0) ? powerOfTwoAtLeast(this.pool.areas) : 1;
    const most = Math.max(1, Math.floor(slots / SEGMENT_SLOTS));
    const count = Math.min(wanted, most);
    const each = Math.floor(slots / count);
    this.areas = Array.from({ length: count }, (_one, area) => ({ first: area * each, count: each, index: 0 }));
    const first = this.areas[0];
    if (first && this.pool.index !== undefined) first.index = this.pool.index % each;
  }

  /**
   * Bounce memory for `length` bytes at `phys`. `size` is what the caller asks for (at least `length`), `alignMask` the
   * alignment that the caller needs. Returns the physical address of the copy, or undefined when nothing fits.
   */
  take(
    phys: bigint,
    _length: number,
    size: number,
    alignMask: number,
    device: Device,
    cpu: number,
  ): bigint | undefined {
    const request = this.request(phys, size, alignMask, device);
    if (SEGMENT_SLOTS < request.slots) return undefined;
    for (let tried = 0; tried < this.areas.length; tried++) {
      const area = this.areas[(cpu + tried) % this.areas.length];
      const slot = area && this.search(area, request);
      if (slot === undefined) continue;
      this.taken.fill(1, slot, slot + request.slots);
      const address = BigInt(this.start) + BigInt(slot * SLOT + request.offset);
      this.byAddress.set(address, { slot, slots: request.slots });
      return address;
    }
    return undefined;
  }

  /** Frees the copy at `address`. */
  give(address: bigint): void {
    const taken = this.byAddress.get(address);
    if (!taken) return;
    this.taken.fill(0, taken.slot, taken.slot + taken.slots);
    this.byAddress.delete(address);
  }

  /** Remembers where a segment's copy lies. */
  bind(segment: Segment, address: bigint): void {
    this.addressOf.set(segment, address);
  }

  remember(mapping: MappedLayout, segments: readonly Segment[]): void {
    this.segmentsOf.set(mapping, segments);
  }

  release(segments: readonly Segment[]): void {
    for (const segment of segments) {
      const address = this.addressOf.get(segment);
      if (address !== undefined) this.give(address);
    }
  }

  releaseOf(mapping: MappedLayout): void {
    this.release(this.segmentsOf.get(mapping) ?? mapping.segments);
  }

  private request(phys: bigint, size: number, alignMask: number, device: Device): Request {
    const low = (mask: number) => Number(phys & BigInt(mask));
    const min = device.minAlignMask;
    const base = { phys, boundary: device.segmentBoundary };
    if (!since(this.kernel, 5, 10)) {
      // No alignment mask; more than a page starts on a page.
      return {
        ...base,
        offset: 0,
        slots: slotsOf(size),
        mask: 0,
        exact: 0,
        stride: 4096 < size ? 2 : 1,
        aligned: true,
        start: 'rounded',
      };
    }
    if (since(this.kernel, 6, 9)) {
      const align = alignMask === 0 && min === 0 && 4096 <= size ? 4095 : alignMask;
      const offset = low(min & (alignMask | (SLOT - 1)));
      const bytes = Math.ceil((size + offset) / (alignMask + 1)) * (alignMask + 1);
      const wide = align | (SLOT - 1);
      const mask = min & ~wide;
      return {
        ...base,
        offset,
        slots: slotsOf(bytes),
        mask,
        exact: wide,
        stride: Math.floor(Math.max(wide, mask) / SLOT) + 1,
        aligned: true,
        start: 'index',
      };
    }
    const offset = low(min & (SLOT - 1));
    const bytes = size + offset;
    if (since(this.kernel, 6, 2)) {
      const mask = (min | alignMask | (4096 <= bytes ? 4095 : 0)) & ~(SLOT - 1);
      return {
        ...base,
        offset,
        slots: slotsOf(bytes),
        mask,
        exact: 0,
        stride: Math.floor(mask / SLOT) + 1,
        aligned: true,
        start: 'index',
      };
    }
    const wide = since(this.kernel, 6, 0) ? alignMask | (SLOT - 1) : SLOT - 1;
    const mask = min & ~wide;
    let stride = Math.floor(mask / SLOT) + 1;
    if (4096 <= bytes) stride *= 2;
    stride = Math.max(stride, Math.floor(wide / SLOT) + 1);
    return { ...base, offset, slots: slotsOf(bytes), mask, exact: 0, stride, aligned: false, start: 'rounded' };
  }

  /** First fit from where the last search ended, once around the area. */
  private search(area: Area, request: Request): number | undefined {
    const { stride, slots } = request;
    const wrap = (index: number) => (area.count <= index ? index - area.count : index);
    let index = request.start === 'rounded' ? Math.ceil(area.index / stride) * stride : area.index;
    index = wrap(index);
    let looked = 0;
    while (looked < area.count) {
      const slot = area.first + index;
      if (!this.isAcceptable(slot, request)) {
        index = wrap(index + 1);
        looked += 1;
        continue;
      }
      if (!this.crosses(slot, request) && this.freeFrom(slot, area) >= slots) {
        const next = index + slots;
        area.index = next < area.count ? next : 0;
        return slot;
      }
      index = wrap(index + stride);
      looked += stride;
    }
    return undefined;
  }

  private isAcceptable(slot: number, request: Request): boolean {
    const address = this.start + slot * SLOT;
    if (request.exact !== 0 && (address & request.exact) !== 0) return false;
    if (request.mask === 0 || request.phys === 0n) return true;
    return (address & request.mask) === Number(request.phys & BigInt(request.mask));
  }

  private crosses(slot: number, request: Request): boolean {
    const per = (request.boundary + 1n) / BigInt(SLOT);
    if (per <= 0n || 2n ** 40n < per) return false;
    const size = Number(per);
    const shift = Number((this.pool.start & request.boundary) / BigInt(SLOT));
    return size < ((slot + shift) % size) + request.slots;
  }

  /** Free slots in a row, to the end of the 256 KiB segment. */
  private freeFrom(slot: number, area: Area): number {
    const end = Math.min((Math.floor(slot / SEGMENT_SLOTS) + 1) * SEGMENT_SLOTS, area.first + area.count);
    let free = 0;
    while (slot + free < end && this.taken[slot + free] === 0) free += 1;
    return free;
  }
}

interface Request {
  readonly phys: bigint;
  readonly boundary: bigint;
  readonly offset: number;
  readonly slots: number;
  /** Address bits that must equal those of `phys`. */
  readonly mask: number;
  /** Address bits that must be zero; 0: none. */
  readonly exact: number;
  readonly stride: number;
  readonly aligned: boolean;
  readonly start: 'rounded' | 'index';
}

function slotsOf(bytes: number): number {
  return Math.ceil(bytes / SLOT);
}
