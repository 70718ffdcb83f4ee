/** A layout as JSON: what `simulate --format json` prints, and what the server answers. */

import { hex } from '../sim/layout';
import type { MapResult } from '../sim/types';

export function layoutJson(result: MapResult): object {
  if (!result.ok) return { backend: result.backend, error: result.errno, reason: result.reason };
  return {
    backend: result.backend,
    returns: result.segments.length,
    segments: result.segments.map((segment) => ({
      address: hex(segment.dma),
      length: segment.length,
      pieces: segment.pieces,
      ...(segment.bounced && { bounced: true }),
    })),
    breaks: result.breaks.map((one) => ({ after: one.after, gap: Number(one.gap), cause: one.cause, why: one.why })),
    blocks: result.blocks.map((block) => ({ start: hex(block.start), bytes: block.bytes })),
    steps: result.steps,
  };
}
