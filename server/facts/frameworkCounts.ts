/** Lists that a kernel framework hands to drivers, and which of its fields counts what. */

import type { FunctionIr } from '../code/ir';
import { alternatives, type Value } from './values';

interface FrameworkList {
  /** Struct that holds list and counts. */
  readonly struct: string;
  /** How variables and fields of that type are called, where the type itself is not seen. */
  readonly name: RegExp;
  readonly list: string;
  /** Entries before mapping. */
  readonly original: string;
  /** Segments after mapping, where the framework keeps them. */
  readonly mapped?: string;
  /** Drivers map the list themselves; otherwise it comes to them mapped. */
  readonly isMappedByDriver: boolean;
}

const LISTS: readonly FrameworkList[] = [
  // include/linux/mmc/core.h
  {
    struct: 'mmc_data',
    name: /^(?:\w*data)$/,
    list: 'sg',
    original: 'sg_len',
    mapped: 'sg_count',
    isMappedByDriver: true,
  },
  // include/linux/usb.h
  {
    struct: 'urb',
    name: /^(?:urb)$/,
    list: 'sg',
    original: 'num_sgs',
    mapped: 'num_mapped_sgs',
    isMappedByDriver: false,
  },
  // include/linux/usb/gadget.h
  {
    struct: 'usb_request',
    name: /^(?:\w*req|request)$/,
    list: 'sg',
    original: 'num_sgs',
    mapped: 'num_mapped_sgs',
    isMappedByDriver: false,
  },
  // include/linux/libata.h
  {
    struct: 'ata_queued_cmd',
    name: /^qc$/,
    list: 'sg',
    original: 'orig_n_elem',
    mapped: 'n_elem',
    isMappedByDriver: false,
  },
  // include/linux/bsg-lib.h
  { struct: 'bsg_buffer', name: /_payload$/, list: 'sg_list', original: 'sg_cnt', isMappedByDriver: true },
  // include/target/target_core_base.h
  {
    struct: 'se_cmd',
    name: /^(?:\w*cmd)$/,
    list: 't_data_sg',
    original: 't_data_nents',
    isMappedByDriver: true,
  },
];

export interface FrameworkCount {
  readonly kind: 'original' | 'mapped';
  /** Name of the other count's field or accessor; absent where the framework keeps none. */
  readonly other: string | undefined;
  readonly isMappedByDriver: boolean;
}

/** What `count` says about the list at `head`, when both belong to one object of a framework. */
export function frameworkCount(ir: FunctionIr, head: Value, count: Value): FrameworkCount | undefined {
  for (const list of alternatives(head)) {
    for (const option of alternatives(count)) {
      const found = pairOf(ir, list, option);
      if (found) return found;
    }
  }
  return undefined;
}

function pairOf(ir: FunctionIr, list: Value, count: Value): FrameworkCount | undefined {
  if (list.kind === 'pure' && count.kind === 'pure' && list.name === 'scsi_sglist' && count.name === 'scsi_sg_count') {
    const isSame = list.args[0]?.key === count.args[0]?.key;
    return isSame ? { kind: 'original', other: undefined, isMappedByDriver: true } : undefined;
  }
  if (list.kind !== 'initial' || count.kind !== 'initial') return undefined;
  const [of, counted] = [split(list.place), split(count.place)];
  if (!of || !counted || of.base !== counted.base) return undefined;
  for (const row of LISTS) {
    if (row.list !== of.field || !isOf(ir, of.base, row)) continue;
    if (counted.field === row.original)
      return { kind: 'original', other: row.mapped, isMappedByDriver: row.isMappedByDriver };
    if (counted.field === row.mapped)
      return { kind: 'mapped', other: row.original, isMappedByDriver: row.isMappedByDriver };
  }
  return undefined;
}

function split(place: string): { readonly base: string; readonly field: string } | undefined {
  const match = /^(.*)(?:->|\.)(\w+)$/.exec(place);
  return match?.[1] !== undefined && match[2] !== undefined ? { base: match[1], field: match[2] } : undefined;
}

function isOf(ir: FunctionIr, base: string, row: FrameworkList): boolean {
  const variable = [...ir.params, ...ir.locals].find((one) => one.name === base);
  if (variable) return new RegExp(`\\bstruct ${row.struct}\\b`).test(variable.type);
  const last = /(?:->|\.)(\w+)$/.exec(base)?.[1];
  return last !== undefined && row.name.test(last);
}
