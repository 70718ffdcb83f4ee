/** Two lists that a function maps one after the other. */

import type { Callers } from './callers';
import type { CallFact, Flow } from './flow';

/** The function maps another list too, and nobody who calls it cleans up when one of the two cannot be mapped. */
export function hasTwinAlone(flow: Flow, map: CallFact, callers: Callers): boolean {
  return isAlone(flow, callers) && flow.calls.some((call) => isTwin(flow, call, map));
}

/** No caller of the file cleans up, and none outside of it has its name. */
function isAlone(flow: Flow, callers: Callers): boolean {
  return 0 < callers.count ? !callers.release : flow.ir.isStatic;
}

/** A call that maps a list of another buffer, once, as `map` does. */
function isTwin(flow: Flow, call: CallFact, map: CallFact): boolean {
  if (call === map || call.api?.role !== 'map' || call.api.name !== call.call.name) return false;
  if (call.list === undefined && call.table === undefined) return false;
  if (flow.ir.loops.some(({ blocks }) => blocks.includes(map.block) || blocks.includes(call.block))) return false;
  return call.list?.key !== map.list?.key || call.table?.key !== map.table?.key;
}
