/**
 * Recognises, by what it does, code that measures the leading contiguous run of a mapped list: a walk over the DMA
 * segments that leaves off where an address is not the one expected, and adds up lengths until then.
 */

import { type BranchFact, type Flow, walkedList } from './flow';
import { mentions, type Value } from './values';

export interface Measure {
  /** Key of the first entry of the measured list. */
  readonly list: string;
  readonly head: Value;
  /** Index of the loop. */
  readonly loop: number;
  /** Variables that add up the lengths. */
  readonly sums: readonly string[];
  readonly branch: BranchFact;
}

/** The measuring loops of a function. */
export function findMeasures(flow: Flow): readonly Measure[] {
  const found: Measure[] = [];
  for (const { head, loop, branch } of findExpectations(flow)) {
    const inLoop = new Set(flow.ir.loops[loop]?.blocks);
    if (inLoop.has(branch.whenTrue) && inLoop.has(branch.whenFalse)) continue;
    const sums = flow.stores
      .filter((store) => inLoop.has(store.block) && store.target.kind === 'name' && addsLength(store.value))
      .map((store) => store.place);
    if (0 < sums.length && !found.some((one) => one.loop === loop))
      found.push({ list: head.key, head, loop, sums: [...new Set(sums)], branch });
  }
  return found;
}

/** A comparison, within a walk, of an entry's DMA address with the one expected after the entries before it. */
export interface Expectation {
  readonly head: Value;
  readonly loop: number;
  readonly branch: BranchFact;
  /** Block where control goes when the address is not the expected one. */
  readonly onMismatch: number;
}

export function findExpectations(flow: Flow): readonly Expectation[] {
  const found: Expectation[] = [];
  flow.ir.loops.forEach((loop, index) => {
    const inLoop = new Set(loop.blocks);
    const env = flow.entering.get(loop.header);
    const walked = env && walkedList(loop, env, flow);
    for (const branch of flow.branches) {
      if (!inLoop.has(branch.block)) continue;
      const entry = comparedEntry(branch.test);
      if (!entry || branch.test.kind !== 'binary') continue;
      const head = entry.kind === 'entry' ? (entry.loop === index ? walked : undefined) : startOfWalk(entry);
      if (!head) continue;
      const onMismatch = branch.test.op === '!=' ? branch.whenTrue : branch.whenFalse;
      found.push({ head, loop: index, branch, onMismatch });
    }
  });
  return found;
}

/** The entry whose DMA address is compared with a moving expectation. */
function comparedEntry(test: Value): Value | undefined {
  if (test.kind !== 'binary' || (test.op !== '!=' && test.op !== '==')) return undefined;
  for (const [side, other] of [
    [test.left, test.right],
    [test.right, test.left],
  ] as const) {
    const entry = addressOwner(side);
    if (entry && other.kind !== 'constant' && (other.kind === 'either' || other.kind === 'binary')) return entry;
  }
  return undefined;
}

function addressOwner(value: Value): Value | undefined {
  if (value.kind === 'pure' && value.name === 'sg_dma_address') return value.args[0];
  return undefined;
}

/** For `for (sg = sgl; ...; sg = sg_next(sg))`: the value that `sg` began with. */
function startOfWalk(entry: Value): Value | undefined {
  if (entry.kind !== 'either') return undefined;
  const moves = entry.options.some((option) =>
    mentions(option, (part) => part.kind === 'pure' && part.name === 'sg_next'),
  );
  return moves ? entry.options.find((option) => option.kind === 'initial' || option.kind === 'result') : undefined;
}

function addsLength(value: Value): boolean {
  return value.kind === 'binary' && value.op === '+' && mentions(value, isLength);
}

function isLength(part: Value): boolean {
  return (
    (part.kind === 'pure' && part.name === 'sg_dma_len') ||
    (part.kind === 'initial' && /(?:->|\.)length$/.test(part.place))
  );
}
