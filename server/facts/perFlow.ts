/** Work that is done once for each function, however often it is asked for. */

import type { Flow } from './flow';

/** `work`, whose result is kept for as long as the flow is: it may look at nothing else. */
export function perFlow<T>(work: (flow: Flow) => T): (flow: Flow) => T {
  const known = new WeakMap<Flow, { readonly value: T }>();
  return (flow) => {
    const found = known.get(flow) ?? { value: work(flow) };
    known.set(flow, found);
    return found.value;
  };
}
