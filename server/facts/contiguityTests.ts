/** Who tests whether a mapped list is contiguous, or one segment, and what happens where it is not. */

import type { Contract } from '../dmaApi';
import type { Span } from '../types';
import type { BranchFact, CallFact, Flow } from './flow';
import type { Knowledge } from './knowledge';
import { findExpectations, type Measure } from './measure';
import { valueAt } from './operands';
import { pinnedBuffer } from './pinnedBuffers';
import { type Refusal, refusalAt } from './refusals';
import type { Operand } from './summary';
import { type ListFacts, listAt } from './tables';
import { alternatives, constant, mentions, substitute, type Value } from './values';

/** The code tests whether a list is contiguous, or one segment. */
export interface ContiguityTest {
  readonly list: ListFacts;
  readonly kind: 'contiguous-size' | 'single-segment';
  /** A framework mapped the buffer, and hands its first address on beside the count. */
  readonly isPinned?: boolean;
  readonly span: Span;
  /** The block that tests, and the one that control goes to when the test is passed. */
  readonly block: number;
  readonly passes: number;
  /** The helper that measures; absent where the function does it itself. */
  readonly helper: string | undefined;
  /** The call or loop that measures, or the count's text. */
  readonly measured: { readonly span: Span; readonly text: string };
  /** What the value is compared with. */
  readonly needed: { readonly span: Span } | undefined;
  /** What the function returns where the test fails: `-EFAULT`; undefined when it goes on some other way. */
  readonly refusal: Refusal | undefined;
}
/** What is known about called functions and about the driver's framework. */
export interface Helpers {
  readonly summary: Knowledge['summary'];
  /** What frameworks expect of the file's functions, by name. */
  readonly contracts: ReadonlyMap<string, readonly Contract[]>;
  /** The file tells its framework that a request has one segment: `mmc->max_segs = 1`. */
  readonly hostTakesOneSegment: boolean;
}
export function findTests(flow: Flow, measures: readonly Measure[], helpers: Helpers): readonly ContiguityTest[] {
  const tests: ContiguityTest[] = [];
  for (const branch of flow.branches) {
    const call = flow.calls.find(
      (one) => isHelper(one, helpers) && mentions(branch.test, (part) => part.key === one.result.key),
    );
    const test = call
      ? (sizeTest(flow, branch, call, helpers) ?? claimTest(flow, branch, call, helpers))
      : (ownSizeTest(flow, branch, measures) ?? countTest(flow, branch));
    if (test) tests.push(test);
  }
  tests.push(...refusedGaps(flow));
  return tests;
}

/** A walk that fails at the first address that is not the expected one, without adding up lengths. */
function refusedGaps(flow: Flow): readonly ContiguityTest[] {
  const tests: ContiguityTest[] = [];
  for (const { head, loop, branch, onMismatch } of findExpectations(flow)) {
    const list = listAt(flow, head);
    const refusal = list && refusalAt(flow, onMismatch);
    if (!list || !refusal) continue;
    const span = flow.ir.loops[loop]?.span ?? branch.expr.span;
    tests.push({
      list,
      kind: 'contiguous-size',
      helper: undefined,
      measured: { span, text: 'a loop over the segments' },
      needed: undefined,
      span: branch.expr.span,
      block: branch.block,
      passes: onMismatch === branch.whenTrue ? branch.whenFalse : branch.whenTrue,
      refusal,
    });
  }
  return tests;
}

function isHelper(call: CallFact, { summary }: Helpers): boolean {
  const kind = summary(call.call.name)?.returns?.kind;
  return kind === 'contiguous-size' || kind === 'contiguity';
}

/** The list that an operand of a call is, or is the table of. */
function argumentList(flow: Flow, call: CallFact, operand: Operand): ListFacts | undefined {
  const value = valueAt(call, operand);
  if (!value) return undefined;
  const place = value.kind === 'address' ? `${value.place}.sgl` : `${value.key}->sgl`;
  return listAt(flow, { kind: 'initial', key: place, place }) ?? listAt(flow, value);
}

function sizeTest(flow: Flow, branch: BranchFact, call: CallFact, helpers: Helpers): ContiguityTest | undefined {
  const name = call.call.name ?? '';
  const measured = helpers.summary(name)?.returns;
  const list = measured?.kind === 'contiguous-size' ? argumentList(flow, call, measured.of) : undefined;
  if (!list) return undefined;
  return compare(flow, branch, (part) => part.key === call.result.key, {
    list,
    kind: 'contiguous-size',
    helper: name,
    measured: { span: call.call.span, text: `${name}()` },
  });
}

/** `if (!is_contiguous(sgt, size))`. */
function claimTest(flow: Flow, branch: BranchFact, call: CallFact, helpers: Helpers): ContiguityTest | undefined {
  const name = call.call.name ?? '';
  const claim = helpers.summary(name)?.returns;
  const list = claim?.kind === 'contiguity' ? argumentList(flow, call, claim.of) : undefined;
  if (!list || claim?.kind !== 'contiguity') return undefined;
  const onShort = decide(branch.test, (part) => part.key === call.result.key, claim.whenTrue ? 0n : 1n);
  if (onShort === undefined) return undefined;
  return {
    list,
    kind: 'contiguous-size',
    helper: name,
    measured: { span: call.call.span, text: `${name}()` },
    needed: undefined,
    span: branch.expr.span,
    block: branch.block,
    passes: onShort ? branch.whenFalse : branch.whenTrue,
    refusal: refusalAt(flow, onShort ? branch.whenTrue : branch.whenFalse),
  };
}

