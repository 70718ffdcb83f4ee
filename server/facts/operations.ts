/** Functions that a file puts into tables of operations: `.map_dma_buf = foo_map`, and what their framework expects. */

import type { Expr, FileIr } from '../code/ir';
import { CONTRACTS, type Contract } from '../dmaApi';

/** A function's place in a table of operations. */
export interface Operation {
  readonly function: string;
  /** The struct of operations, such as `dma_buf_ops`, and its field. */
  readonly ops: string;
  readonly field: string;
  /** What the framework promises and expects, where it is about mappings. */
  readonly contract?: Contract;
}

/** Every function that a file-level initialiser names, with the contract that it enters into. */
export function operationsOf(file: FileIr): readonly Operation[] {
  const functions = new Set(file.functions.map((one) => one.name));
  const fields = new Map(
    file.structs.flatMap((struct) =>
      struct.fields.map((field) => [`${struct.name}.${field.name}`, structName(field.type)] as const),
    ),
  );
  const found: Operation[] = [];
  const visit = (value: Expr, ops: string | undefined) => {
    if (value.kind !== 'initializer') return;
    for (const field of value.fields) {
      const name = /^\.(\w+)$/.exec(field.designator ?? '')?.[1];
      const inner = field.value;
      if (inner.kind === 'initializer')
        visit(inner, name === undefined ? ops : (fields.get(`${ops}.${name}`) ?? EMBEDDED[`${ops}.${name}`]));
      const target = targetOf(inner);
      if (ops === undefined || name === undefined || target === undefined || !functions.has(target)) continue;
      const contract = CONTRACTS.find((one) => one.ops === ops && one.field === name);
      found.push({ function: target, ops, field: name, ...(contract && { contract }) });
    }
  };
  for (const { variable, value } of file.globals) if (value) visit(value, structName(variable.type));
  return found;
}

/** Structs of operations that lie within others of the kernel's headers. */
const EMBEDDED: Readonly<Record<string, string>> = {
  'virtio_dma_buf_ops.ops': 'dma_buf_ops',
};

/** The contracts that each function enters into. */
export function contractsOf(operations: readonly Operation[]): ReadonlyMap<string, readonly Contract[]> {
  const contracts = new Map<string, readonly Contract[]>();
  for (const { function: name, contract } of operations) {
    if (contract) contracts.set(name, [...(contracts.get(name) ?? []), contract]);
  }
  return contracts;
}

function structName(type: string): string | undefined {
  return /\bstruct\s+(\w+)/.exec(type)?.[1];
}

/** `foo` for `foo`, `&foo` and `(cast)foo`. */
function targetOf(value: Expr): string | undefined {
  if (value.kind === 'name') return value.name;
  if (value.kind === 'address') return targetOf(value.base);
  return value.kind === 'cast' ? targetOf(value.operand) : undefined;
}
