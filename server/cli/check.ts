/** `dma-lens check`. */

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { analyze } from '../lens';
import { FORMATS, type Format } from '../report/formats';
import { inOrder } from '../report/order';
import { RULES } from '../rules/index';
import { PLATFORMS } from '../sim/platforms';
import { createParser } from '../syntax/parser';
import { type KernelVersion, NEWEST_KERNEL, parseKernelVersion, SEVERITIES } from '../types';
import { kernelVersionAt } from '../workspace/kernelTree';
import { type ScanResult, scan } from '../workspace/scan';
import { outputColors } from './colors';
import { knownIds } from './ids';
import { showProgress, showTotals } from './progress';
import { UsageError } from './usage';
import { VERSION } from './version';

export interface CheckOptions {
  readonly format?: Format;
  readonly kernel?: string;
  readonly platform?: string;
  readonly rule?: string;
  readonly failOn: 'error' | 'warning' | 'information' | 'never';
  readonly stdin?: boolean;
  readonly stdinFilename: string;
  readonly stats?: boolean;
  readonly quiet?: boolean;
  /** Workers; absent: one per core. */
  readonly jobs?: number;
}

/** Checks files and prints the report; returns the exit status. */
export async function runCheck(paths: readonly string[], options: CheckOptions): Promise<number> {
  const started = performance.now();
  const kernel = kernelOf(options.kernel, paths);
  const platforms =
    options.platform === undefined
      ? undefined
      : knownIds(
          options.platform,
          PLATFORMS.map((one) => one.id),
          'platform',
        );
  const rules =
    options.rule === undefined
      ? undefined
      : knownIds(
          options.rule,
          RULES.map((one) => one.id),
          'rule',
        );
  const log = (message: string) => process.stderr.write(`dma-lens: ${message}\n`);
  const analyzeOptions = { kernel, ...(platforms && { platforms }), ...(rules && { rules }) };
  let scanned: ScanResult;
  if (options.stdin) {
    const text = readFileSync(0, 'utf8');
    const { findings, stats } = analyze(text, await createParser(), { ...analyzeOptions, log });
    const files = findings.length === 0 ? [] : [{ file: options.stdinFilename, text, findings }];
    scanned = { seen: 1, analyzed: 1, failed: [], files, stats };
  } else {
    const progress = showProgress(options.quiet === true);
    const jobs = options.jobs === undefined ? {} : { jobs: options.jobs };
    scanned = await scan(paths, { ...analyzeOptions, ...jobs, log, progress });
  }
  const result = { ...scanned, files: inOrder(scanned.files) };
  for (const { file, reason } of result.failed) log(`${file}: ${reason}`);
  const noFiles = result.seen === 0 && result.failed.length === 0;
  if (noFiles) log(`no C files in ${paths.join(', ')}`);
  const format = options.format ?? (process.stdout.isTTY ? 'pretty' : 'gcc');
  const report = FORMATS[format](result, {
    kernel,
    version: VERSION,
    base: `${pathToFileURL(process.cwd()).href}/`,
    colors: outputColors(),
    isQuiet: options.quiet === true,
    ...(options.stats && { milliseconds: Math.round(performance.now() - started) }),
  });
  process.stdout.write(report);
  if (format !== 'pretty') showTotals(result, options.quiet === true);
  if (result.failed.some((one) => paths.includes(one.file)) || noFiles) return 2;
  return failing(result, options.failOn) ? 1 : 0;
}

function kernelOf(text: string | undefined, paths: readonly string[]): KernelVersion {
  if (text === undefined) return kernelVersionAt(paths[0] ?? '.') ?? NEWEST_KERNEL;
  const kernel = parseKernelVersion(text);
  if (!kernel) throw new UsageError(`'${text}' is no kernel version; write it as 6.12`);
  return kernel;
}

function failing(result: ScanResult, level: CheckOptions['failOn']): boolean {
  if (level === 'never') return false;
  const worst = SEVERITIES.slice(0, SEVERITIES.indexOf(level) + 1);
  return result.files.some((file) => file.findings.some((finding) => worst.includes(finding.severity)));
}
