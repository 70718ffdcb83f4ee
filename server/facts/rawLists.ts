/** Lists on the stack whose entries are filled before anybody has set the list up. */

import type { Expr } from '../code/ir';
import type { CallFact, Flow } from './flow';

/** Entries of a local array that are set although the array was never cleared, nor its end marked. */
export interface RawList {
  readonly name: string;
  /** The first call that fills an entry. */
  readonly fill: CallFact;
}

const FILLS = /^sg_set_(?:buf|page|folio)$/;

export function findRawLists(flow: Flow): readonly RawList[] {
  const found: RawList[] = [];
  for (const { name, type, pointers, isStatic } of flow.ir.locals) {
    if (pointers !== 0 || isStatic || !/\bstruct scatterlist\b/.test(type)) continue;
    const about = flow.calls
      .filter((call) => call.call.args.some((arg) => rootOf(arg) === name))
      .sort((a, b) => a.call.span.start - b.call.span.start);
    const [fill] = about;
    // Whoever is given the list first may set it up; so does an initialiser.
    if (!fill || !FILLS.test(fill.call.name ?? '')) continue;
    const isSet = flow.stores.some((store) => rootOf(store.target) === name && store.span.start < fill.call.span.start);
    const isUsed = about.some((call) => !FILLS.test(call.call.name ?? ''));
    if (isUsed && !isSet) found.push({ name, fill });
  }
  return found;
}

/** The variable that an expression is, is a part of, or points into. */
function rootOf(expr: Expr): string | undefined {
  switch (expr.kind) {
    case 'name':
      return expr.name;
    case 'index':
    case 'address':
    case 'field':
    case 'deref':
      return rootOf(expr.base);
    case 'binary':
      return rootOf(expr.left);
    case 'cast':
      return rootOf(expr.operand);
    default:
      return undefined;
  }
}
