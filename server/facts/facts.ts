/** Everything the rules may know about a file: plain facts, computed once and shared. */

import type { Expr, FileIr, FunctionIr } from '../code/ir';
import { DMA_API, type DmaFunction, dmaFunction } from '../dmaApi';
import type { DeviceHints } from '../replay/types';
import type { KernelVersion, Span } from '../types';
import { collectAddressTests, findUntestedAddresses, type UntestedAddress } from './addresses';
import { type CpuAccess, findCpuAccesses, findWrongMemory, type WrongMemory } from './buffers';
import { bitMask, knownConstant } from './constants';
import { type ContiguityFacts, contiguityOf } from './contiguity';
import {
  collectTests,
  type FileTests,
  findMappedCountReleases,
  findMisreadResults,
  findUntestedResults,
  type MappedCountRelease,
  type MisreadResult,
  type UntestedResult,
} from './counts';
import { collectFieldWrites } from './fields';
import { analyzeFlow, type Flow } from './flow';
import { fieldsTestedForOne } from './guards';
import { findLeaks, type Leak } from './leaks';
import { findMeasures } from './measure';
import {
  collectMapsByField,
  type EarlyRead,
  findEarlyReads,
  findLateUses,
  findMismatches,
  type LateUse,
  type Mismatch,
} from './releases';
import { alternatives, constant, mentions, substitute, type Value } from './values';
import {
  type CpuFieldUse,
  type CpuWalk,
  collectMappedFields,
  consumesParams,
  findCpuFields,
  findCpuWalks,
  findOriginalCountWalks,
  type MappedFields,
  type OriginalCountWalk,
} from './walkFindings';
import { type WalkFacts, walksOf } from './walks';
import { leadsTo } from './ways';

export interface FunctionFacts {
  readonly flow: Flow;
  readonly contiguity: ContiguityFacts;
  readonly untestedResults: readonly UntestedResult[];
  readonly originalCountWalks: readonly OriginalCountWalk[];
  readonly cpuWalks: readonly CpuWalk[];
  readonly cpuFields: readonly CpuFieldUse[];
  readonly mapsWithMappedCount: readonly MappedCountRelease[];
  readonly leaks: readonly Leak[];
  readonly mismatches: readonly Mismatch[];
  readonly lateUses: readonly LateUse[];
  readonly earlyReads: readonly EarlyRead[];
  readonly wrongMemory: readonly WrongMemory[];
  readonly cpuAccesses: readonly CpuAccess[];
  readonly misreadResults: readonly MisreadResult[];
  readonly untestedAddresses: readonly UntestedAddress[];
  readonly unmapsWithMappedCount: readonly MappedCountRelease[];
  readonly syncsWithMappedCount: readonly MappedCountRelease[];
}

export interface FileFacts {
  readonly kernel: KernelVersion;
  readonly functions: readonly FunctionFacts[];
  /** Fields that some function of the file tests for one. */
  readonly testedForOne: ReadonlySet<string>;
  /** What the file declares about its device. */
  readonly device: DeviceHints;
  /** The user's text of a span. */
  readonly text: (span: Span) => string;
}

