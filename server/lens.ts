/** The façade: text in, plain data out. Synchronous and pure: same text, same answer. */

import type { Finding, KernelVersion, Severity, Span } from './types';
import type { PlatformVerdict, ReplayResult } from './replay/types';

export interface AnalyzeOptions {
  readonly kernel: KernelVersion;
  /** Platform ids to replay on; absent: the default set for the kernel. */
  readonly platforms?: readonly string[];
  /** Rule ids to run; absent: all. */
  readonly rules?: readonly string[];
  /** Overrides per rule id; `off` silences it. */
  readonly severities?: Readonly<Record<string, Severity | 'off'>>;
}

/** What a hover shows at a place. */
export interface HoverInfo {
  readonly span: Span;
  /** Function or value the hover is about. */
  readonly title: string;
  /** Plain sentences. */
  readonly text: readonly string[];
  readonly replay?: ReplayResult;
  /** The verdict to draw first. */
  readonly picture?: PlatformVerdict;
  readonly rule?: string;
}

export interface Analysis {
  readonly findings: readonly Finding[];
  readonly hovers: readonly HoverInfo[];
  readonly stats: AnalysisStats;
}

export interface AnalysisStats {
  /** All functions of the file, and those with a parse error. */
  readonly functions: number;
  readonly functionsWithErrors: number;
  /** Functions that mention the DMA API. */
  readonly dmaFunctions: number;
  readonly dmaFunctionsWithErrors: number;
}
