/** The nouns that every layer shares. Imports only the simulator's nouns. */

import type { ReplayQuestion, ReplayResult } from './replay/types';

/** UTF-16 offsets into the user's text, half-open. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The text that spans refer to, as far as it is read through them. A string is one. */
export interface SourceText {
  slice(start: number, end?: number): string;
  /** -1 where `part` does not stand at or before `from`. */
  lastIndexOf(part: string, from: number): number;
  includes(part: string): boolean;
}

export interface TextEdit {
  readonly span: Span;
  readonly newText: string;
}

/** `automatic` says that the edit is right mechanically, so that `--fix` and fix-on-save may apply it. */
export interface Fix {
  readonly title: string;
  readonly automatic: boolean;
  readonly edits: readonly TextEdit[];
}

/** `error`: wrong on some platform for sure; `warning`: fails to work there; `information`: fragile. */
export type Severity = 'error' | 'warning' | 'information';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information'];

/** A place that explains a problem. `file` is absent when it is the same file. */
export interface Related {
  readonly file?: string;
  readonly span: Span;
  /** Line and column, from 1, where `file` is another one whose text is not at hand. */
  readonly at?: { readonly line: number; readonly column: number };
  readonly message: string;
}

/** What a rule yields. */
export interface Problem {
  readonly span: Span;
  readonly message: string;
  /** Overrides the rule's own severity where the evidence is stronger or weaker. */
  readonly severity?: Severity;
  readonly related?: readonly Related[];
  readonly fixes?: readonly Fix[];
  /** What the code needs of the mapping; the replay answers it and its words follow the message. */
  readonly question?: ReplayQuestion;
}

/** A problem with who says so and how bad it is. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly span: Span;
  readonly message: string;
  readonly function: string;
  readonly related: readonly Related[];
  readonly fixes: readonly Fix[];
  readonly replay?: ReplayResult;
}

/** A kernel release such as 6.12. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

/** The newest release whose behaviour the tables know. */
export const NEWEST_KERNEL: KernelVersion = { major: 6, minor: 18 };

/** Parses `6.12`, `v6.12.117`, `6.12-rc3`; undefined when it is no version. */
export function parseKernelVersion(text: string): KernelVersion | undefined {
  const match = /^v?(\d{1,3})\.(\d{1,3})(?:[.-].*)?$/.exec(text.trim());
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}

/** Negative when `a` is older than `b`, zero when equal. */
export function compareKernels(a: KernelVersion, b: KernelVersion): number {
  return a.major - b.major || a.minor - b.minor;
}

/** True when `kernel` is at least `major.minor`. */
export function isAtLeast(kernel: KernelVersion, major: number, minor: number): boolean {
  return compareKernels(kernel, { major, minor }) >= 0;
}

export function formatKernel(kernel: KernelVersion): string {
  return `${kernel.major}.${kernel.minor}`;
}
