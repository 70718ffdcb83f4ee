/** What is asked of those who call a function: whether they may put right what it leaves undone. */

import type { Flow } from './flow';
import { releasesAnything } from './leaks';
import { perFlow } from './perFlow';
import { mayUndo } from './rounds';

export interface Callers {
  readonly count: number;
  /** One of them unmaps something, or cleans up. */
  readonly release: boolean;
  /** One of them may release what a loop has mapped. */
  readonly undo: boolean;
}

const helps = perFlow((flow) => ({ release: releasesAnything(flow), undo: flow.calls.some(mayUndo) }));

export function askCallers(callers: readonly Flow[]): Callers {
  return {
    count: callers.length,
    release: callers.some((caller) => helps(caller).release),
    undo: callers.some((caller) => helps(caller).undo),
  };
}
