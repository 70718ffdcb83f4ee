/** Puts the reports of shards together; the result equals the report of the whole, byte for byte. */

import type * as Sarif from 'sarif';
import type { Severity } from '../types';
import { comparePaths } from './order';
import { BASE_ID, fileOf, sarifText } from './sarif';

export interface Report {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

export interface Merged {
  readonly text: string;
  readonly severities: ReadonlySet<Severity>;
}

/** Thrown with a sentence when reports cannot be put together. */
export class MergeError extends Error {}

/** Merges SARIF reports, or JSON reports, of the same version of this program. */
export function mergeReports(reports: readonly Report[]): Merged {
  const parsed = reports.map((report) => ({ name: report.name, value: parse(report) }));
  const logs = parsed.flatMap(({ value }) => (isLog(value) ? [value] : []));
  const plain = parsed.flatMap(({ value }) => (isPlain(value) ? [value] : []));
  const odd = parsed.find(({ value }) => !isLog(value) && !isPlain(value));
  if (odd) throw new MergeError(`${odd.name}: neither a SARIF nor a JSON report of dma-lens`);
  if (0 < logs.length && 0 < plain.length) throw new MergeError('SARIF and JSON reports cannot be mixed');
  return 0 < logs.length ? mergeLogs(logs) : mergePlain(plain);
}

function parse({ name, text }: Report): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MergeError(`${name}: not JSON`);
  }
}

interface OwnRun extends Sarif.Run {
  readonly results: Sarif.Result[];
  readonly properties: Sarif.PropertyBag;
}

interface OwnLog extends Sarif.Log {
  readonly runs: [OwnRun];
}

function isLog(value: unknown): value is OwnLog {
  if (!isRecord(value) || value['version'] !== '2.1.0' || !Array.isArray(value['runs'])) return false;
  const runs: readonly unknown[] = value['runs'];
  const [run] = runs;
  if (runs.length !== 1 || !isRecord(run) || !isRecord(run['tool']) || !isRecord(run['properties'])) return false;
  const { driver } = run['tool'];
  return isRecord(driver) && driver['name'] === 'dma-lens' && isRecords(run['results']);
}

const LEVELS: Readonly<Record<string, Severity>> = { error: 'error', warning: 'warning', note: 'information' };

function mergeLogs(logs: readonly OwnLog[]): Merged {
  const runs = logs.map((log) => log.runs[0]);
  const [log] = logs;
  const [first] = runs;
  if (!log || !first) throw new MergeError('no reports');
  sameFor(runs, (run) => run.tool, 'different versions of dma-lens');
  sameFor(runs, (run) => run.properties['kernel'], 'different target kernels');
  const results = distinct(runs.flatMap((run) => run.results));
  results.sort((a, b) => comparePaths(fileOf(a.locations?.[0]), fileOf(b.locations?.[0])));
  const notifications = distinct(
    runs.flatMap((run) => run.invocations?.flatMap((one) => one.toolExecutionNotifications ?? []) ?? []),
  );
  notifications.sort((a, b) => comparePaths(fileOf(a.locations?.[0]), fileOf(b.locations?.[0])));
  const total = (name: string) => runs.reduce((sum, run) => sum + toNumber(run.properties[name]), 0);
  const bases = new Set(runs.map((run) => run.originalUriBaseIds?.[BASE_ID]?.uri));
  const run: Sarif.Run = {
    ...first,
    invocations: [{ ...first.invocations?.[0], executionSuccessful: true, toolExecutionNotifications: notifications }],
    // Made in different places: the reader has to say where the tree is.
    originalUriBaseIds: bases.size === 1 ? (first.originalUriBaseIds ?? {}) : { [BASE_ID]: {} },
    results,
    properties: { ...first.properties, filesSeen: total('filesSeen'), filesAnalyzed: total('filesAnalyzed') },
  };
  const severities = new Set(results.flatMap((one) => LEVELS[one.level ?? 'warning'] ?? []));
  return { text: sarifText({ ...log, runs: [run] }), severities };
}

interface Plain {
  readonly version: 1;
  readonly kernel: string;
  readonly files: { readonly seen: number; readonly analyzed: number; readonly failed: readonly PlainFile[] };
  readonly findings: readonly (PlainFile & { readonly severity?: unknown })[];
  readonly stats?: Readonly<Record<string, unknown>>;
}

interface PlainFile {
  readonly file: string;
}

function isPlain(value: unknown): value is Plain {
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['files'])) return false;
  const { failed } = value['files'];
  const hasFile = (one: Readonly<Record<string, unknown>>) => typeof one['file'] === 'string';
  return isRecords(failed) && failed.every(hasFile) && isRecords(value['findings']) && value['findings'].every(hasFile);
}

function mergePlain(reports: readonly Plain[]): Merged {
  const [first] = reports;
  if (!first) throw new MergeError('no reports');
  sameFor(reports, (report) => report.kernel, 'different target kernels');
  const byFile = (a: PlainFile, b: PlainFile) => comparePaths(a.file, b.file);
  const findings = distinct(reports.flatMap((report) => report.findings)).sort(byFile);
  const stats = reports.map((report) => report.stats).filter((one) => one !== undefined);
  const merged: Plain = {
    ...first,
    files: {
      seen: reports.reduce((sum, { files }) => sum + toNumber(files.seen), 0),
      analyzed: reports.reduce((sum, { files }) => sum + toNumber(files.analyzed), 0),
      failed: distinct(reports.flatMap(({ files }) => files.failed)).sort(byFile),
    },
    findings,
    ...(0 < stats.length && { stats: stats.reduce((a, b) => addNumbers(a, b)) }),
  };
  const severities = new Set(Object.values(LEVELS).filter((level) => findings.some((one) => one.severity === level)));
  return { text: `${JSON.stringify(merged, undefined, 2)}\n`, severities };
}

/** Adds the numbers of two records, and of the records in them. */
function addNumbers(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const sum: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = sum[name];
    if (isRecord(value) && isRecord(known)) sum[name] = addNumbers(known, value);
    else if (typeof value === 'number') sum[name] = toNumber(known) + value;
  }
  return sum;
}

function sameFor<T>(all: readonly T[], part: (one: T) => unknown, otherwise: string): void {
  if (1 < new Set(all.map((one) => JSON.stringify(part(one)))).size) {
    throw new MergeError(`the reports are of ${otherwise}`);
  }
}

/** Each value once: a report given twice adds nothing. */
function distinct<T>(all: readonly T[]): T[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecords(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.every(isRecord);
}
