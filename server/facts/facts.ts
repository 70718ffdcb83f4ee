/** Everything the rules may know about a file: plain facts, computed once and shared. */

import type { Expr, FileIr } from '../code/ir';
import type { Contract } from '../dmaApi';
import type { DeviceHints } from '../replay/types';
import type { KernelVersion, Span } from '../types';
import { collectAddressTests, findUntestedAddresses, type UntestedAddress } from './addresses';
import {
  collectAllocations,
  findSecondClears,
  findUntestedAllocations,
  findWrongFrees,
  type SecondClear,
  type UntestedAllocation,
  type WrongFree,
} from './allocations';
import { type CpuAccess, findCpuAccesses, findWrongMemory, type WrongMemory } from './buffers';
import { calleesFirst } from './callGraph';
import { bitMask, knownConstant } from './constants';
import { type ContiguityFacts, contiguityOf } from './contiguity';
import type { Helpers } from './contiguityTests';
import {
  collectTests,
  type FileTests,
  findMisreadResults,
  findUntestedResults,
  type MisreadResult,
  type UntestedResult,
} from './counts';
import { type CpuFieldUse, findCpuFields, findPhysicalUses, type PhysicalUse } from './cpuFields';
import { type DroppedMask, findDroppedMasks, findMaskFallbacks, findNullDevices, type MaskFallback } from './devices';
import {
  collectTableWalks,
  type DroppedCount,
  findDroppedCounts,
  findSameCountTests,
  type SameCountTest,
  type TableWalk,
} from './droppedCounts';
import { collectFieldWrites } from './fields';
import { collectMappings } from './fileMappings';
import { analyzeFlow, type Flow } from './flow';
import { fieldsTestedForOne } from './guards';
import { createKnowledge, type Knowledge } from './knowledge';
import { findLeaks, type Leak } from './leaks';
import { deviceHints } from './limits';
import { collectMapsByField, findMismatches, type Mismatch } from './mismatches';
import { contractsOf, type Operation, operationsOf } from './operations';
import { findMappedCountReleases, type MappedCountRelease } from './releaseCounts';
import { type EarlyRead, findEarlyReads, findLateUses, type LateUse } from './releases';
import { findLostRounds, type LostRounds } from './rounds';
import { declaresSegmentSize, findSegmentLimits, type SegmentLimit } from './segmentLimits';
import { addContiguity, summarize } from './summaries';
import type { Summary, SummaryLookup } from './summary';
import { findWrongSyncs, type WrongSync } from './syncs';
import type { Value } from './values';
import {
  type CpuWalk,
  findCpuWalks,
  findOriginalCountWalks,
  type OriginalCountWalk,
  type WalkContext,
} from './walkFindings';
import { readsEntryParams, type WalkFacts, walksOf } from './walks';
import { leadsTo } from './ways';

export interface FunctionFacts {
  readonly flow: Flow;
  /** What a framework promises and expects where it calls the function. */
  readonly contracts: readonly Contract[];
  readonly contiguity: ContiguityFacts;
  readonly untestedResults: readonly UntestedResult[];
  readonly originalCountWalks: readonly OriginalCountWalk[];
  readonly cpuWalks: readonly CpuWalk[];
  readonly cpuFields: readonly CpuFieldUse[];
  readonly droppedCounts: readonly DroppedCount[];
  readonly sameCountTests: readonly SameCountTest[];
  readonly segmentLimits: readonly SegmentLimit[];
  readonly physicalUses: readonly PhysicalUse[];
  readonly mapsWithMappedCount: readonly MappedCountRelease[];
  readonly leaks: readonly Leak[];
  readonly mismatches: readonly Mismatch[];
  readonly lateUses: readonly LateUse[];
  readonly earlyReads: readonly EarlyRead[];
  readonly wrongMemory: readonly WrongMemory[];
  readonly cpuAccesses: readonly CpuAccess[];
  readonly lostRounds: readonly LostRounds[];
  readonly wrongSyncs: readonly WrongSync[];
  readonly untestedAllocations: readonly UntestedAllocation[];
  readonly secondClears: readonly SecondClear[];
  readonly wrongFrees: readonly WrongFree[];
  readonly droppedMasks: readonly DroppedMask[];
  readonly maskFallbacks: readonly MaskFallback[];
  readonly nullDevices: ReturnType<typeof findNullDevices>;
  readonly misreadResults: readonly MisreadResult[];
  readonly untestedAddresses: readonly UntestedAddress[];
  readonly unmapsWithMappedCount: readonly MappedCountRelease[];
  readonly syncsWithMappedCount: readonly MappedCountRelease[];
}

