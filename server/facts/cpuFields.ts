/** Entries whose CPU side is given to the device: length, offset or physical address. */

import type { Span } from '../types';
import { type FileMappings, isSingleInFile, listNames } from './fileMappings';
import type { CallFact, Flow } from './flow';
import { isSingle } from './tables';
import { alternatives, mentions, type Value } from './values';
import { fillsAddresses } from './walkEnds';
import type { EntryRead, WalkFacts } from './walks';
import { leadsTo } from './ways';

/** What a device is given of an entry's CPU side. */
export interface CpuFieldUse {
  readonly what: 'length' | 'offset';
  readonly span: Span;
  /** Where the DMA address of the same entry is read. */
  readonly address: EntryRead;
}

/** A physical address that a device is given although the memory is mapped. */
export interface PhysicalUse {
  readonly span: Span;
  /** `sg_phys()`, `virt_to_phys()`, ... */
  readonly by: string;
  /** What would be right. */
  readonly instead: string;
  /** What shows that the memory is mapped. */
  readonly evidence: { readonly span: Span; readonly text: string };
}

const CPU_USE = /dma_(?:un)?map|mem(?:cpy|set|move)|copy|kmap|sync|flush|page|dbg|err|warn|info|print|trace|free|^sg_/i;

function isGiven(read: EntryRead): boolean {
  return read.sink === 'memory' || (read.sink === 'call' && !CPU_USE.test(read.call?.call.name ?? ''));
}

/** The DMA length is used; one that is only printed is not. */
function isDmaLength(read: EntryRead): boolean {
  return read.what === 'dma-length' && read.sink !== 'none';
}

/** `sg->length` or `sg->offset` that goes where the DMA address of the same entry goes. */
export function findCpuFields(flow: Flow, { walks, reads }: WalkFacts, mappings: FileMappings): readonly CpuFieldUse[] {
  const isOneEntry = (at: Flow, head: Value) => isSingleInFile(at, head, mappings);
  const isMade = (head: Value) =>
    fillsAddresses(flow, head) || (mappings.fillsLists && !isMapped(flow, head, mappings));
  const found = new Map<string, CpuFieldUse>();
  for (const walk of walks) {
    if (walk.reads.some(isDmaLength) || isMade(walk.head)) continue;
    const address = walk.reads.find((read) => read.what === 'address' && isGiven(read));
    const map = mapOf(flow, walk.head);
    if (!address || isSingle(flow, walk.head, map) || isOneEntry(flow, walk.head)) continue;
    const length =
      walk.reads.find((read) => read.what === 'length' && isGiven(read)) ?? pagesLoop(flow, walk.reads, address);
    if (length) found.set(String(length.span.start), { what: 'length', span: length.span, address });
  }
  const isFilled = mappings.fillsLists || fillsAddresses(flow);
  if (!isFilled)
    for (const pair of singleDescriptors(flow, reads, isOneEntry, (head) => isMapped(flow, head, mappings)))
      found.set(String(pair.span.start), pair);
  if (found.size === 0 && !isFilled) for (const pair of indexedPairs(reads)) found.set(String(pair.span.start), pair);
  if (found.size === 0 && !isFilled)
    for (const pair of movingPairs(flow, reads, isOneEntry)) found.set(String(pair.span.start), pair);
  if (fillsAddresses(flow)) return [...found.values()];
  const offsets = new Set<string>();
  for (const offset of [...reads].sort((a, b) => a.span.start - b.span.start)) {
    if (offset.what !== 'offset') continue;
    const address = reads.find(
      (read) => read.what === 'address' && read.entry.key === offset.entry.key && read.span.start === offset.span.start,
    );
    if (!address || offsets.has(offset.entry.key)) continue;
    offsets.add(offset.entry.key);
    found.set(`offset ${offset.span.start}`, { what: 'offset', span: offset.span, address });
  }
  return [...found.values()];
}

/** Lists of `struct spi_transfer`: the core builds and maps them. */
const MAPPED_BY_CORE = /(?:->|\.)[rt]x_sg\.sgl$/;

type ListTest = (flow: Flow, head: Value) => boolean;

function isMapped(flow: Flow, head: Value, { all, aliases }: FileMappings): boolean {
  if (MAPPED_BY_CORE.test(head.key)) return true;
  const names = listNames(flow, head, undefined, aliases);
  return mapOf(flow, head) !== undefined || all.some((one) => names.some((name) => one.lists.has(name)));
}

function mapOf(flow: Flow, head: Value): CallFact | undefined {
  return flow.calls.find((call) => call.api?.role === 'map' && call.list?.key === head.key);
}

