/** What a rule is. One file per rule; adding one is a file, a line in `index.ts` and a test. */

import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { KernelVersion, Problem, Severity } from '../types';

export interface Rule {
  /** Names the mistake; never renamed or reused. Also the file's name. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** Plain prose: why it is wrong, and what the kernel promises instead. */
  readonly why: string;
  /** Minimal C with markers: the first loud test, and the page's bad example. */
  readonly bad: string;
  /** Minimal C without findings: the first silent test, and the page's good example. */
  readonly good: string;
  /** How the fix changes the code, and what it leaves to the author. */
  readonly fix: string;
  /** What looks similar and is not reported. */
  readonly silent: string;
  /** Kernel document or message that says the same. */
  readonly reference: string;
  /** First kernel the rule speaks about; absent: all. */
  readonly since?: KernelVersion;
  check(fn: FunctionFacts, file: FileFacts): Iterable<Problem>;
}