/** Extracts the facts of a file. Functions that call others of the file come after them. */
export function extractFacts(file: FileIr, source: string, kernel: KernelVersion): FileFacts {
  const text = (span: Span) => source.slice(span.start, span.end).replace(/\s+/g, ' ');
  const macros = constantMacros(file);
  const wrappers = new Map<string, DmaFunction>();
  const measuring = new Map<string, number>(
    DMA_API.flatMap((row) => (row.role === 'measure' && row.table !== undefined ? [[row.name, row.table]] : [])),
  );
  const claiming = new Map<string, { argument: number; whenTrue: boolean }>();
  const apis = (name: string | undefined) => dmaFunction(name) ?? (name === undefined ? undefined : wrappers.get(name));
  const flows: Flow[] = [];
  const walks = new Map<Flow, WalkFacts>();
  const consumers = new Map<string, { readonly list: number; readonly count: number }>();
  for (const ir of calleesFirst(file.functions)) {
    const flow = analyzeFlow(ir, macros, apis);
    flows.push(flow);
    const wrapper = wrapperOf(flow);
    if (wrapper) wrappers.set(ir.name, wrapper);
    const walked = walksOf(flow);
    walks.set(flow, walked);
    const consumer = consumesParams(flow, walked, consumers);
    if (consumer) consumers.set(ir.name, consumer);
    const measured = measuredParam(flow);
    if (measured !== undefined) measuring.set(ir.name, measured);
    const claim = claimOf(flow, measuring);
    if (claim) claiming.set(ir.name, claim);
  }
  const oneSegment = hostTakesOneSegment(file, flows);
  const writes = collectFieldWrites(flows);
  const tests: FileTests = collectTests(flows);
  const addressTests = collectAddressTests(flows);
  const fields = { byList: collectMappedFields(flows), writes, consumers };
  const callers = callersOf(flows);
  const mapsByField = collectMapsByField(flows);
  const functions = flows.map((flow) => ({
    flow,
    ...walkFindings(flow, walks.get(flow) ?? NO_WALKS, fields),
    leaks: findLeaks(flow, callers),
    mismatches: findMismatches(flow, mapsByField, flows),
    lateUses: findLateUses(flow),
    earlyReads: findEarlyReads(flow, (from, to) => leadsTo(flow, from, to)),
    wrongMemory: findWrongMemory(flow),
    cpuAccesses: findCpuAccesses(flow),
    mapsWithMappedCount: findMappedCountReleases(flow, 'map', writes, text),
    contiguity: contiguityOf(flow, { measuring, claiming, hostTakesOneSegment: oneSegment }),
    untestedResults: findUntestedResults(flow, text, tests),
    misreadResults: findMisreadResults(flow),
    untestedAddresses: findUntestedAddresses(flow, addressTests),
    unmapsWithMappedCount: findMappedCountReleases(flow, 'unmap', writes, text),
    syncsWithMappedCount: findMappedCountReleases(flow, 'sync', writes, text),
  }));
  functions.sort((a, b) => a.flow.ir.span.start - b.flow.ir.span.start);
  return { kernel, functions, testedForOne: fieldsTestedForOne(flows), device: deviceHints(flows), text };
}

function callersOf(flows: readonly Flow[]): (name: string) => readonly Flow[] {
  return (name) => flows.filter((flow) => flow.calls.some((call) => call.call.name === name));
}

const NO_WALKS: WalkFacts = { reads: [], walks: [] };

function walkFindings(flow: Flow, walked: WalkFacts, fields: MappedFields) {
  return {
    originalCountWalks: findOriginalCountWalks(flow, walked, fields),
    cpuWalks: findCpuWalks(flow, walked),
    cpuFields: findCpuFields(flow, walked),
  };
}

/** The parameter whose contiguous size a function returns, found by what the function does. */
function measuredParam(flow: Flow): number | undefined {
  for (const measure of findMeasures(flow)) {
    const returnsSum = flow.returns.some(
      (end) => end.value?.kind === 'either' && measure.sums.includes(end.value.place),
    );
    if (!returnsSum) continue;
    const index = flow.ir.params.findIndex(
      (param) => measure.list === param.name || measure.list === `${param.name}->sgl`,
    );
    if (0 <= index) return index;
  }
  return undefined;
}

/** A function that compares the contiguous size of a parameter with something and returns whether it is enough. */
function claimOf(
  flow: Flow,
  measuring: ReadonlyMap<string, number>,
): { readonly argument: number; readonly whenTrue: boolean } | undefined {
  const [end] = flow.returns;
  if (flow.returns.length !== 1 || !end?.value) return undefined;
  for (const call of flow.calls) {
    const measured = measuring.get(call.call.name ?? '');
    if (measured === undefined || end.value.key === call.result.key) continue;
    const argument = paramIndex(flow, call.args[measured]);
    if (argument === undefined || !mentions(end.value, (part) => part.key === call.result.key)) continue;
    // With a long run and a small need, what does it say?
    const said = substitute(end.value, (part) => {
      if (part.key === call.result.key) return constant(1n << 40n);
      return part.kind === 'initial' ? constant(1n) : undefined;
    });
    if (said.kind === 'constant') return { argument, whenTrue: said.number !== 0n };
  }
  return undefined;
}

