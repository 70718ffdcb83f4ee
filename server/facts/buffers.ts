/** Which memory is mapped, and what the CPU does with it while the device has it. */

import type { Expr, Variable } from '../code/ir';
import type { Span } from '../types';
import { placeOf } from './evaluate';
import type { CallFact, Flow } from './flow';
import { isSameSubject, renews, saysFailed } from './mappings';
import { followFrom } from './paths';
import { alternatives, type Value } from './values';

export interface WrongMemory {
  readonly map: CallFact;
  readonly kind: 'stack' | 'vmalloc' | 'static';
  readonly span: Span;
  /** The variable on the stack, or the function that made the address. */
  readonly from: string;
}

export interface CpuAccess {
  readonly map: CallFact;
  readonly kind: 'read' | 'write';
  /** The device only reads, and so does whoever reads meanwhile. */
  readonly isToDevice: boolean;
  /** The access, while the device owns the memory. */
  readonly span: Span;
}

const NOT_LINEAR =
  /^(?:vmalloc|vzalloc|__vmalloc|vmalloc_(?:user|32|node)|vmap|vm_map_ram|kmap|kmap_atomic|kmap_local_page|ioremap\w*|devm_ioremap\w*|memremap|devm_memremap|dma_alloc_coherent)$/;
/** Functions that write to memory, with the argument that points to it. */
const WRITES: ReadonlyMap<string, number> = new Map([
  ...['memcpy', 'memset', 'memmove', 'strcpy', 'strncpy', 'strscpy', 'sprintf', 'snprintf', 'scnprintf'].map(first),
  ...['copy_from_user', 'memcpy_fromio', 'memzero_explicit', 'get_random_bytes', 'ether_addr_copy'].map(first),
  ...['skb_copy_from_linear_data', 'skb_copy_and_csum_dev', 'put_unaligned_le16', 'put_unaligned_le32'].map(second),
  ...['skb_copy_bits', 'sg_copy_to_buffer'].map(third),
]);
/** Functions that read memory, with the argument that points to it. */
const COPIES: ReadonlyMap<string, number> = new Map([
  ...['memcpy', 'memmove', 'copy_to_user', 'memcmp', 'memcpy_toio', 'skb_copy_to_linear_data'].map(second),
  ...['skb_put_data', 'sg_copy_from_buffer', 'skb_store_bits'].map(
    (name) => [name, name.startsWith('skb_put') ? 1 : 2] as const,
  ),
  ...[
    'print_hex_dump_bytes',
    'get_unaligned_le16',
    'get_unaligned_le32',
    'get_unaligned_be16',
    'get_unaligned_be32',
  ].map(first),
]);
/** Macros that take a value, and so read it. */
const CONVERTS =
  /^(?:__)?(?:[bl]e(?:16|32|64)_to_cpu|cpu_to_[bl]e(?:16|32|64)|ntoh[sl]|hton[sl])$|^ieee80211_(?:is|has)_/;

function first(name: string): readonly [string, number] {
  return [name, 0];
}

function second(name: string): readonly [string, number] {
  return [name, 1];
}

function third(name: string): readonly [string, number] {
  return [name, 2];
}