/** `for (p = 0; p * 4096 < sg->length; p++)` around stores of the entry's DMA address. */
function pagesLoop(flow: Flow, reads: readonly EntryRead[], address: EntryRead): EntryRead | undefined {
  return reads.find((read) => {
    if (read.what !== 'length' || !read.isLoopTest || read.entry.key !== address.entry.key) return false;
    const loop = flow.ir.loops.find((one) => one.header === read.block);
    const inLoop = (one: EntryRead) =>
      one.what === 'address' && one.entry.key === address.entry.key && isGiven(one) && loop?.blocks.includes(one.block);
    return reads.some(inLoop);
  });
}

/** A descriptor with the DMA address and the CPU's length of one entry: `d->addr = ...; d->len = ...`. */
function singleDescriptors(
  flow: Flow,
  reads: readonly EntryRead[],
  isOneEntry: ListTest,
  isSeenMapped: (head: Value) => boolean,
): readonly CpuFieldUse[] {
  const found: CpuFieldUse[] = [];
  for (const length of reads) {
    if (length.what !== 'length' || length.entry.kind === 'entry') continue;
    const ofEntry = reads.filter((read) => read.entry.key === length.entry.key);
    if (ofEntry.some(isDmaLength)) continue;
    const address = ofEntry.find((read) => read.what === 'address' && goTogether(read, length, isSeenMapped));
    if (!address || isSingle(flow, length.entry, mapOf(flow, length.entry)) || isOneEntry(flow, length.entry)) continue;
    found.push({ what: 'length', span: length.span, address });
  }
  return found;
}

/** Both are put into one struct, or given to one function, or written to registers in one go. */
function goTogether(address: EntryRead, length: EntryRead, isSeenMapped: (head: Value) => boolean): boolean {
  const [to, from] = [address.target, length.target];
  if (to?.kind === 'field' && from?.kind === 'field') return isSame(to.base, from.base);
  // Elsewhere, a driver may have given an entry the length of what was mapped.
  if (!isSeenMapped(length.entry) || !address.call || !length.call || !isGiven(length)) return false;
  if (address.call === length.call) return !address.call.api && address.span.start !== length.span.start;
  const isWrite = (read: EntryRead) => WRITES.test(read.call?.call.name ?? '');
  return address.block === length.block && isWrite(address) && isWrite(length);
}

/** `sg[i].length` and `sg[i].dma_address`, both given to the device in one function, wherever they are put. */
function indexedPairs(reads: readonly EntryRead[]): readonly CpuFieldUse[] {
  const found = new Map<string, CpuFieldUse>();
  for (const length of reads) {
    const { entry } = length;
    if (length.what !== 'length' || entry.kind !== 'address' || !/(?:->|\.)sg\[(?!\d+\]$)/.test(entry.place)) continue;
    const ofEntry = reads.filter((read) => read.entry.key === entry.key);
    const address = ofEntry.find((read) => read.what === 'address' && isGiven(read));
    if (!address || !isGiven(length) || found.has(entry.key) || ofEntry.some(isDmaLength)) continue;
    found.set(entry.key, { what: 'length', span: length.span, address });
  }
  return [...found.values()];
}

/** An entry that moves along its list with sg_next(), in whatever loop: its address and its length are given away. */
function movingPairs(flow: Flow, reads: readonly EntryRead[], isOneEntry: ListTest): readonly CpuFieldUse[] {
  const byList = new Map<string, { readonly head: Value; readonly reads: EntryRead[] }>();
  const moving = new Set<string>();
  for (const read of reads) {
    const head = startOf(read.entry);
    if (!head) continue;
    if (head !== read.entry) moving.add(head.key);
    const known = byList.get(head.key) ?? { head, reads: [] };
    byList.set(head.key, known);
    known.reads.push(read);
  }
  const found: CpuFieldUse[] = [];
  for (const { head, reads: own } of byList.values()) {
    if (!moving.has(head.key) || own.some(isDmaLength) || isOneEntry(flow, head) || isSingle(flow, head, undefined))
      continue;
    const address = own.find((read) => read.what === 'address' && isGiven(read));
    const length = own.find((read) => read.what === 'length' && isGiven(read));
    if (address && length) found.push({ what: 'length', span: length.span, address });
  }
  return found;
}

/** What an entry began as, before sg_next() moved it on. */
function startOf(entry: Value): Value | undefined {
  if (entry.kind === 'pure') {
    const [before] = entry.args;
    return entry.name === 'sg_next' && before ? startOf(before) : undefined;
  }
  if (entry.kind !== 'either') return entry.kind === 'initial' ? entry : undefined;
  const starts = alternatives(entry).filter((option) => option.kind === 'initial');
  return starts.length === 1 ? starts[0] : undefined;
}

