/** What a file says about its device and its host: masks, segment limits, sizes of requests. */

import type { Expr, FileIr } from '../code/ir';
import type { DeviceHints, HostLimits } from '../replay/types';
import type { Flow } from './flow';

const SIZES = new Set(['dma_set_max_seg_size', 'vb2_dma_contig_set_max_seg_size']);
const BOUNDARIES = new Set(['dma_set_seg_boundary']);
const MASKS = new Set([
  'dma_set_mask',
  'dma_set_mask_and_coherent',
  'dma_coerce_mask_and_coherent',
  'pci_set_dma_mask',
]);
/** Fields of host structures and templates, by what they limit. */
const ENTRIES = new Set(['max_segs', 'max_segments', 'sg_tablesize']);
const ENTRY_BYTES = new Set(['max_seg_size', 'max_segment_size']);
const BYTES = new Set(['max_req_size']);
const HOST_BOUNDARY = new Set(['dma_boundary', 'seg_boundary_mask']);
const UNLIMITED = new Set([0xffffn]);

/** Limits that the file sets to one value only; of several masks, the largest, since smaller ones are tried next. */
export function deviceHints(file: FileIr, flows: readonly Flow[]): DeviceHints {
  const fields = fieldValues(file, flows);
  const sizes = single(given(flows, SIZES));
  const boundary = single(given(flows, BOUNDARIES)) ?? single(fields, HOST_BOUNDARY);
  const masks = given(flows, MASKS);
  const mask = masks.reduce<bigint | undefined>(
    (most, one) => (most !== undefined && one < most ? most : one),
    undefined,
  );
  const host = hostLimits(fields);
  return {
    ...(sizes !== undefined && { maxSegmentSize: Number(BigInt.asUintN(32, sizes)) }),
    ...(boundary !== undefined && isMask(boundary) && { segmentBoundary: BigInt.asUintN(64, boundary) }),
    ...(mask !== undefined && isMask(mask) && { dmaMask: BigInt.asUintN(64, mask) }),
    ...(0 < Object.keys(host).length && { host }),
  };
}

type Field = readonly [name: string, value: bigint];

function hostLimits(fields: readonly Field[]): HostLimits {
  const number = (names: ReadonlySet<string>) => {
    const value = single(fields, names);
    return value !== undefined && 0n < value && value < 2n ** 40n && !UNLIMITED.has(value) ? Number(value) : undefined;
  };
  const [entries, entryBytes, bytes] = [number(ENTRIES), number(ENTRY_BYTES), number(BYTES)];
  return {
    ...(entries !== undefined && { maxEntries: entries }),
    ...(entryBytes !== undefined && { maxEntryBytes: entryBytes }),
    ...(bytes !== undefined && { maxBytes: bytes }),
  };
}

/** Constants that the file stores in fields, or initialises them with. */
function fieldValues(file: FileIr, flows: readonly Flow[]): readonly Field[] {
  const found: Field[] = [];
  for (const flow of flows) {
    for (const store of flow.stores) {
      if (store.target.kind === 'field' && store.value.kind === 'constant')
        found.push([store.target.name, store.value.number]);
    }
  }
  for (const { value } of file.globals) if (value) addInitialized(value, found);
  return found;
}

function addInitialized(value: Expr, found: Field[]): void {
  if (value.kind !== 'initializer') return;
  for (const field of value.fields) {
    if (field.value.kind === 'number' && field.designator) found.push([field.designator.slice(1), field.value.value]);
    else addInitialized(field.value, found);
  }
}

/** Constants given as second argument. */
function given(flows: readonly Flow[], names: ReadonlySet<string>): readonly bigint[] {
  const values: bigint[] = [];
  for (const flow of flows) {
    for (const call of flow.calls) {
      const value = names.has(call.call.name ?? '') ? call.args[1] : undefined;
      if (value?.kind === 'constant') values.push(value.number);
    }
  }
  return values;
}

function single(values: readonly bigint[]): bigint | undefined;
function single(values: readonly Field[], names: ReadonlySet<string>): bigint | undefined;
function single(values: readonly (bigint | Field)[], names?: ReadonlySet<string>): bigint | undefined {
  const distinct = new Set(
    values.flatMap((one) => (typeof one === 'bigint' ? [one] : names?.has(one[0]) ? [one[1]] : [])),
  );
  const [only] = distinct;
  return distinct.size === 1 ? only : undefined;
}

function isMask(value: bigint): boolean {
  const mask = BigInt.asUintN(64, value);
  return mask !== 0n && (mask & (mask + 1n)) === 0n;
}