export function findWrongMemory(flow: Flow, globals: ReadonlyMap<string, Variable>): readonly WrongMemory[] {
  const found: WrongMemory[] = [];
  for (const map of flow.calls) {
    if (map.api?.role !== 'map') continue;
    const buffer = bufferOf(flow, map);
    if (!buffer) continue;
    const stack = stackVariable(flow, buffer.value);
    if (stack) found.push({ map, kind: 'stack', span: buffer.span, from: stack });
    const image = stack ? undefined : imageMemory(flow, buffer, globals);
    if (image) found.push({ map, kind: 'static', span: buffer.span, from: image });
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

/** A variable of the file, or a string: part of the kernel's or the module's image. */
function imageMemory(flow: Flow, { value, expr }: Buffer, globals: ReadonlyMap<string, Variable>): string | undefined {
  if (expr.kind === 'string') return expr.text;
  const place = value.kind === 'address' ? value.place : value.kind === 'initial' ? value.place : '';
  const name = /^([A-Za-z_]\w*)((?:\.\w+|\[[^\]]*\])*)$/.exec(place)?.[1];
  if (name === undefined || flow.ir.params.some((one) => one.name === name)) return undefined;
  const local = flow.ir.locals.find((one) => one.name === name);
  const variable = local ? (local.isStatic ? local : undefined) : globals.get(name);
  if (!variable || (0 < variable.pointers && !variable.array)) return undefined;
  // The name of an array is its address; anything else must be asked for with `&`.
  return value.kind === 'address' || (variable.array && variable.pointers === 0 && place === name) ? name : undefined;
}

interface Buffer {
  readonly expr: Expr;
  readonly value: Value;
  readonly span: Span;
}

/** The kernel virtual address that a call maps, by itself or through a list of one entry. */
function bufferOf(flow: Flow, map: CallFact): Buffer | undefined {
  const index = map.api?.address;
  if (index !== undefined) {
    const [value, expr] = [map.args[index], map.call.args[index]];
    return value && expr && /single/.test(map.call.name ?? '') ? { value, expr, span: expr.span } : undefined;
  }
  const init = flow.calls.find(
    (call) => /^sg_(?:init_one|set_buf)$/.test(call.call.name ?? '') && call.args[0]?.key === map.list?.key,
  );
  const [value, expr] = [init?.args[1], init?.call.args[1]];
  return value && expr ? { value, expr, span: expr.span } : undefined;
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

/** Reads and writes of a mapped buffer before it is released or synced. */
export function findCpuAccesses(flow: Flow): readonly CpuAccess[] {
  const found: CpuAccess[] = [];
  for (const map of flow.calls) {
    if (map.api?.role !== 'map' || map.api.fails !== 'mapping-error') continue;
    const buffer = bufferOf(flow, map)?.value;
    if (!buffer || buffer.kind === 'opaque' || buffer.kind === 'either' || buffer.kind === 'constant') continue;
    if (flow.calls.some((call) => call.api?.role === 'sync' && isSameSubject(call, map))) continue;
    const access = firstAccess(flow, map, buffer);
    if (access && !found.some((one) => one.span.start === access.span.start)) found.push(access);
  }
  return found;
}

function firstAccess(flow: Flow, map: CallFact, buffer: Value): CpuAccess | undefined {
  const base = buffer.kind === 'address' ? buffer.place : buffer.key;
  const covers = coversAll(flow, map, buffer);
  const length = map.api?.length === undefined ? undefined : map.args[map.api.length];
  const given = map.api?.direction === undefined ? undefined : map.args[map.api.direction];
  const isToDevice = given?.kind === 'constant' && given.number === 1n;
  let write: CpuAccess | undefined;
  let read: CpuAccess | undefined;
  const isInside = (place: string) => {
    const rest = place.slice(base.length);
    if (place === `*${base}`) return true;
    // What points elsewhere from inside the buffer is not the buffer.
    return (
      place.startsWith(base) &&
      (/^(?:->|\[)/.test(rest) || (buffer.kind === 'address' && rest.startsWith('.'))) &&
      !/->/.test(rest.slice(2))
    );
  };
  const isPart = (value: Value | undefined): boolean => {
    if (!value) return false;
    if (value.key === buffer.key || (value.kind === 'address' && isInside(value.place))) return true;
    return value.kind === 'binary' && value.op === '+' && isWithin(value.right, length) && isPart(value.left);
  };
  followFrom(
    flow,
    map,
    'mapped',
    (state, event) => {
      if (saysFailed(flow, map, event)) return undefined;
      if (event.kind === 'store') {
        const { store } = event;
        if (renews(event, base)) return undefined;
        if (!isInside(store.place) || (!covers && store.target.kind === 'field')) return state;
        if (store.value.key === map.result.key) return state;
        write ??= { map, kind: 'write', isToDevice, span: store.span };
        return undefined;
      }
      if (event.kind === 'branch') return state;
      const { call } = event;
      if (call.call.id === map.call.id || renews(event, base)) return undefined;
      if ((call.api?.role === 'unmap' || call.api?.role === 'sync') && isSameSubject(call, map)) return undefined;
      const name = call.call.name ?? '';
      if (call.api?.role === 'unmap' || /unmap|kfree|free_skb|sync/.test(name)) return undefined;
      const written = WRITES.get(name);
      if (written !== undefined && isPart(call.args[written])) {
        write ??= { map, kind: 'write', isToDevice, span: call.call.span };
        return undefined;
      }
      const copied = COPIES.get(name);
      if (copied !== undefined && !isToDevice && isPart(call.args[copied]))
        read ??= { map, kind: 'read', isToDevice, span: call.call.span };
      return state;
    },
    (expr, env, call, target) => {
      // Any other function may only take the address of an array.
      if (read || (call && !CONVERTS.test(call.name ?? '')) || isPointer(flow, target)) return;
      const at = readsInside(
        expr,
        (one) => isInside(placeOf(one, env, flow.names).key) && (covers || one.kind !== 'field'),
      );
      if (at) read = { map, kind: 'read', isToDevice, span: at };
    },
  );
  return write ?? read;
}

/** An offset that is known to lie in front of the end of what is mapped. */
function isWithin(offset: Value, length: Value | undefined): boolean {
  if (offset.kind !== 'constant' || offset.number < 0n) return false;
  return length?.kind !== 'constant' || offset.number < length.number;
}

/** The first part of an expression that reads memory of which `isInside` holds. */
function readsInside(expr: Expr, isInside: (lvalue: Expr) => boolean): Span | undefined {
  switch (expr.kind) {
    case 'field':
    case 'index':
    case 'deref':
      return isInside(expr) ? expr.span : undefined;
    case 'unary':
    case 'cast':
      return readsInside(expr.operand, isInside);
    case 'binary':
      return readsInside(expr.left, isInside) ?? readsInside(expr.right, isInside);
    default:
      return undefined;
  }
}

/** A pointer that is set to an array inside the buffer reads nothing. */
function isPointer(flow: Flow, target: Expr | undefined): boolean {
  if (target?.kind !== 'name') return false;
  const variable = [...flow.ir.locals, ...flow.ir.params].find((one) => one.name === target.name);
  return variable ? 0 < variable.pointers : target.name.startsWith('#');
}

/** The mapping takes in the whole object: its size is the object's, or that of the allocation, or it is packet data. */
function coversAll(flow: Flow, map: CallFact, buffer: Value): boolean {
  const index = map.api?.length;
  const [length, expr] = index === undefined ? [] : [map.args[index], map.call.args[index]];
  if (expr?.kind === 'sizeof' || /->data$/.test(buffer.key)) return true;
  const made = flow.calls.find((call) => call.result.key === buffer.key);
  return length !== undefined && (made?.args.some((arg) => arg.key === length.key) ?? false);
}
