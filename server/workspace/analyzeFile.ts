/** Reads and analyses one file; what comes of it is plain data that crosses threads. */

import type { Summary } from '../facts/summary';
import { type Analysis, type AnalysisStats, type AnalyzeOptions, analyze } from '../lens';
import type { Parser } from '../syntax/parser';
import type { Finding } from '../types';
import { decodeSource } from './encoding';
import { type ExportedSummary, exportsOf, lookupIn } from './externals';
import { readBytes } from './files';
import { keyOf, type Store } from './store';

/** What `analyze` is told, without the parts that do not cross threads. */
export type FileOptions = Omit<AnalyzeOptions, 'log' | 'external'>;

interface Outcome {
  readonly file: string;
  /** What rules say about themselves. */
  readonly messages: readonly string[];
}

export type FileOutcome =
  /** Does not mention the DMA API. */
  | (Outcome & { readonly kind: 'other' })
  | (Outcome & { readonly kind: 'failed'; readonly reason: string; readonly isAnalyzed?: boolean })
  | (Outcome & Analyzed & { readonly kind: 'analyzed' });

/** What an analysis leaves behind, apart from the name of the file. */
export interface Analyzed {
  /** Hash of the file's content. */
  readonly content: string;
  /** The file's text where there are findings. */
  readonly text?: string;
  readonly findings: readonly Finding[];
  readonly stats: AnalysisStats;
  /** Functions that tell callers in other files something. */
  readonly exports: readonly ExportedSummary[];
  /** Functions that it calls and does not define, separated by spaces. */
  readonly calls: string;
}

/** Never throws. `externals`: what functions of other files do. `store`: where results are kept. */
export function analyzeFile(
  file: string,
  parser: Parser,
  options: FileOptions,
  externals: readonly Summary[] = [],
  store?: Store,
): FileOutcome {
  const source = readBytes(file);
  if (source.kind === 'failed') return { kind: 'failed', file, reason: source.reason, messages: [] };
  if (source.kind === 'other') return { kind: 'other', file, messages: [] };
  const content = keyOf(source.bytes);
  const known = store && recall(store, file, content, options, externals);
  if (known) return known;
  const messages: string[] = [];
  try {
    const text = decodeSource(source.bytes).text;
    const log = (message: string) => messages.push(message);
    const external = 0 < externals.length && { external: lookupIn(externals) };
    const analysis = analyze(text, parser, { ...options, ...external, log });
    const analyzed = outcomeOf(file, text, content, analysis);
    // What failed in part is tried again next time.
    if (messages.length === 0) keep(store, resultKey(file, content, options, externals), analyzed);
    return { kind: 'analyzed', file, messages, ...analyzed };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', file, reason, messages, isAnalyzed: true };
  }
}

function outcomeOf(file: string, text: string, content: string, analysis: Analysis): Analyzed {
  const { findings, stats, summaries, externals } = analysis;
  return {
    content,
    findings,
    stats,
    exports: exportsOf(file, text, summaries),
    calls: externals.join(' '),
    ...(0 < findings.length && { text }),
  };
}

/** Texts are not kept: the file has its own. */
function keep(store: Store | undefined, key: string, analyzed: Analyzed): void {
  const { text: _text, ...rest } = analyzed;
  store?.set(key, rest);
}

/** The result that is kept of a file with this content; undefined when there is none. */
export function recall(
  store: Store,
  file: string,
  content: string,
  options: FileOptions,
  externals: readonly Summary[] = [],
): FileOutcome | undefined {
  const value = store.get(resultKey(file, content, options, externals));
  if (!isAnalyzed(value)) return undefined;
  const exports = value.exports.map((one) => ({ ...one, elsewhere: { ...one.elsewhere, file } }));
  const known = { kind: 'analyzed', file, messages: [], ...value, exports } as const;
  if (value.findings.length === 0) return known;
  const source = readBytes(file);
  if (source.kind !== 'bytes' || keyOf(source.bytes) !== content) return undefined;
  return { ...known, text: decodeSource(source.bytes).text };
}

/** What a result depends on. Who can call a header's functions depends on where it is. */
function resultKey(file: string, content: string, options: FileOptions, externals: readonly Summary[]): string {
  const { kernel, platforms, rules, severities } = options;
  const settings = JSON.stringify([kernel, platforms, rules, severities]);
  const place = `${/(?:^|\/)include\//.test(file)} ${file.endsWith('.h')}`;
  return keyOf('result', place, content, settings, JSON.stringify(externals));
}

/** The store guards against damage; this guards the type. */
function isAnalyzed(value: unknown): value is Analyzed {
  return (
    typeof value === 'object' &&
    value !== null &&
    'content' in value &&
    typeof value.content === 'string' &&
    'calls' in value &&
    typeof value.calls === 'string' &&
    'findings' in value &&
    Array.isArray(value.findings) &&
    'exports' in value &&
    Array.isArray(value.exports) &&
    'stats' in value &&
    typeof value.stats === 'object'
  );
}
