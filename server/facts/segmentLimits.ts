/** Limits on the length of a segment that the code has, and that nobody told the DMA core. */

import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
import { perFlow } from './perFlow';
import { refusalAt } from './refusals';
import { alternatives, constant, substitute, type Value } from './values';

export interface SegmentLimit {
  /** Longest segment that the code can handle, bytes. */
  readonly bytes: number;
  readonly span: Span;
  /** What happens to a longer one: an error is returned, or the upper bits are lost. */
  readonly effect:
    | { readonly kind: 'refused'; readonly text: string }
    | { readonly kind: 'cut'; readonly text: string };
}

/** What the kernel assumes of a device that declares nothing: dma_get_max_seg_size() in include/linux/dma-mapping.h. */
export const DEFAULT_SEGMENT_SIZE = 65536;

const DECLARES =
  /^(?:dma_set_max_seg_size|vb2_dma_contig_set_max_seg_size|blk_queue_max_segment_size|pci_set_dma_max_seg_size)$/;
const DECLARING_FIELD = /^max_seg(?:ment)?_size$/;

/** True when some function of the file limits the segments of its device or queue. */
export function declaresSegmentSize(flows: readonly Flow[], text: string): boolean {
  return (text.includes('max_seg') && /\.\s*max_seg(?:ment)?_size\s*=/.test(text)) || flows.some(declaresOne);
}

const declaresOne = perFlow(
  (flow) =>
    flow.calls.some((call) => DECLARES.test(call.call.name ?? '')) ||
    flow.stores.some(({ target }) => target.kind === 'field' && DECLARING_FIELD.test(target.name)),
);

/** Segments that are refused, or cut, although the DMA core may build them. */
export function findSegmentLimits(flow: Flow): readonly SegmentLimit[] {
  const found: SegmentLimit[] = [];
  for (const branch of flow.branches) {
    const { test, expr } = branch;
    if (branch.isLoopTest || test.kind !== 'binary') continue;
    const limit = comparedLimit(test);
    if (limit === undefined || limit < 1 || DEFAULT_SEGMENT_SIZE <= limit) continue;
    const longer = decide(test, BigInt(limit) + 1n);
    const equal = decide(test, BigInt(limit));
    const shorter = decide(test, 1n);
    if (longer === undefined || longer === shorter) continue;
    const refusal = refusalAt(flow, longer ? branch.whenTrue : branch.whenFalse);
    if (!refusal) continue;
    const bytes = equal === longer ? limit - 1 : limit;
    found.push({ bytes, span: expr.span, effect: { kind: 'refused', text: refusal.text } });
  }
  for (const call of flow.calls) {
    const [arg] = call.args;
    if (!/^cpu_to_[bl]e16$/.test(call.call.name ?? '') || !arg || !isLength(arg) || isAtaSegment(call)) continue;
    found.push({ bytes: 65535, span: call.call.span, effect: { kind: 'cut', text: `${call.call.name}()` } });
  }
  return found;
}

/** `sg_dma_len(sg)`, and nothing else. */
function isLength(value: Value): boolean {
  const options = alternatives(value);
  return 0 < options.length && options.every((option) => option.kind === 'pure' && option.name === 'sg_dma_len');
}

function comparedLimit(test: Extract<Value, { kind: 'binary' }>): number | undefined {
  if (!/^(?:>|>=|<|<=)$/.test(test.op)) return undefined;
  for (const [side, other] of [
    [test.left, test.right],
    [test.right, test.left],
  ] as const) {
    if (isLength(side) && other.kind === 'constant' && other.number < 1n << 32n) return Number(other.number);
  }
  return undefined;
}

function decide(test: Value, length: bigint): boolean | undefined {
  const decided = substitute(test, (part) => (isLength(part) ? constant(length) : undefined));
  return decided.kind === 'constant' ? decided.number !== 0n : undefined;
}

/** In the PRD tables of ATA, a length of 0 means 64 KiB. */
function isAtaSegment(call: CallFact): boolean {
  const [arg] = call.args;
  return arg?.kind === 'pure' && /\bqc->|\bprd/.test(arg.args[0]?.key ?? '');
}