export interface FileFacts {
  readonly kernel: KernelVersion;
  readonly functions: readonly FunctionFacts[];
  /** What each function means to its callers, callees first. */
  readonly summaries: readonly Summary[];
  /** Functions that the file puts into tables of operations. */
  readonly operations: readonly Operation[];
  /** What a called function does, wherever it is defined. */
  readonly summary: Knowledge['summary'];
  /** Fields that some function of the file tests for one. */
  readonly testedForOne: ReadonlySet<string>;
  /** What the file declares about its device. */
  readonly device: DeviceHints;
  /** The user's text of a span, with white space folded. */
  readonly text: (span: Span) => string;
  /** The whole of the user's text, to which spans refer. */
  readonly source: string;
}

/**
 * Extracts the facts of a file. Functions that call others of the file come after them. `external` tells what functions
 * defined elsewhere do.
 */
export function extractFacts(file: FileIr, source: string, kernel: KernelVersion, external?: SummaryLookup): FileFacts {
  const text = (span: Span) => source.slice(span.start, span.end).replace(/\s+/g, ' ');
  const macros = constantMacros(file);
  const knowledge = createKnowledge(new Set(file.defined.map((one) => one.name)), external);
  const flows: Flow[] = [];
  const walks = new Map<Flow, WalkFacts>();
  const entryReaders = new Map<string, ReadonlySet<number>>();
  for (const ir of calleesFirst(file.functions)) {
    const flow = analyzeFlow(ir, macros, knowledge.row);
    flows.push(flow);
    const walked = walksOf(flow, entryReaders);
    walks.set(flow, walked);
    entryReaders.set(ir.name, readsEntryParams(flow, walked));
    knowledge.learn(summarize(flow, walked, knowledge));
  }
  const oneSegment = hostTakesOneSegment(file, flows);
  const operations = operationsOf(file);
  const contracts = contractsOf(operations);
  const writes = collectFieldWrites(flows);
  const isLimited = declaresSegmentSize(flows, source);
  const callers = callersOf(flows);
  const mappings = collectMappings(flows);
  const counts = { mappings, writes, text };
  const walking = {
    mappings,
    knowledge,
    hostTakesOneSegment: oneSegment,
    callers,
    tableWalks: collectTableWalks(walks),
  };
  const tests: FileTests = collectTests(flows);
  const addressTests = collectAddressTests(flows, file.defined);
  const globals = new Map(file.globals.map((one) => [one.variable.name, one.variable]));
  const allocations = collectAllocations(flows);
  const mapsByField = collectMapsByField(flows, file.structs, kernel);
  const functions = flows.map((flow) => ({
    flow,
    contracts: contracts.get(flow.ir.name) ?? [],
    ...contiguityFacts(flow, knowledge, { hostTakesOneSegment: oneSegment, contracts }),
    ...walkFindings(flow, walks.get(flow) ?? NO_WALKS, walking),
    leaks: findLeaks(flow, callers),
    mismatches: findMismatches(flow, mapsByField, flows),
    lateUses: findLateUses(flow),
    earlyReads: findEarlyReads(flow, (from, to) => leadsTo(flow, from, to)),
    wrongMemory: findWrongMemory(flow, globals),
    cpuAccesses: findCpuAccesses(flow),
    segmentLimits: isLimited ? [] : findSegmentLimits(flow),
    lostRounds: findLostRounds(flow, callers),
    wrongSyncs: findWrongSyncs(flow),
    untestedAllocations: findUntestedAllocations(flow),
    secondClears: findSecondClears(flow),
    wrongFrees: findWrongFrees(flow, allocations),
    droppedMasks: findDroppedMasks(flow),
    maskFallbacks: findMaskFallbacks(flow),
    nullDevices: findNullDevices(flow),
    mapsWithMappedCount: findMappedCountReleases(flow, 'map', counts),
    untestedResults: findUntestedResults(flow, text, tests, callers),
    misreadResults: findMisreadResults(flow),
    untestedAddresses: findUntestedAddresses(flow, addressTests),
    unmapsWithMappedCount: findMappedCountReleases(flow, 'unmap', counts),
    syncsWithMappedCount: findMappedCountReleases(flow, 'sync', counts),
  }));
  functions.sort((a, b) => a.flow.ir.span.start - b.flow.ir.span.start);
  const summaries = knowledge.learned();
  return {
    kernel,
    functions,
    summaries,
    operations,
    summary: knowledge.summary,
    testedForOne: fieldsTestedForOne(flows),
    device: deviceHints(file, flows),
    text,
    source,
  };
}

