/** Everything the rules may know about a file: plain facts, computed once and shared. */

import type { Expr, FileIr } from '../code/ir';
import { calledNames } from '../code/visit';
import type { Contract } from '../dmaApi';
import type { DeviceHints } from '../replay/types';
import type { KernelVersion, SourceText, Span } from '../types';
import { type AddressTests, collectAddressTests, findUntestedAddresses, type UntestedAddress } from './addresses';
import {
  collectAllocations,
  findSecondClears,
  findUntestedAllocations,
  findWrongFrees,
  type SecondClear,
  type UntestedAllocation,
  type WrongFree,
} from './allocations';
import { implementsDma, NO_DEVICE, withoutDevice } from './backends';
import { type CpuAccess, findCpuAccesses, findWrongMemory, type WrongMemory } from './buffers';
import { askCallers, type Callers } from './callers';
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
import type { Flow } from './flow';
import { followFunctions } from './following';
import { fieldsTestedForOne } from './guards';
import { findImportReads, type ImportRead } from './importReads';
import { findIndexedLists, type IndexedList } from './indexedLists';
import { createKnowledge, type Knowledge } from './knowledge';
import { findLeaks, type Leak } from './leaks';
import { deviceHints } from './limits';
import { FORGETFUL, type Memory } from './memory';
import { collectMapsByField, findMismatches, type Mismatch } from './mismatches';
import { contractsOf, type Operation, operationsOf } from './operations';
import { findRawLists, type RawList } from './rawLists';
import { findMappedCountReleases, type MappedCountRelease } from './releaseCounts';
import { type EarlyRead, findEarlyReads, findLateUses, type LateUse } from './releases';
import { mapsLists } from './resultTests';
import { findLostRounds, type LostRounds } from './rounds';
import { declaresSegmentSize, findSegmentLimits, type SegmentLimit } from './segmentLimits';
import { addContiguity } from './summaries';
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
import type { WalkFacts } from './walks';
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
  readonly importReads: readonly ImportRead[];
  readonly rawLists: readonly RawList[];
  readonly indexedLists: readonly IndexedList[];
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
  readonly source: SourceText;
}

/**
 * Extracts the facts of a file. Functions that call others of the file come after them. `external` tells what functions
 * defined elsewhere do; `memory` what is known from the last time, where a document is analysed again and again.
 */