type Base = Extract<NonNullable<EntryRead['target']>, { kind: 'field' }>['base'];

function isSame(a: Base, b: Base): boolean {
  if (a.kind === 'name' && b.kind === 'name') return a.name === b.name;
  if (a.kind === 'field' && b.kind === 'field') return a.name === b.name && isSame(a.base, b.base);
  if (a.kind === 'index' && b.kind === 'index') return isSame(a.base, b.base) && isSame(a.index, b.index);
  if (a.kind === 'number' && b.kind === 'number') return a.value === b.value;
  return false;
}

const PHYSICAL = /^(?:virt_to_phys|page_to_phys|__pa|virt_to_bus)$/;
/** Functions that write a register or a descriptor of a device. */
export const WRITES = /^(?:__raw_)?write[blq](?:_relaxed)?$|^iowrite(?:8|16|32|64)(?:be)?(?:_rep)?$|^out[bwl](?:_p)?$/;
/** Functions that give an address to an engine of the system. */
const ENGINE = /^(?:au1xxx_)?dbdma_put_(?:source|dest)|_(?:put_source|put_dest)$/;

/** sg_phys() of entries that are walked as mapped ones, and physical addresses of buffers that the function maps. */
export function findPhysicalUses(flow: Flow, { walks }: WalkFacts, mappings: FileMappings): readonly PhysicalUse[] {
  if (fillsAddresses(flow)) return [];
  const isOneEntry = (at: Flow, head: Value) => isSingleInFile(at, head, mappings);
  const found: PhysicalUse[] = [];
  for (const walk of walks) {
    const isDevice = (read: EntryRead) =>
      read.sink === 'memory' || WRITES.test(read.call?.call.name ?? '') || ENGINE.test(read.call?.call.name ?? '');
    const physical = walk.reads.find((read) => read.what === 'physical' && isDevice(read));
    const length = walk.reads.find((read) => read.what === 'dma-length');
    const map = mapOf(flow, walk.head);
    if (!physical || walk.reads.some((read) => read.what === 'address') || isOneEntry(flow, walk.head)) continue;
    const walked = walk.side === 'dma' && physical.sink === 'memory';
    const evidence = length
      ? { span: length.span, text: 'the DMA length of the same entry is read here' }
      : map
        ? { span: map.call.span, text: 'mapped here' }
        : walked
          ? { span: walk.boundSpan, text: 'this walks the DMA segments' }
          : undefined;
    if (evidence) found.push({ span: physical.span, by: 'sg_phys()', instead: 'sg_dma_address()', evidence });
  }
  found.push(...physicalBuffers(flow));
  return found;
}

/** `writel(virt_to_phys(buf), reg)` in a function that maps `buf`. */
function physicalBuffers(flow: Flow): readonly PhysicalUse[] {
  const found: PhysicalUse[] = [];
  for (const map of flow.calls) {
    if (map.api?.role !== 'map' || map.api.fails !== 'mapping-error' || map.api.address === undefined) continue;
    const buffer = map.args[map.api.address];
    if (!buffer || buffer.kind === 'constant') continue;
    const isPhysical = (part: Value) =>
      part.kind === 'pure' && PHYSICAL.test(part.name) && part.args[0]?.key === buffer.key;
    // What differs from the address that the mapping returned is refused, or at least known.
    const isAddress = (part: Value) => part.key === map.result.key;
    if (flow.branches.some(({ test }) => mentions(test, isPhysical) && mentions(test, isAddress))) continue;
    const nameOf = (value: Value) => {
      let name = '';
      mentions(value, (part) => {
        if (isPhysical(part) && part.kind === 'pure') name = part.name;
        return false;
      });
      return name;
    };
    const evidence = { span: map.call.span, text: 'the memory is mapped here' };
    const add = (span: Span, value: Value) =>
      found.push({ span, by: `${nameOf(value)}()`, instead: 'the address that the mapping returned', evidence });
    const isAfter = (block: number, span: Span) =>
      map.call.span.end <= span.start && (block === map.block || leadsTo(flow, map.block, block));
    for (const call of flow.calls) {
      if (!isAfter(call.block, call.call.span)) continue;
      const arg = WRITES.test(call.call.name ?? '') ? call.args.find((one) => mentions(one, isPhysical)) : undefined;
      if (arg) add(call.call.args[call.args.indexOf(arg)]?.span ?? call.call.span, arg);
    }
    for (const store of flow.stores) {
      if (store.target.kind === 'name' || !isAfter(store.block, store.span)) continue;
      if (mentions(store.value, isPhysical)) add(store.span, store.value);
    }
  }
  return found;
}
