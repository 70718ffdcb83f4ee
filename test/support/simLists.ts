/** Lists and devices in the notation of the kernel's own examples, and layouts as short text. */

import type { Device, MapResult, Scatterlist, SgEntry } from '../../server/sim/types';

const PCI_DEVICE: Device = {
  dmaMask: 0xffffffffn,
  busDmaLimit: 0n,
  maxSegmentSize: 65536,
  segmentBoundary: 0xffffffffn,
  minAlignMask: 0,
  coherent: true,
  untrusted: false,
  pci: true,
  dmaRanges: [],
};

export function device(changes: Partial<Device> = {}): Device {
  return { ...PCI_DEVICE, ...changes };
}

/** `64K,0x800+0x800,4K@0x1000`: lengths with an optional offset before and page address behind; else scattered pages. */
export function list(text: string): Scatterlist {
  return text.split(',').map((word, i): SgEntry => {
    const [sizes, at] = word.trim().split('@');
    const numbers = (sizes ?? '').split('+').map(bytes);
    const length = numbers.at(-1) ?? 0;
    const offset = numbers.length === 2 ? (numbers[0] ?? 0) : 0;
    return { page: at === undefined ? BigInt(i + 1) * 0x10000000n : BigInt(at), offset, length };
  });
}

function bytes(text: string): number {
  const unit = { K: 1024, M: 1024 * 1024 }[text.slice(-1)];
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit;
}

/** `0x0+65536 0x10000+16384`, or the failure's errno. */
export function view(result: MapResult): string {
  if (!result.ok) return `errno ${result.errno}`;
  return result.segments.map((one) => `0x${one.dma.toString(16)}+${one.length}`).join(' ');
}

/** The causes behind the segments, each with its gap in bytes. */
export function causes(result: MapResult): readonly string[] {
  return result.ok ? result.breaks.map((one) => `${one.cause} ${one.gap}`) : [];
}

/** One recorded operation of a `functions-*.jsonl` file. */
export interface Recorded {
  readonly id: number;
  readonly list: Scatterlist;
  readonly device: Device;
  readonly ioPageShift: number | undefined;
  readonly segments: readonly { readonly dma: bigint; readonly length: number }[];
}

interface RecordedLine {
  readonly op?: string;
  readonly id: number;
  readonly params: { dma_mask: string; max_seg_size: number; seg_boundary: string; io_page_shift?: number };
  readonly entries: readonly { page: string; offset: number; length: number }[];
  readonly segments: readonly { address: string; length: number }[];
}

/** The `map_sg` operations of a recording, line by line. */
export function recordedMaps(text: string): readonly Recorded[] {
  const recorded: Recorded[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const json = JSON.parse(line) as RecordedLine;
    if (json.op !== 'map_sg') continue;
    recorded.push({
      id: json.id,
      list: json.entries.map((one) => ({ ...one, page: BigInt(one.page) })),
      device: device({
        dmaMask: BigInt(json.params.dma_mask),
        maxSegmentSize: json.params.max_seg_size,
        segmentBoundary: BigInt(json.params.seg_boundary),
      }),
      ioPageShift: json.params.io_page_shift,
      segments: json.segments.map((one) => ({ dma: BigInt(one.address), length: one.length })),
    });
  }
  return recorded;
}
