/** Analyses many files one after the other. */

import { type AnalysisStats, type AnalyzeOptions, analyze } from '../lens';
import type { Parser } from '../syntax/parser';
import type { Finding } from '../types';
import { findFiles, readSource } from './files';

export interface FileFindings {
  readonly file: string;
  readonly text: string;
  readonly findings: readonly Finding[];
}

export interface ScanResult {
  /** C files looked at. */
  readonly seen: number;
  /** Files that mention the DMA API. */
  readonly analyzed: number;
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
  /** Files with findings, in the order of the files. */
  readonly files: readonly FileFindings[];
  readonly stats: AnalysisStats;
}

export type Progress = (done: number, all: number, file: string) => void;

/** Scans files and folders. Files that cannot be read or analysed are reported under `failed`; the rest go on. */
export function scan(
  paths: readonly string[],
  parser: Parser,
  options: AnalyzeOptions,
  progress: Progress,
): ScanResult {
  const found = findFiles(paths);
  const failed = [...found.failed];
  const files: FileFindings[] = [];
  let analyzed = 0;
  let stats = NO_STATS;
  found.files.forEach((file, index) => {
    progress(index, found.files.length, file);
    const source = readSource(file);
    if (source.kind === 'failed') {
      if (paths.includes(file) || source.reason !== 'a binary file') failed.push({ file, reason: source.reason });
      return;
    }
    if (source.kind === 'other') return;
    analyzed += 1;
    try {
      const analysis = analyze(source.text, parser, options);
      stats = addStats(stats, analysis.stats);
      if (0 < analysis.findings.length) files.push({ file, text: source.text, findings: analysis.findings });
    } catch (error) {
      failed.push({ file, reason: error instanceof Error ? error.message : String(error) });
    }
  });
  progress(found.files.length, found.files.length, '');
  return { seen: found.files.length, analyzed, failed, files, stats };
}

export const NO_STATS: AnalysisStats = {
  functions: 0,
  functionsWithErrors: 0,
  dmaFunctions: 0,
  dmaFunctionsWithErrors: 0,
};

export function addStats(a: AnalysisStats, b: AnalysisStats): AnalysisStats {
  return {
    functions: a.functions + b.functions,
    functionsWithErrors: a.functionsWithErrors + b.functionsWithErrors,
    dmaFunctions: a.dmaFunctions + b.dmaFunctions,
    dmaFunctionsWithErrors: a.dmaFunctionsWithErrors + b.dmaFunctionsWithErrors,
  };
}
