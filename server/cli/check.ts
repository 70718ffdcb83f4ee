/** `dma-lens check`. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { analyze } from '../lens';
import { FORMATS, type Format } from '../report/formats';
import { comparePaths, inOrder } from '../report/order';
import { visible } from '../report/visible';
import { RULES } from '../rules/index';
import { PLATFORMS } from '../sim/platforms';
import { createParser, type Parser } from '../syntax/parser';
import { type KernelVersion, NEWEST_KERNEL, parseKernelVersion } from '../types';
import type { FileOptions } from '../workspace/analyzeFile';
import { userStore } from '../workspace/cacheFolder';
import { decodeSource } from '../workspace/encoding';
import { createLinker } from '../workspace/externals';
import { kernelVersionAt } from '../workspace/kernelTree';
import { createProjectFinder, type Project, ProjectFileError } from '../workspace/projects';
import { type Scanned, type ScanResult, scan } from '../workspace/scan';
import { pruneDaily } from '../workspace/store';
import { updateBaseline, withoutBaseline } from './baselineFile';
import { changesSince } from './changes';
import { outputColors } from './colors';
import { atOrAbove, type FailLevel } from './failLevel';
import { fixFiles } from './fix';
import { knownIds } from './ids';
import { showProgress, showTotals } from './progress';
import { type Selection, selectFiles } from './selection';
import { parseShard } from './shard';
import { readStdin } from './stdin';
import { UsageError } from './usage';
import { VERSION } from './version';

export interface CheckOptions {
  readonly format?: Format;
  readonly kernel?: string;
  readonly platform?: string;
  readonly rule?: string;
  readonly failOn: FailLevel;
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly diff?: string;
  readonly shard?: string;
  readonly fix?: boolean;
  /** Called by the kernel's build: one file, or none. */
  readonly kbuild?: boolean;
  readonly stdin?: boolean;
  readonly stdinFilename: string;
  readonly stats?: boolean;
  readonly quiet?: boolean;
  /** Keep results, and use those that are kept. */
  readonly cache?: boolean;
  /** Workers; absent: one per core. */
  readonly jobs?: number;
}

/** Checks files and prints the report; returns the exit status. */
export async function runCheck(paths: readonly string[], options: CheckOptions): Promise<number> {
  const started = performance.now();
  refuseContradictions(options);
  const log = (message: string) => process.stderr.write(`dma-lens: ${visible(message)}\n`);
  const projectOf = createProjectFinder();
  try {
    const settings = readSettings(paths, options, projectOf);
    const parser = await createParser();
    const selection = selectFiles({
      projectOf,
      ...(options.diff !== undefined && { changes: await changesSince(options.diff) }),
      ...(options.shard !== undefined && { shard: parseShard(options.shard) }),
    });
    const cache = options.cache === false || options.stdin ? undefined : userStore();
    const scanned = options.stdin
      ? await checkStdin(parser, settings, options.stdinFilename, log)
      : await scan(paths, {
          ...settings.of(fileIn(paths[0] ?? '.')),
          ...(options.jobs !== undefined && { jobs: options.jobs }),
          select: selection.select,
          context: selection.context,
          optionsOf: settings.of,
          log,
          progress: showProgress(options.quiet === true),
          ...(cache && { cache }),
        });
    if (cache) pruneDaily(cache.folder);
    const linker = createLinker([{ file: '', exports: scanned.exports, calls: '' }]);
    const result = {
      ...scanned,
      failed: [...scanned.failed].sort((a, b) => comparePaths(a.file, b.file)),
      files: finish(inOrder(scanned.files), selection, paths, options, log, (file, text) =>
        analyze(text, parser, { ...settings.of(file), external: (name) => linker.find(file, name), log }),
      ),
    };
    for (const { file, reason } of result.failed) log(`${file}: ${reason}`);
    const isEmpty = !options.stdin && selection.found() === 0 && result.failed.length === 0;
    if (isEmpty) log(`no C files in ${paths.join(', ')}`);
    const format = options.format ?? (process.stdout.isTTY ? 'pretty' : 'gcc');
    const report = FORMATS[format](result, {
      kernel: settings.kernel,
      version: VERSION,
      base: `${pathToFileURL(process.cwd()).href}/`,
      colors: outputColors(),
      isQuiet: options.quiet === true,
      ...(options.stats && { milliseconds: Math.round(performance.now() - started) }),
    });
    process.stdout.write(report);
    if (format !== 'pretty') showTotals(result, options.quiet === true);
    if (result.failed.some((one) => paths.includes(one.file)) || isEmpty) return 2;
    return failing(result, options.failOn) ? 1 : 0;
  } catch (error) {
    if (error instanceof ProjectFileError) throw new UsageError(error.message);
    throw error;
  }
}

