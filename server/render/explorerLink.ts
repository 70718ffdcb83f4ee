/** From a replay to what the layout explorer is opened with. */

import { type ExplorerRequest, OPEN_EXPLORER } from '../protocol';
import type { Predicate, ReplayResult } from '../replay/types';
import { hex } from '../sim/layout';
import type { Scatterlist } from '../sim/types';
import { formatKernel, type KernelVersion } from '../types';

export { OPEN_EXPLORER };

/** Opens on the platform `id` with `list`; the other platforms of the replay stand beside it. */
export function explorerRequest(
  replay: ReplayResult,
  kernel: KernelVersion,
  id: string,
  list: Scatterlist,
): ExplorerRequest {
  const { predicate, device } = replay.question;
  const others = replay.platforms.map((one) => one.platform).filter((one) => one !== id);
  return {
    kernel: formatKernel(kernel),
    segments: segmentsText(list),
    platforms: [id, ...others],
    need: needName(predicate),
    device: {
      ...(device.maxSegmentSize !== undefined && { maxSegSize: String(device.maxSegmentSize) }),
      ...(device.segmentBoundary !== undefined && { boundary: hex(device.segmentBoundary) }),
      ...(device.dmaMask !== undefined && { dmaMask: hex(device.dmaMask) }),
    },
  };
}

/** A list as `simulate --segments` takes it. */
export function segmentsText(list: Scatterlist): string {
  return list
    .map(({ page, offset, length }) => `${offset === 0 ? '' : `${hex(offset)}+`}${shortSize(length)}@${hex(page)}`)
    .join(',');
}

/** `64K`, `3M`; bytes where it is neither. */
export function shortSize(bytes: number): string {
  if (bytes !== 0 && bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}M`;
  return bytes !== 0 && bytes % 1024 === 0 ? `${bytes / 1024}K` : String(bytes);
}

/** `contiguous-size`, `segment-at-most=65536`: a need as it is typed. */
export function needName(predicate: Predicate): string {
  switch (predicate.kind) {
    case 'aligned':
      return `aligned=${predicate.to}`;
    case 'segment-at-most':
      return `segment-at-most=${predicate.bytes}`;
    case 'at-most-segments':
      return `at-most-segments=${predicate.count}`;
    case 'within-boundary':
      return `within-boundary=${hex(predicate.mask)}`;
    case 'address-below':
      return `address-below=${predicate.bits}`;
    default:
      return predicate.kind;
  }
}