/** A function of the file that hands its parameters on to a map or unmap call, as a row of the table. */
function wrapperOf(flow: Flow): DmaFunction | undefined {
  const maps = flow.calls.some((call) => call.api?.role === 'map');
  for (const call of flow.calls) {
    const { api } = call;
    if (!api || (api.role !== 'map' && api.role !== 'unmap') || api.list === undefined || api.count === undefined)
      continue;
    const list = paramIndex(flow, call.args[api.list]);
    const count = paramIndex(flow, call.args[api.count]);
    if (list === undefined || count === undefined) continue;
    if (api.role === 'map' ? !returnsMapped(flow, call.result) : maps) continue;
    const { device: _device, direction: _direction, ...rest } = api;
    return { ...rest, name: flow.ir.name, list, count };
  }
  return undefined;
}

function paramIndex(flow: Flow, value: Value | undefined): number | undefined {
  const index = value?.kind === 'initial' ? flow.ir.params.findIndex((param) => param.name === value.place) : -1;
  return 0 <= index ? index : undefined;
}

/** The function returns the count as it is: nothing else but zero, or the result of another call. */
function returnsMapped(flow: Flow, result: Value): boolean {
  const options = flow.returns.flatMap((end) => (end.value ? alternatives(end.value) : []));
  const isOther = (option: Value) =>
    option.key !== result.key && option.kind !== 'result' && !(option.kind === 'constant' && option.number === 0n);
  return options.some((option) => option.key === result.key) && !options.some(isOther);
}

/** Functions ordered so that callees come before callers, where there is no recursion. */
function calleesFirst(functions: readonly FunctionIr[]): readonly FunctionIr[] {
  const byName = new Map(functions.map((one) => [one.name, one]));
  const done = new Set<FunctionIr>();
  const order: FunctionIr[] = [];
  for (const root of functions) {
    const stack: { readonly ir: FunctionIr; readonly callees: Iterator<FunctionIr> }[] = [];
    const enter = (ir: FunctionIr) => {
      if (done.has(ir)) return;
      done.add(ir);
      stack.push({ ir, callees: calleesOf(ir, byName).values() });
    };
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.callees.next();
      if (next.done) {
        order.push(top.ir);
        stack.pop();
      } else {
        enter(next.value);
      }
    }
  }
  return order;
}

function calleesOf(ir: FunctionIr, byName: ReadonlyMap<string, FunctionIr>): readonly FunctionIr[] {
  const callees = new Set<FunctionIr>();
  for (const block of ir.blocks) {
    for (const statement of block.statements) {
      const callee = statement.kind === 'call' && statement.call.name ? byName.get(statement.call.name) : undefined;
      if (callee) callees.add(callee);
    }
  }
  return [...callees];
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

/** Limits that the file sets with a constant, when it sets one value only. */
function deviceHints(flows: readonly Flow[]): DeviceHints {
  const sizes = declared(flows, ['dma_set_max_seg_size', 'vb2_dma_contig_set_max_seg_size'], 1);
  const boundaries = declared(flows, ['dma_set_seg_boundary'], 1);
  const masks = declared(flows, ['dma_set_mask', 'dma_set_mask_and_coherent', 'dma_coerce_mask_and_coherent'], 1);
  return {
    ...(sizes !== undefined && { maxSegmentSize: Number(BigInt.asUintN(32, sizes)) }),
    ...(boundaries !== undefined && { segmentBoundary: BigInt.asUintN(64, boundaries) }),
    ...(masks !== undefined && { dmaMask: BigInt.asUintN(64, masks) }),
  };
}

function declared(flows: readonly Flow[], names: readonly string[], index: number): bigint | undefined {
  const values = new Set<bigint>();
  for (const flow of flows) {
    for (const call of flow.calls) {
      const value = names.includes(call.call.name ?? '') ? call.args[index] : undefined;
      if (value?.kind === 'constant') values.add(value.number);
    }
  }
  const [only] = values;
  return values.size === 1 ? only : undefined;
}
