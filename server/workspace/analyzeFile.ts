/** Reads and analyses one file; what comes of it is plain data that crosses threads. */

import { type AnalysisStats, type AnalyzeOptions, analyze } from '../lens';
import type { Parser } from '../syntax/parser';
import type { Finding } from '../types';
import { readSource } from './files';

/** What `analyze` is told, without the part that does not cross threads. */
export type FileOptions = Omit<AnalyzeOptions, 'log'>;

interface Outcome {
  readonly file: string;
  /** What rules say about themselves. */
  readonly messages: readonly string[];
}

export type FileOutcome =
  /** Does not mention the DMA API. */
  | (Outcome & { readonly kind: 'other' })
  | (Outcome & { readonly kind: 'failed'; readonly reason: string; readonly isAnalyzed?: boolean })
  | (Outcome & {
      readonly kind: 'analyzed';
      /** The file's text where there are findings. */
      readonly text?: string;
      readonly findings: readonly Finding[];
      readonly stats: AnalysisStats;
    });

/** Never throws. */
export function analyzeFile(file: string, parser: Parser, options: FileOptions): FileOutcome {
  const source = readSource(file);
  const messages: string[] = [];
  if (source.kind === 'failed') return { kind: 'failed', file, reason: source.reason, messages };
  if (source.kind === 'other') return { kind: 'other', file, messages };
  try {
    const log = (message: string) => messages.push(message);
    const { findings, stats } = analyze(source.text, parser, { ...options, log });
    const text = findings.length === 0 ? {} : { text: source.text };
    return { kind: 'analyzed', file, findings, stats, messages, ...text };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', file, reason, messages, isAnalyzed: true };
  }
}
