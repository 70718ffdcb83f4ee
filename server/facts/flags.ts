/** Flags that the code sets in a word and takes out of it, by their names or numbers. */

import type { Value } from './values';

/** Whether `flag` was set in `value`, as in `flags | MAPPED`, or taken out, as in `flags & ~MAPPED`; undefined: unknown. */
export function hasFlag(value: Value, flag: Value): boolean | undefined {
  if (value.kind === 'either') {
    const [first, ...others] = value.options.map((one) => (one.kind === 'either' ? undefined : hasFlag(one, flag)));
    return others.every((one) => one === first) ? first : undefined;
  }
  if (value.kind !== 'binary') return undefined;
  const { left, right, op } = value;
  // Flags of two names may share bits: after setting one, nothing is known to be taken out, and the other way round.
  if (op === '|') return isSetBy(right, flag) || hasFlag(left, flag) || hasFlag(right, flag) ? true : undefined;
  if (op === '&') return isClearedBy(right, flag) || hasFlag(left, flag) === false ? false : undefined;
  return undefined;
}

function isSetBy(value: Value, flag: Value): boolean {
  if (value.kind === 'constant' && flag.kind === 'constant') return (value.number & flag.number) !== 0n;
  return value.key === flag.key;
}

function isClearedBy(mask: Value, flag: Value): boolean {
  if (mask.kind === 'constant' && flag.kind === 'constant') return (mask.number & flag.number) === 0n;
  return mask.kind === 'unary' && mask.op === '~' && mask.operand.key === flag.key;
}