/** The function measures with a loop of its own and compares the sum. */
function ownSizeTest(flow: Flow, branch: BranchFact, measures: readonly Measure[]): ContiguityTest | undefined {
  for (const measure of measures) {
    if (branch === measure.branch || flow.ir.loops[measure.loop]?.blocks.includes(branch.block)) continue;
    const isSum = (part: Value) => part.kind === 'either' && measure.sums.includes(part.place);
    const list = mentions(branch.test, isSum) ? listAt(flow, measure.head) : undefined;
    if (!list) continue;
    const loop = flow.ir.loops[measure.loop];
    const measured = { span: loop?.span ?? branch.expr.span, text: 'a loop over the segments' };
    return compare(flow, branch, isSum, { list, kind: 'contiguous-size', helper: undefined, measured });
  }
  return undefined;
}

/** `sgt->nents != 1` and its kin. */
function countTest(flow: Flow, branch: BranchFact): ContiguityTest | undefined {
  const { test } = branch;
  const listOf = (side: Value) => countedList(flow, side) ?? pinnedBuffer(flow, side);
  const operand = test.kind === 'binary' ? [test.left, test.right].find(listOf) : undefined;
  const list = operand && listOf(operand);
  if (!operand || !list || branch.isLoopTest) return undefined;
  const isCount = (part: Value) => part.key === operand.key;
  if (decide(test, isCount, 1n) === undefined || decide(test, isCount, 1n) === decide(test, isCount, 2n))
    return undefined;
  if (decide(test, isCount, 2n) !== decide(test, isCount, 3n)) return undefined;
  const measured = { span: branch.expr.span, text: 'the mapped count' };
  const refuses = decide(test, isCount, 2n) ? branch.whenTrue : branch.whenFalse;
  const needed = undefined;
  return {
    list,
    kind: 'single-segment',
    isPinned: pinnedBuffer(flow, operand) !== undefined,
    helper: undefined,
    measured,
    needed,
    span: branch.expr.span,
    block: branch.block,
    passes: refuses === branch.whenTrue ? branch.whenFalse : branch.whenTrue,
    refusal: refusalAt(flow, refuses),
  };
}

/** The list whose mapped count `value` is, or is where it is not zero. */
function countedList(flow: Flow, value: Value): ListFacts | undefined {
  const options = alternatives(value).filter((option) => option.kind !== 'constant');
  const [only] = options;
  const heads = new Map<string, Value>();
  for (const option of options) {
    const map = option.kind === 'mapped' ? flow.calls.find((call) => call.call.id === option.call) : undefined;
    if (map?.list) heads.set(map.list.key, map.list);
  }
  const [head] = heads.values();
  if (head)
    return heads.size === 1 && options.every((option) => option.kind === 'mapped') ? listAt(flow, head) : undefined;
  if (options.length !== 1 || !only) return undefined;
  const table = only.kind === 'initial' ? /^(.*(?:->|\.))nents$/.exec(only.place)?.[1] : undefined;
  return table === undefined ? undefined : listAt(flow, { kind: 'initial', key: `${table}sgl`, place: `${table}sgl` });
}

function decide(test: Value, isCount: (part: Value) => boolean, count: bigint): boolean | undefined {
  const decided = substitute(test, (part) => (isCount(part) ? constant(count) : undefined));
  return decided.kind === 'constant' ? decided.number !== 0n : undefined;
}

type Partial = Pick<ContiguityTest, 'list' | 'kind' | 'helper' | 'measured'>;

function compare(
  flow: Flow,
  branch: BranchFact,
  isMeasured: (part: Value) => boolean,
  known: Partial,
): ContiguityTest | undefined {
  const { test } = branch;
  if (test.kind !== 'binary') return undefined;
  const onLeft = mentions(test.left, isMeasured);
  const shortWhenTrue = onLeft
    ? test.op === '<' || test.op === '!=' || test.op === '<='
    : test.op === '>' || test.op === '!=' || test.op === '>=';
  const shortWhenFalse = onLeft
    ? test.op === '>=' || test.op === '==' || test.op === '>'
    : test.op === '<=' || test.op === '==' || test.op === '<';
  if (!shortWhenTrue && !shortWhenFalse) return undefined;
  const { expr } = branch;
  const needed = expr.kind === 'binary' ? { span: (onLeft ? expr.right : expr.left).span } : undefined;
  const refuses = shortWhenTrue ? branch.whenTrue : branch.whenFalse;
  const passes = refuses === branch.whenTrue ? branch.whenFalse : branch.whenTrue;
  return { ...known, needed, span: expr.span, block: branch.block, passes, refusal: refusalAt(flow, refuses) };
}
