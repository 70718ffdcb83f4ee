/** Sums a function up for its callers. Callees have been summed up before, where there is no recursion. */

import { dmaFunction } from '../dmaApi';
import { isTester } from './addresses';
import type { ContiguityFacts } from './contiguity';
import { fieldKeys } from './fields';
import type { CallFact, Flow } from './flow';
import type { Knowledge } from './knowledge';
import { findMeasures } from './measure';
import { operandOf, placeOperand, valueAt } from './operands';
import {
  type Effect,
  isMappingEffect,
  MAPPING_PARTS,
  type MappingEffect,
  type MappingPart,
  type Operand,
  type Returned,
  type Summary,
} from './summary';
import { tableOf } from './tables';
import { alternatives, constant, mentions, substitute, type Value } from './values';
import { consumesParams } from './walkFindings';
import type { WalkFacts } from './walks';

/** Functions with more effects than that say little about any one of them. */
const MAX_EFFECTS = 24;
const FREES = /^(?:k|kv|v)free(?:_sensitive)?$|^sg_free_table$|^sgl_free$|^sg_free_append_table$/;
/** Types of arguments that are worth following into a field. */
const KEPT = /\b(?:struct (?:sg_table|scatterlist)|dma_addr_t)\b/;

/** What a function does; `addContiguity()` completes it when that is known. */
export function summarize(flow: Flow, walked: WalkFacts, knowledge: Knowledge): Summary {
  const { ir } = flow;
  const effects = new Map<string, Effect>();
  const add = (effect: Effect | undefined) => {
    if (effect && effects.size < MAX_EFFECTS) effects.set(JSON.stringify(effect), effect);
  };
  for (const call of flow.calls) {
    if (dmaFunction(call.call.name)) add(mappingEffect(flow, call));
    else for (const effect of calleeEffects(flow, call, knowledge)) add(effect);
    if (isTester(call)) for (const arg of testedBy(call)) add(onArgument(flow, arg, 'tests-mapping'));
    const [freed] = call.args;
    if (freed && (FREES.test(call.call.name ?? '') || call.api?.role === 'free'))
      add(onArgument(flow, freedOf(call) ?? freed, 'frees'));
  }
  const consumed = consumesParams(flow, walked, knowledge);
  if (consumed) add({ kind: 'walks', list: plain(consumed.list), count: plain(consumed.count) });
  for (const effect of keptArguments(flow)) add(effect);
  const returns = returned(flow, knowledge);
  return {
    name: ir.name,
    isStatic: ir.isStatic,
    at: ir.nameSpan,
    params: ir.params.map((param) => param.name),
    effects: [...effects.values()],
    ...(returns && { returns }),
  };
}

/** Adds who takes the first address of an argument, and who insists on one range. */
export function addContiguity(summary: Summary, flow: Flow, facts: ContiguityFacts): Summary {
  const effects: Effect[] = [];
  for (const use of facts.firstAddressUses) {
    const what = listOperand(flow, use.list.head);
    if (what && !facts.handled.has(use.list.key)) effects.push({ kind: 'takes-first-address', what });
  }
  for (const test of facts.tests) {
    const what = listOperand(flow, test.list.head);
    if (what && test.refusal) effects.push({ kind: 'requires-contiguity', what, refusal: test.refusal.text });
  }
  if (effects.length === 0) return summary;
  const all = new Map([...summary.effects, ...effects].map((effect) => [JSON.stringify(effect), effect]));
  return { ...summary, effects: [...all.values()].slice(0, MAX_EFFECTS) };
}

function plain(argument: number): Operand {
  return { argument, path: '' };
}

/** A list by the table that it belongs to, where there is one. */
function listOperand(flow: Flow, head: Value): Operand | undefined {
  const table = tableOf(head);
  return table === undefined ? operandOf(flow, head) : placeOperand(flow.ir, table);
}

const KINDS: Readonly<Record<string, MappingEffect['kind']>> = { map: 'maps', unmap: 'unmaps', sync: 'syncs' };

