/** Analyses many files with several workers: the largest first, the results in the order of the files. */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Summary } from '../facts/summary';
import type { AnalysisStats } from '../lens';
import { createParser } from '../syntax/parser';
import type { Finding } from '../types';
import { analyzeFile, type FileOptions, type FileOutcome } from './analyzeFile';
import type { ExportedSummary } from './externals';
import { type FoundFiles, findFiles } from './files';
import { type Memory, openMemory } from './memory';
import { openStore, type StorePlace } from './store';
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

/** A scan's result, with what it learned on the way. */
export interface Scanned extends ScanResult {
  /** Functions that tell callers in other files something. */
  readonly exports: readonly ExportedSummary[];
}

export type Progress = (done: number, all: number, file: string) => void;

export interface ScanOptions extends FileOptions {
  /** Narrows the files that were found. */
  readonly select?: (found: FoundFiles) => FoundFiles;
  /** Files that are left out but whose functions the others may call; asked for after `select`. */
  readonly context?: () => readonly string[];
  /** Options of one file, in place of these. The same object for the same options saves copying. */
  readonly optionsOf?: (file: string) => FileOptions;
  /** Workers; absent: one per core. */
  readonly jobs?: number;
  readonly progress?: Progress;
  /** Told about each file as it is done, in no order. */
  readonly outcome?: (outcome: FileOutcome) => void;
  /** Told what rules say about themselves. */
  readonly log?: (message: string) => void;
  /** Ends the scan early; the promise is then rejected. */
  readonly signal?: AbortSignal;
  /** Where results are kept from one scan to the next; absent: nowhere. */
  readonly cache?: StorePlace;
  /** Heap of a worker in MiB. A file that needs more is reported as failed. */
  readonly workerMemory?: number;
}

/** Files up to this many bytes in all are not worth starting workers for. */
const SMALL = 3 << 20;
/** Bytes of source that a worker takes at once. */
const BATCH = 2 << 20;
const WORKER_MEMORY = 200;
/** What is young moves to the old all at once: much of it can pass the limit by more than V8 has in reserve to end one worker. */
const WORKER_YOUNG = 24;
/** A function may call one that calls one, each in a file of its own: as many files behind the first are heard of. */
const ROUNDS = 4;

/**
 * Scans files and folders. Files that cannot be read or analysed are reported under `failed`; the rest go on. Files that
 * call functions of others are analysed again with what those do.
 */
export async function scan(paths: readonly string[], options: ScanOptions): Promise<Scanned> {
  const found = (options.select ?? ((all) => all))(findFiles(paths));
  const fileOptions = ownOptions(options);
  const context = new Set(options.context?.() ?? []);
  const optionsOf = withoutRulesFor(context, options.optionsOf ?? (() => fileOptions));
  const outcomes = new Map<string, FileOutcome>();
  const note = (batch: readonly FileOutcome[]) => {
    for (const outcome of batch) {
      outcomes.set(outcome.file, outcome);
      if (context.has(outcome.file)) continue;
      for (const message of outcome.messages) options.log?.(`${outcome.file}: ${message}`);
      options.outcome?.(outcome);
      options.progress?.(Math.min(outcomes.size, found.files.length), found.files.length, outcome.file);
    }
  };
  const memory = openMemory([...found.files, ...context], paths, optionsOf, options.cache);
  note(memory.known);
  const runner = openRunner(options, optionsOf, memory);
  try {
    await runner.run(batchesOf(memory.unknown, memory.sizeOf), NO_EXTERNALS, note);
    memory.save(outcomes);
    const heard = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      const linked = memory.link(outcomes, heard);
      if (linked.externals.size === 0) break;
      note(linked.known);
      await runner.run(batchesOf(linked.unknown, memory.sizeOf), linked.externals, note);
    }
  } finally {
    await runner.close();
  }
  return collect(found.files, found.failed, outcomes, paths);
}

/** Of files that only tell what their functions do, nothing else is asked. */
function withoutRulesFor(context: ReadonlySet<string>, optionsOf: OptionsOf): OptionsOf {
  const known = new Map<FileOptions, FileOptions>();
  return (file) => {
    const own = optionsOf(file);
    if (!context.has(file)) return own;
    const without = known.get(own) ?? { ...own, rules: [] };
    known.set(own, without);
    return without;
  };
}