export function extractFacts(
  file: FileIr,
  source: SourceText,
  kernel: KernelVersion,
  external?: SummaryLookup,
  memory: Memory = FORGETFUL,
): FileFacts {
  const text = (span: Span) => source.slice(span.start, span.end).replace(/\s+/g, ' ');
  const knowledge = createKnowledge(new Set(file.defined.map((one) => one.name)), external);
  const followed = followFunctions(file, knowledge, memory);
  const flows = followed.map((one) => one.flow);
  const walks = new Map(followed.map(({ flow, walked }) => [flow, walked]));
  const oneSegment = hostTakesOneSegment(file, flows);
  const operations = operationsOf(file);
  const contracts = memory.settle('contracts', contractsOf(operations), JSON.stringify(operations));
  const writes = collectFieldWrites(flows);
  const isLimited = declaresSegmentSize(flows, source.slice(0));
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
  const tests = settledTests('tests', collectTests(flows), memory);
  const addressTests = settledTests('address tests', collectAddressTests(flows, file.defined), memory);
  const globals = new Map(file.globals.map((one) => [one.variable.name, one.variable]));
  const allocations = collectAllocations(flows);
  const mapsByField = collectMapsByField(flows, file.structs, kernel);
  const isBackend = implementsDma(file, flows);
  const functions = flows.map((flow) => ({
    flow,
    contracts: contracts.get(flow.ir.name) ?? [],
    ...ownFacts(flow, memory),
    ...callerFacts(flow, askCallers(callers(flow)), memory),
    contiguity: contiguityFacts(flow, knowledge, { hostTakesOneSegment: oneSegment, contracts, isBackend }, memory),
    ...(isBackend ? NO_DEVICE : walkFindings(flow, walks.get(flow) ?? NO_WALKS, walking)),
    mismatches: findMismatches(flow, mapsByField, mappings, flows),
    wrongMemory: findWrongMemory(flow, globals),
    ...(isLimited && { segmentLimits: [] }),
    wrongFrees: findWrongFrees(flow, allocations),
    mapsWithMappedCount: findMappedCountReleases(flow, 'map', counts),
    ...untested(flow, { text, tests, addressTests, callers: mapsLists(flow) ? callers(flow) : [] }, memory),
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

/** The functions of the file that call one of them. */
function callersOf(flows: readonly Flow[]): (callee: Flow) => readonly Flow[] {
  const callers = new Map<string, Flow[]>();
  for (const flow of flows) {
    for (const name of new Set(flow.calls.map((call) => call.call.name))) {
      const known = callers.get(name ?? '');
      if (known) known.push(flow);
      else callers.set(name ?? '', [flow]);
    }
  }
  return (callee) => callers.get(callee.ir.name) ?? [];
}

/** What a function tells by itself. */
function ownFacts(flow: Flow, memory: Memory) {
  return memory.recall('own facts', flow, [], () => ({
    lateUses: findLateUses(flow),
    earlyReads: findEarlyReads(flow, (from, to) => leadsTo(flow, from, to)),
    cpuAccesses: findCpuAccesses(flow),
    segmentLimits: findSegmentLimits(flow),
    wrongSyncs: findWrongSyncs(flow),
    untestedAllocations: findUntestedAllocations(flow),
    secondClears: findSecondClears(flow),
    droppedMasks: findDroppedMasks(flow),
    maskFallbacks: findMaskFallbacks(flow),
    nullDevices: findNullDevices(flow),
    misreadResults: findMisreadResults(flow),
    importReads: findImportReads(flow),
    rawLists: findRawLists(flow),
    sameCountTests: findSameCountTests(flow),
  }));
}

/** The same object for the same tests. */
function settledTests<T extends FileTests | AddressTests>(name: string, tests: T, memory: Memory): T {
  const text = JSON.stringify(tests, (_key, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );
  return memory.settle(name, tests, text);
}

interface Tests {
  readonly text: (span: Span) => string;
  readonly tests: FileTests;
  readonly addressTests: AddressTests;
  readonly callers: readonly Flow[];
}

/** Mappings that neither the function nor any other of the file tests. */
function untested(flow: Flow, { text, tests, addressTests, callers }: Tests, memory: Memory) {
  return memory.recall('untested', flow, [tests, addressTests, ...callers], () => ({
    untestedResults: findUntestedResults(flow, text, tests, callers),
    untestedAddresses: findUntestedAddresses(flow, addressTests),
  }));
}

/** What is true of a function unless its callers see to it. */
function callerFacts(flow: Flow, callers: Callers, memory: Memory) {
  return memory.recall('caller facts', flow, Object.values(callers), () => ({
    leaks: findLeaks(flow, callers),
    lostRounds: findLostRounds(flow, callers),
  }));
}

const NO_WALKS: WalkFacts = { reads: [], walks: [] };

function walkFindings(
  flow: Flow,
  walked: WalkFacts,
  context: WalkContext & {
    readonly tableWalks: readonly TableWalk[];
    readonly callers: (callee: Flow) => readonly Flow[];
  },
) {
  const originalCountWalks = findOriginalCountWalks(flow, walked, context);
  return {
    originalCountWalks,
    droppedCounts: findDroppedCounts(
      flow,
      originalCountWalks,
      context.tableWalks,
      context.mappings,
      context.callers(flow),
    ),
    cpuWalks: findCpuWalks(flow, walked, context),
    cpuFields: findCpuFields(flow, walked, context.mappings),
    physicalUses: findPhysicalUses(flow, walked, context.mappings),
    indexedLists: findIndexedLists(flow, walked),
  };
}

/** Who takes a first address or tests for one range, also told to the callers that come later. */
function contiguityFacts(
  flow: Flow,
  knowledge: Knowledge,
  { isBackend, ...about }: Omit<Helpers, 'summary'> & { readonly isBackend: boolean },
  memory: Memory,
): ContiguityFacts {
  const before = knowledge.summary(flow.ir.name);
  const asked = [before, about.hostTakesOneSegment, about.contracts];
  for (const name of calledNames(flow.ir)) asked.push(knowledge.summary(name));
  const { contiguity, summary } = memory.recall('contiguity', flow, asked, () => {
    const found = contiguityOf(flow, { summary: knowledge.summary, ...about });
    return { contiguity: found, summary: before && addContiguity(before, flow, found) };
  });
  if (summary) knowledge.learn(summary);
  return isBackend ? withoutDevice(contiguity) : contiguity;
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