/** A call of the DMA API in terms of the caller's own arguments. */
function mappingEffect(flow: Flow, call: CallFact): MappingEffect | undefined {
  const { api } = call;
  const kind = KINDS[api?.role ?? ''];
  if (!api || !kind) return undefined;
  return restated(kind, api.name, (part) => {
    const index = api[part];
    return index === undefined ? undefined : operandOf(flow, call.args[index]);
  });
}

/** A mapping whose parts are what `operand` says; undefined when no argument leads to it. */
function restated(
  kind: MappingEffect['kind'],
  through: string,
  operand: (part: MappingPart) => Operand | undefined,
): MappingEffect | undefined {
  const parts: Partial<Record<MappingPart, Operand>> = {};
  for (const part of MAPPING_PARTS) {
    const found = operand(part);
    if (found) parts[part] = found;
  }
  return parts.list || parts.table || parts.address ? { kind, through, ...parts } : undefined;
}

/** What a called function of the drivers does to the caller's own arguments. */
function calleeEffects(flow: Flow, call: CallFact, knowledge: Knowledge): readonly Effect[] {
  const own = (operand: Operand | undefined) => operand && operandOf(flow, valueAt(call, operand));
  const found: Effect[] = [];
  for (const effect of knowledge.summary(call.call.name)?.effects ?? []) {
    if (isMappingEffect(effect)) {
      const mapping = restated(effect.kind, effect.through, (part) => own(effect[part]));
      if (mapping) found.push(mapping);
    } else if (effect.kind === 'walks') {
      const [list, count] = [own(effect.list), own(effect.count)];
      if (list && count) found.push({ kind: 'walks', list, count });
    } else if (effect.kind !== 'stores') {
      const what = own(effect.what);
      if (what) found.push({ ...effect, what });
    }
  }
  return found;
}

function onArgument(flow: Flow, value: Value, kind: 'tests-mapping' | 'frees'): Effect | undefined {
  const what = operandOf(flow, value);
  return what && { kind, what };
}

/** What a tester tests: the address, where it is known which argument that is. */
function testedBy(call: CallFact): readonly Value[] {
  const address =
    call.api?.role === 'check' && call.api.address !== undefined ? call.args[call.api.address] : undefined;
  return address ? [address] : call.args;
}

/** dma_free_coherent() frees its third argument, sg_free_table() its only one. */
function freedOf(call: CallFact): Value | undefined {
  const { api } = call;
  const index = api?.role === 'free' ? (api.table ?? api.list ?? api.memory ?? api.pool) : undefined;
  return index === undefined ? undefined : call.args[index];
}

/** Lists, tables and addresses that the function puts into a field. */
function keptArguments(flow: Flow): readonly Effect[] {
  if (!flow.ir.params.some((param) => KEPT.test(param.type))) return [];
  const kept: Effect[] = [];
  for (const store of flow.stores) {
    if (store.target.kind !== 'field') continue;
    const what = operandOf(flow, store.value);
    if (what?.path !== '' || !KEPT.test(flow.ir.params[what.argument]?.type ?? '')) continue;
    const [field] = fieldKeys(flow, store.place, store.target);
    if (field) kept.push({ kind: 'stores', what, field });
  }
  return kept;
}

function returned(flow: Flow, knowledge: Knowledge): Returned | undefined {
  return (
    mappedCount(flow) ??
    measuredSize(flow, knowledge) ??
    claim(flow, knowledge) ??
    address(flow) ??
    status(flow, knowledge)
  );
}

/** The function returns the count as it is: nothing else but zero, or the result of another call. */
function mappedCount(flow: Flow): Returned | undefined {
  const options = returnedOptions(flow);
  for (const call of flow.calls) {
    const { api } = call;
    if (api?.role !== 'map' || api.list === undefined || api.fails === 'mapping-error') continue;
    const isOther = (option: Value) =>
      option.key !== call.result.key &&
      option.kind !== 'result' &&
      !(option.kind === 'constant' && option.number === 0n);
    const list = operandOf(flow, call.args[api.list]);
    if (list && options.some((option) => option.key === call.result.key) && !options.some(isOther))
      return { kind: 'mapped-count', list };
  }
  return undefined;
}

