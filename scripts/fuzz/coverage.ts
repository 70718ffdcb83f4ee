/** Which parts of the programs have run, as V8 counts them: an input that reaches new ones is worth more mutations. */

import { Session } from 'node:inspector';

export interface Coverage {
  /** How much of the code ran for the first time since the last call, in UTF-16 units of its text. */
  gained(): number;
  /** How much of the code has ever run, in UTF-16 units of its text. */
  readonly reached: number;
}

interface Block {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Script {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Block[] }[];
}

/** Watches the script `file` in this thread. `ever` has a byte for each unit of its text, 1 where it ran before. */
export function watchCoverage(file: string, ever: Uint8Array): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  const now = new Uint8Array(ever.length);
  const coverage = { reached: ever.reduce((sum, one) => sum + one, 0), gained };
  gained();
  return coverage;

  function gained(): number {
    now.fill(0);
    session.post(
      'Profiler.takePreciseCoverage',
      (_failed, taken: { readonly result: readonly Script[] } | undefined) => {
        const script = taken?.result.find((one) => one.url.endsWith(file));
        // Functions and their blocks come from the outside in.
        for (const { ranges } of script?.functions ?? []) {
          for (const { startOffset, endOffset, count } of ranges) now.fill(0 < count ? 1 : 0, startOffset, endOffset);
        }
      },
    );
    let gain = 0;
    for (let i = 0; i < ever.length; i++) {
      if (now[i] !== 1 || ever[i] === 1) continue;
      ever[i] = 1;
      gain += 1;
    }
    coverage.reached += gain;
    return gain;
  }
}
