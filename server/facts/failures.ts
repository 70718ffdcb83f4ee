/** Which ways out of a function say that it failed. */

import type { Flow } from './flow';
import type { PathEnd } from './paths';
import { alternatives, binary, constant } from './values';

/** Constants of subsystems that mean "not done". */
const MEANS_FAILURE = /^(?=[A-Z0-9_]+$).*(?:ERR|FAIL|BUSY|NO_?MEM|NO_?RESOURCE|INVAL|TIMEOUT|NETDEV_TX_OK)/;
/** Errors that mean "in progress". */
const PENDING = new Set([-115n, -16n, -529n, -114n, -517n]);

/** Some return may say that the function failed; where another mapping may have failed, also by saying nothing. */
export function mayFail(flow: Flow, hasOthers: boolean): boolean {
  const isPointer = flow.ir.returnType.includes('*');
  return flow.ir.blocks.some(({ end }) => {
    if (end.kind !== 'return') return false;
    if (!end.value) return hasOthers;
    // A plain number that is none of an error.
    return isPointer || end.value.kind !== 'number';
  });
}

/** The function tells its caller that it failed, for sure. */
export function isFailure(flow: Flow, end: PathEnd): boolean {
  const { value } = end;
  if (!value) return false;
  const options = alternatives(value);
  const isPointer = flow.ir.returnType.includes('*');
  return (
    0 < options.length &&
    options.every((option) => {
      if (option.kind === 'constant')
        return option.number < 0n ? !PENDING.has(option.number) : isPointer && option.number === 0n;
      if (option.kind === 'pure' && option.name === 'ERR_PTR') return true;
      if (option.kind === 'initial' && option.place !== 'NETDEV_TX_OK' && MEANS_FAILURE.test(option.place)) return true;
      if (option.kind === 'result' && /timeout/.test(option.name ?? '')) return false;
      if (option.kind === 'result' && end.isNonzero(binary('<', option, constant(0n))) === false) return false;
      if (option.kind === 'result')
        return /\bint\b|\blong\b/.test(flow.ir.returnType) && !isPointer && end.isNonzero(option) === true;
      return false;
    })
  );
}

/** After a failure, what a function without a way to tell of it returns. */
export function isGivenUp(end: PathEnd): boolean {
  const { value } = end;
  return value === undefined || (value.kind === 'initial' && MEANS_FAILURE.test(value.place));
}