function returnedOptions(flow: Flow): readonly Value[] {
  return flow.returns.flatMap((end) => (end.value ? alternatives(end.value) : []));
}

/** The function adds up the leading contiguous run of an argument, or hands on what another one measured. */
function measuredSize(flow: Flow, knowledge: Knowledge): Returned | undefined {
  for (const measure of findMeasures(flow)) {
    const returnsSum = flow.returns.some(
      (end) => end.value?.kind === 'either' && measure.sums.includes(end.value.place),
    );
    const of = returnsSum ? placeOperand(flow.ir, measure.list) : undefined;
    if (of) return { kind: 'contiguous-size', of: { ...of, path: of.path.replace(/(?:->|\.)sgl$/, '') } };
  }
  const options = returnedOptions(flow);
  const [only] = options;
  if (options.length !== 1 || only?.kind !== 'result') return undefined;
  const call = flow.calls.find((one) => one.result.key === only.key);
  const measured = knowledge.summary(call?.call.name)?.returns;
  const of = call && measured?.kind === 'contiguous-size' ? operandOf(flow, valueAt(call, measured.of)) : undefined;
  return of && { kind: 'contiguous-size', of };
}

/** The function compares the contiguous size of an argument with something and returns whether it is enough. */
function claim(flow: Flow, knowledge: Knowledge): Returned | undefined {
  const [end] = flow.returns;
  if (flow.returns.length !== 1 || !end?.value) return undefined;
  for (const call of flow.calls) {
    const measured = knowledge.summary(call.call.name)?.returns;
    if (measured?.kind !== 'contiguous-size' || end.value.key === call.result.key) continue;
    const of = operandOf(flow, valueAt(call, measured.of));
    if (!of || !mentions(end.value, (part) => part.key === call.result.key)) continue;
    // With a long run and a small need, what does it say?
    const said = substitute(end.value, (part) => {
      if (part.key === call.result.key) return constant(1n << 40n);
      return part.kind === 'initial' ? constant(1n) : undefined;
    });
    if (said.kind === 'constant') return { kind: 'contiguity', of, whenTrue: said.number !== 0n };
  }
  return undefined;
}

/** All that is returned is an address that the function mapped, or that of an entry, or a mark of failure. */
function address(flow: Flow): Returned | undefined {
  const isMark = (value: Value) =>
    value.kind === 'constant' || (value.kind === 'initial' && /^DMA_(?:MAPPING_ERROR|ERROR_CODE)$/.test(value.place));
  const options = returnedOptions(flow).filter((option) => !isMark(option));
  const [only] = options;
  if (!only || options.some((option) => option.key !== only.key)) return undefined;
  if (only.kind === 'pure' && only.name === 'sg_dma_address') {
    const of = only.args[0] && operandOf(flow, only.args[0]);
    return { kind: 'address', ...(of && { of }) };
  }
  const call = only.kind === 'result' ? flow.calls.find((one) => one.result.key === only.key) : undefined;
  return call?.api?.role === 'map' && call.api.fails === 'mapping-error' ? { kind: 'address' } : undefined;
}

/** Every return is 0, a negative number, or what a function with that convention said; some say that it failed. */
function status(flow: Flow, knowledge: Knowledge): Returned | undefined {
  const options = returnedOptions(flow);
  let canFail = false;
  for (const option of options) {
    if (option.kind === 'constant' && option.number <= 0n) {
      canFail ||= option.number < 0n;
      continue;
    }
    const call = option.kind === 'result' ? flow.calls.find((one) => one.result.key === option.key) : undefined;
    const isStatus = call?.api?.fails === 'nonzero' || knowledge.summary(call?.call.name)?.returns?.kind === 'status';
    if (!call || !isStatus) return undefined;
    canFail = true;
  }
  return canFail ? { kind: 'status' } : undefined;
}