function callersOf(flows: readonly Flow[]): (name: string) => readonly Flow[] {
  return (name) => flows.filter((flow) => flow.calls.some((call) => call.call.name === name));
}

const NO_WALKS: WalkFacts = { reads: [], walks: [] };

function walkFindings(
  flow: Flow,
  walked: WalkFacts,
  context: WalkContext & {
    readonly tableWalks: readonly TableWalk[];
    readonly callers: (name: string) => readonly Flow[];
  },
) {
  const originalCountWalks = findOriginalCountWalks(flow, walked, context);
  return {
    originalCountWalks,
    droppedCounts: findDroppedCounts(flow, originalCountWalks, context.tableWalks, context.mappings, context.callers),
    sameCountTests: findSameCountTests(flow),
    cpuWalks: findCpuWalks(flow, walked, context),
    cpuFields: findCpuFields(flow, walked, context.mappings),
    physicalUses: findPhysicalUses(flow, walked, context.mappings),
  };
}

/** Who takes a first address or tests for one range, also told to the callers that come later. */
function contiguityFacts(flow: Flow, knowledge: Knowledge, about: Omit<Helpers, 'summary'>) {
  const contiguity = contiguityOf(flow, { summary: knowledge.summary, ...about });
  const summary = knowledge.summary(flow.ir.name);
  if (summary) knowledge.learn(addContiguity(summary, flow, contiguity));
  return { contiguity };
}

/** `#define NAME 64`, `#define NAME SZ_64K`, `#define NAME DMA_BIT_MASK(32)`. */
function constantMacros(file: FileIr): ReadonlyMap<string, bigint> {
  const values = new Map<string, bigint>();
  for (const macro of file.macros) {
    if (macro.params) continue;
    const value = constantText(macro.body.trim().replace(/^\((.*)\)$/, '$1'));
    if (value !== undefined) values.set(macro.name, value);
  }
  return values;
}

function constantText(text: string): bigint | undefined {
  const literal = /^(0[xX][0-9a-fA-F]{1,16}|\d{1,19})[uUlL]*$/.exec(text)?.[1];
  if (literal !== undefined) return BigInt(literal);
  const bits = /^DMA_BIT_MASK\((\d{1,2})\)$/.exec(text)?.[1];
  if (bits !== undefined) return bitMask(BigInt(bits));
  return /^[A-Z]\w*$/.test(text) ? knownConstant(text) : undefined;
}

/** `mmc->max_segs = 1`, `.max_segs = 1`, blk_queue_max_segments(q, 1). */
function hostTakesOneSegment(file: FileIr, flows: readonly Flow[]): boolean {
  const isOne = (value: Value | undefined) => value?.kind === 'constant' && value.number === 1n;
  const isField = (name: string) => name === 'max_segs' || name === 'max_segments' || name === 'sg_tablesize';
  const sets = flows.some(
    (flow) =>
      flow.stores.some((store) => store.target.kind === 'field' && isField(store.target.name) && isOne(store.value)) ||
      flow.calls.some((call) => call.call.name === 'blk_queue_max_segments' && isOne(call.args[1])),
  );
  return sets || file.globals.some(({ value }) => value !== undefined && initializesToOne(value, isField));
}

function initializesToOne(value: Expr, isField: (name: string) => boolean): boolean {
  if (value.kind !== 'initializer') return false;
  return value.fields.some((field) => {
    const isOne = field.value.kind === 'number' && field.value.value === 1n;
    return (isOne && isField((field.designator ?? '').slice(1))) || initializesToOne(field.value, isField);
  });
}
