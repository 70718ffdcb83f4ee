/** Which memory is mapped, and what the CPU does with it while the device has it. */

import type { Span } from '../types';
import type { CallFact, Flow } from './flow';
import { isSameSubject, renews, saysFailed } from './mappings';
import { followFrom } from './paths';
import { alternatives, type Value } from './values';

export interface WrongMemory {
  readonly map: CallFact;
  readonly kind: 'stack' | 'vmalloc';
  readonly span: Span;
  /** The variable on the stack, or the function that made the address. */
  readonly from: string;
}

export interface CpuAccess {
  readonly map: CallFact;
  /** The write, while the device owns the memory. */
  readonly span: Span;
}

const NOT_LINEAR =
  /^(?:vmalloc|vzalloc|__vmalloc|vmalloc_(?:user|32|node)|vmap|vm_map_ram|kmap|kmap_atomic|kmap_local_page|ioremap\w*|devm_ioremap\w*|memremap|devm_memremap|dma_alloc_coherent)$/;
const WRITES =
  /^(?:memcpy|memset|memmove|strcpy|strncpy|strscpy|sprintf|snprintf|copy_from_user|memcpy_fromio|memzero_explicit)$/;

export function findWrongMemory(flow: Flow): readonly WrongMemory[] {
  const found: WrongMemory[] = [];
  for (const map of flow.calls) {
    if (map.api?.role !== 'map') continue;
    const buffer = bufferOf(flow, map);
    if (!buffer) continue;
    const stack = stackVariable(flow, buffer.value);
    if (stack) found.push({ map, kind: 'stack', span: buffer.span, from: stack });
    const options = alternatives(buffer.value).filter((one) => !(one.kind === 'constant' && one.number === 0n));
    const made = options.map((one) =>
      one.kind === 'result' && NOT_LINEAR.test(one.name ?? '') ? one.name : undefined,
    );
    const [first] = made;
    if (first && made.every((one) => one !== undefined))
      found.push({ map, kind: 'vmalloc', span: buffer.span, from: first });
  }
  return found;
}

interface Buffer {
  readonly value: Value;
  readonly span: Span;
}

/** The kernel virtual address that a call maps, by itself or through a list of one entry. */
function bufferOf(flow: Flow, map: CallFact): Buffer | undefined {
  const index = map.api?.address;
  if (index !== undefined) {
    const [value, expr] = [map.args[index], map.call.args[index]];
    return value && expr && /single/.test(map.call.name ?? '') ? { value, span: expr.span } : undefined;
  }
  const init = flow.calls.find(
    (call) => /^sg_(?:init_one|set_buf)$/.test(call.call.name ?? '') && call.args[0]?.key === map.list?.key,
  );
  const [value, expr] = [init?.args[1], init?.call.args[1]];
  return value && expr ? { value, span: expr.span } : undefined;
}

/** The local variable whose own memory `value` points to. */
function stackVariable(flow: Flow, value: Value): string | undefined {
  if (value.kind === 'binary') return stackVariable(flow, value.left);
  if (value.kind !== 'address') return undefined;
  const match = /^([A-Za-z_]\w*)((?:\.\w+|\[[^\]]*\])*)$/.exec(value.place);
  const variable = flow.ir.locals.find((one) => one.name === match?.[1]);
  if (!variable || variable.isStatic || (0 < variable.pointers && !variable.array && match?.[2] !== ''))
    return undefined;
  return variable.name;
}

/** Writes to a mapped buffer before it is released or synced. */
export function findCpuAccesses(flow: Flow): readonly CpuAccess[] {
  const found: CpuAccess[] = [];
  for (const map of flow.calls) {
    if (map.api?.role !== 'map' || map.api.fails !== 'mapping-error') continue;
    const buffer = bufferOf(flow, map)?.value;
    if (!buffer || buffer.kind === 'opaque' || buffer.kind === 'either') continue;
    const release = flow.calls.some((call) => call.api?.role === 'sync' && isSameSubject(call, map));
    if (release) continue;
    const base = buffer.kind === 'address' ? buffer.place : buffer.key;
    const covers = coversAll(flow, map, buffer);
    const isInside = (place: string) =>
      (place.startsWith(base) && /^(?:->|\[)/.test(place.slice(base.length))) ||
      (buffer.kind === 'address' && place.startsWith(`${base}.`)) ||
      place === `*${base}`;
    let access: CpuAccess | undefined;
    followFrom(flow, map, 'mapped', (state, event) => {
      if (saysFailed(flow, map, event)) return undefined;
      if (event.kind === 'store') {
        const { store } = event;
        // What points elsewhere from inside the buffer is not the buffer.
        const isDirect = isInside(store.place) && !/->/.test(store.place.slice(base.length + 2));
        if (renews(event, base)) return undefined;
        if (!isDirect || (!covers && store.target.kind === 'field') || store.value.key === map.result.key) return state;
        access ??= { map, span: store.span };
        return undefined;
      }
      if (event.kind === 'branch') return state;
      const { call } = event;
      if (call.call.id === map.call.id || renews(event, base)) return undefined;
      if ((call.api?.role === 'unmap' || call.api?.role === 'sync') && isSameSubject(call, map)) return undefined;
      if (call.api?.role === 'unmap' || /unmap|kfree|free_skb|sync/.test(call.call.name ?? '')) return undefined;
      const [target] = call.args;
      if (WRITES.test(call.call.name ?? '') && target?.key === buffer.key) {
        access ??= { map, span: call.call.span };
        return undefined;
      }
      return state;
    });
    if (access) found.push(access);
  }
  return found;
}

/** The mapping takes in the whole object: its size is the object's, or that of the allocation, or it is packet data. */
function coversAll(flow: Flow, map: CallFact, buffer: Value): boolean {
  const index = map.api?.length;
  const [length, expr] = index === undefined ? [] : [map.args[index], map.call.args[index]];
  if (expr?.kind === 'sizeof' || /->data$/.test(buffer.key)) return true;
  const made = flow.calls.find((call) => call.result.key === buffer.key);
  return length !== undefined && (made?.args.some((arg) => arg.key === length.key) ?? false);
}