type Externals = ReadonlyMap<string, readonly Summary[]>;
const NO_EXTERNALS: Externals = new Map();

/** Analyses batches of files, here or in workers. */
interface Runner {
  readonly run: (
    batches: readonly (readonly string[])[],
    externals: Externals,
    note: (batch: readonly FileOutcome[]) => void,
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

type OptionsOf = (file: string) => FileOptions;

/** Workers, where there is enough to do for them. */
function openRunner(options: ScanOptions, optionsOf: OptionsOf, { unknown, sizeOf }: Memory): Runner {
  const total = unknown.reduce((sum, file) => sum + sizeOf(file), 0);
  const jobs = Math.max(1, Math.min(options.jobs ?? availableParallelism(), unknown.length));
  const worker = workerFile();
  return worker === undefined || total < SMALL
    ? runHere(options, optionsOf)
    : runInWorkers(worker, jobs, options, optionsOf);
}

function runHere({ cache, signal }: ScanOptions, optionsOf: OptionsOf): Runner {
  const store = cache && openStore(cache);
  return {
    async run(batches, externals, note) {
      if (batches.length === 0) return;
      const parser = await createParser();
      for (const file of batches.flat()) {
        signal?.throwIfAborted();
        note([analyzeFile(file, parser, optionsOf(file), externals.get(file), store)]);
        // Others get a turn, and the native parser frees its trees.
        await turn();
      }
    },
    close: async () => {},
  };
}

function runInWorkers(
  filename: string,
  jobs: number,
  { signal, workerMemory, cache }: ScanOptions,
  optionsOf: OptionsOf,
): Runner {
  const pool = new Piscina<WorkerTask, readonly FileOutcome[]>({
    filename,
    minThreads: jobs,
    maxThreads: jobs,
    resourceLimits: { maxOldGenerationSizeMb: workerMemory ?? WORKER_MEMORY, maxYoungGenerationSizeMb: WORKER_YOUNG },
  });
  return {
    async run(batches, externals, note) {
      const task = (names: readonly string[]) => {
        const files = names.map((file) => ({ file, options: optionsOf(file), externals: externals.get(file) }));
        return pool.run({ files, cache }, signal ? { signal } : {});
      };
      const runBatch = async (files: readonly string[]): Promise<void> => {
        try {
          note(await task(files));
        } catch (error) {
          signal?.throwIfAborted();
          // A worker died: find out over which file, and go on with the others.
          const [only] = files;
          if (files.length === 1 && only !== undefined) note([failure(only, error)]);
          else for (const file of files) await runBatch([file]);
        }
      };
      await Promise.all(batches.map(runBatch));
    },
    close: () => pool.destroy(),
  };
}

/** The part that is about single files. */
function ownOptions(options: ScanOptions): FileOptions {
  const {
    select: _select,
    context: _context,
    optionsOf: _optionsOf,
    jobs: _jobs,
    progress: _progress,
    outcome: _outcome,
    log: _log,
    signal: _signal,
    workerMemory: _workerMemory,
    cache: _cache,
    ...fileOptions
  } = options;
  return fileOptions;
}

function failure(file: string, error: unknown): FileOutcome {
  const reason = `the worker gave up: ${error instanceof Error ? error.message : error}`;
  return { file, kind: 'failed', reason, messages: [] };
}

/** The files in batches of about the same size, the largest files first. */
function batchesOf(files: readonly string[], size: (file: string) => number): readonly (readonly string[])[] {
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
): Scanned {
  const failed = [...unread];
  const files: FileFindings[] = [];
  let analyzed = 0;
  const exports: ExportedSummary[] = [];
  let stats = NO_STATS;
  for (const file of order) {
    const outcome = outcomes.get(file);
    if (outcome?.kind === 'failed') {
      if (outcome.isAnalyzed) analyzed += 1;
      if (given.includes(file) || outcome.reason !== 'a binary file') failed.push({ file, reason: outcome.reason });
    } else if (outcome?.kind === 'analyzed') {
      analyzed += 1;
      stats = addStats(stats, outcome.stats);
      exports.push(...outcome.exports);
      if (outcome.text !== undefined) files.push({ file, text: outcome.text, findings: outcome.findings });
    }
  }
  return { seen: order.length, analyzed, failed, files, stats, exports };
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