function refuseContradictions(options: CheckOptions): void {
  const { baseline, updateBaseline: update, diff, stdin, shard, fix, rule } = options;
  if (update && baseline === undefined) throw new UsageError('--update-baseline needs --baseline FILE');
  if (update && (diff !== undefined || shard !== undefined || rule !== undefined || stdin)) {
    throw new UsageError('--update-baseline records all findings; leave out --diff, --shard, --rule and --stdin');
  }
  if (stdin && fix) throw new UsageError('--fix writes files; it cannot fix standard input');
  if (stdin && diff !== undefined) throw new UsageError('--diff compares files; it cannot look at standard input');
  if (stdin && shard !== undefined) throw new UsageError('--shard splits files; standard input is one');
}

interface Settings {
  /** Of the report: that of the first path. */
  readonly kernel: KernelVersion;
  /** The same object for files of the same project. */
  of(file: string): FileOptions;
}

/** The command line decides, then the project file, then the kernel tree. */
function readSettings(
  paths: readonly string[],
  options: CheckOptions,
  projectOf: (file: string) => Project | undefined,
): Settings {
  const first = options.stdin ? options.stdinFilename : fileIn(paths[0] ?? '.');
  const given = options.kernel === undefined ? undefined : kernelFrom(options.kernel);
  const tree = kernelVersionAt(first) ?? NEWEST_KERNEL;
  const platforms = chosenIds(options.platform, PLATFORMS, 'platform');
  const rules = chosenIds(options.rule, RULES, 'rule');
  const ofProject = (project: Project | undefined): FileOptions => {
    const shown = platforms ?? project?.platforms;
    return {
      kernel: given ?? project?.kernel ?? tree,
      ...(shown && { platforms: shown }),
      ...(rules && { rules }),
      ...(project && { severities: project.severities }),
      // The share of functions that parse is that of all functions.
      ...(options.stats && { everything: true }),
    };
  };
  const known = new Map<Project | undefined, FileOptions>();
  const of = (file: string) => {
    const project = projectOf(file);
    const options = known.get(project) ?? ofProject(project);
    known.set(project, options);
    return options;
  };
  return { kernel: of(first).kernel, of };
}

/** A path that lies in `path` where that is a folder: the folder's own project file speaks about it. */
function fileIn(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'any.c') : path;
}

function kernelFrom(text: string): KernelVersion {
  const kernel = parseKernelVersion(text);
  if (!kernel) throw new UsageError(`'${text}' is no kernel version; write it as 6.12`);
  return kernel;
}

function chosenIds(
  text: string | undefined,
  known: readonly { readonly id: string }[],
  what: string,
): readonly string[] | undefined {
  if (text === undefined) return undefined;
  return knownIds(
    text,
    known.map((one) => one.id),
    what,
  );
}

async function checkStdin(
  parser: Parser,
  settings: Settings,
  name: string,
  log: (message: string) => void,
): Promise<Scanned> {
  const { text } = decodeSource(await readStdin());
  const { findings, stats } = analyze(text, parser, { ...settings.of(name), log });
  const files = findings.length === 0 ? [] : [{ file: name, text, findings }];
  return { seen: 1, analyzed: 1, failed: [], files, stats, exports: [] };
}

/** What is left of the findings after diff, fixes and baseline. */
function finish(
  files: ScanResult['files'],
  selection: Selection,
  paths: readonly string[],
  options: CheckOptions,
  log: (message: string) => void,
  analyzeAs: Parameters<typeof fixFiles>[1]['analyze'],
): ScanResult['files'] {
  const { baseline } = options;
  let left = selection.filter(files);
  if (baseline !== undefined && !options.updateBaseline) left = withoutBaseline(left, baseline);
  if (options.fix) left = fixFiles(left, { paths, analyze: analyzeAs, log });
  if (baseline === undefined || !options.updateBaseline) return left;
  const count = updateBaseline(left, baseline);
  if (!options.quiet) log(`${baseline}: ${count} known finding${count === 1 ? '' : 's'}`);
  return [];
}

function failing(result: ScanResult, level: FailLevel): boolean {
  const worst = atOrAbove(level);
  return result.files.some((file) => file.findings.some((finding) => worst.includes(finding.severity)));
}
