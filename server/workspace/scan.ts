/** Analyses many files with several workers: the largest first, the results in the order of the files. */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { AnalysisStats } from '../lens';
import { createParser } from '../syntax/parser';
import type { Finding } from '../types';
import { analyzeFile, type FileOptions, type FileOutcome } from './analyzeFile';
import { type FoundFiles, findFiles, sizeOf } from './files';
import type { WorkerTask } from './worker';

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

export interface ScanOptions extends FileOptions {
  /** Narrows the files that were found. */
  readonly select?: (found: FoundFiles) => FoundFiles;
  /** Options of one file, in place of these. The same object for the same options saves copying. */
  readonly optionsOf?: (file: string) => FileOptions;
  /** Workers; absent: one per core. */
  readonly jobs?: number;
  readonly progress?: Progress;
  /** Told about each file as it is done, in no order. */
  readonly outcome?: (outcome: FileOutcome) => void;
  /** Awaited between files that are analysed in this thread, so that others get a turn. */
  readonly pause?: () => Promise<void>;
  /** Told what rules say about themselves. */
  readonly log?: (message: string) => void;
  /** Ends the scan early; the promise is then rejected. */
  readonly signal?: AbortSignal;
  /** Heap of a worker in MiB. A file that needs more is reported as failed. */
  readonly workerMemory?: number;
}

/** Files up to this many bytes in all are not worth starting workers for. */
const SMALL = 3 << 20;
/** Bytes of source that a worker takes at once. */
const BATCH = 2 << 20;
const WORKER_MEMORY = 200;

/** Scans files and folders. Files that cannot be read or analysed are reported under `failed`; the rest go on. */
export async function scan(paths: readonly string[], options: ScanOptions): Promise<ScanResult> {
  const found = (options.select ?? ((all) => all))(findFiles(paths));
  const fileOptions = ownOptions(options);
  const optionsOf = options.optionsOf ?? (() => fileOptions);
  const sizes = new Map(found.files.map((file) => [file, sizeOf(file)]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const jobs = Math.max(1, Math.min(options.jobs ?? availableParallelism(), found.files.length));
  const worker = workerFile();
  const outcomes = new Map<string, FileOutcome>();
  const note = (batch: readonly FileOutcome[]) => {
    for (const outcome of batch) {
      outcomes.set(outcome.file, outcome);
      for (const message of outcome.messages) options.log?.(`${outcome.file}: ${message}`);
      options.outcome?.(outcome);
      options.progress?.(outcomes.size, found.files.length, outcome.file);
    }
  };
  if (worker === undefined || (jobs === 1 && options.workerMemory === undefined) || total < SMALL) {
    const parser = await createParser();
    for (const file of found.files) {
      options.signal?.throwIfAborted();
      note([analyzeFile(file, parser, optionsOf(file))]);
      await options.pause?.();
    }
  } else {
    await runInWorkers(worker, jobs, batchesOf(found.files, sizes), options, optionsOf, note);
  }
  return collect(found.files, found.failed, outcomes, paths);
}

async function runInWorkers(
  filename: string,
  jobs: number,
  batches: readonly (readonly string[])[],
  { signal, workerMemory }: ScanOptions,
  optionsOf: (file: string) => FileOptions,
  note: (batch: readonly FileOutcome[]) => void,
): Promise<void> {
  const pool = new Piscina<WorkerTask, readonly FileOutcome[]>({
    filename,
    minThreads: jobs,
    maxThreads: jobs,
    resourceLimits: { maxOldGenerationSizeMb: workerMemory ?? WORKER_MEMORY },
  });
  const run = (files: readonly string[]) =>
    pool.run({ files: files.map((file) => ({ file, options: optionsOf(file) })) }, signal ? { signal } : {});
  const runBatch = async (files: readonly string[]): Promise<void> => {
    try {
      note(await run(files));
    } catch (error) {
      signal?.throwIfAborted();
      // A worker died: find out over which file, and go on with the others.
      const [only] = files;
      if (files.length === 1 && only !== undefined) note([failure(only, error)]);
      else for (const file of files) await runBatch([file]);
    }
  };
  try {
    await Promise.all(batches.map(runBatch));
  } finally {
    await pool.destroy();
  }
}

/** The part that is about single files. */
function ownOptions(options: ScanOptions): FileOptions {
  const {
    select: _select,
    optionsOf: _optionsOf,
    jobs: _jobs,
    progress: _progress,
    outcome: _outcome,
    pause: _pause,
    log: _log,
    signal: _signal,
    workerMemory: _workerMemory,
    ...fileOptions
  } = options;
  return fileOptions;
}

function failure(file: string, error: unknown): FileOutcome {
  const reason = `the worker gave up: ${error instanceof Error ? error.message : error}`;
  return { file, kind: 'failed', reason, messages: [] };
}

/** The files in batches of about the same size, the largest files first. */
function batchesOf(files: readonly string[], sizes: ReadonlyMap<string, number>): readonly (readonly string[])[] {
  const size = (file: string) => sizes.get(file) ?? 0;
  const batches: string[][] = [];
  let room = 0;
  for (const file of [...files].sort((a, b) => size(b) - size(a))) {
    if (room < size(file)) {
      batches.push([]);
      room = BATCH;
    }
    batches.at(-1)?.push(file);
    room -= size(file) + 1;
  }
  return batches;
}

function collect(
  order: readonly string[],
  unread: ScanResult['failed'],
  outcomes: ReadonlyMap<string, FileOutcome>,
  given: readonly string[],
): ScanResult {
  const failed = [...unread];
  const files: FileFindings[] = [];
  let analyzed = 0;
  let stats = NO_STATS;
  for (const file of order) {
    const outcome = outcomes.get(file);
    if (outcome?.kind === 'failed') {
      if (outcome.isAnalyzed) analyzed += 1;
      if (given.includes(file) || outcome.reason !== 'a binary file') failed.push({ file, reason: outcome.reason });
    } else if (outcome?.kind === 'analyzed') {
      analyzed += 1;
      stats = addStats(stats, outcome.stats);
      if (outcome.text !== undefined) files.push({ file, text: outcome.text, findings: outcome.findings });
    }
  }
  return { seen: order.length, analyzed, failed, files, stats };
}

/** The bundled worker, beside the program or in the folder that a build of the sources goes to. */
function workerFile(): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url));
  return [join(here, 'scan-worker.js'), join(here, '../../dist/scan-worker.js')].find((path) => existsSync(path));
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
