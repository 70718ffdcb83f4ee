/** Findings that are known already: a file of them, and what is left without them. */

import type { FileFindings } from '../workspace/scan';
import { type Identity, identities } from './fingerprint';
import { comparePaths, compareText } from './order';

/** Known findings; the same one may be there several times. */
export type Baseline = readonly Identity[];

/** Thrown with a sentence when a text is no baseline. */
export class BaselineError extends Error {}

const VERSION = 1;

/** All findings of a scan. `nameOf` gives the name that a file has in the baseline. */
export function baselineOf(files: readonly FileFindings[], nameOf: (file: string) => string): Baseline {
  return files.flatMap((file) => identities(file).map((one) => ({ ...one, file: nameOf(one.file) })));
}

/** One finding a line, in an order of its own, so that versions of the file compare and merge well. */
export function baselineText(baseline: Baseline): string {
  const sorted = [...baseline].sort(
    (a, b) =>
      comparePaths(a.file, b.file) ||
      compareText(a.function, b.function) ||
      compareText(a.rule, b.rule) ||
      compareText(a.text, b.text),
  );
  const lines = sorted.map(({ rule, file, function: fn, text }) => JSON.stringify({ rule, file, function: fn, text }));
  return `{"version": ${VERSION}, "findings": [\n${lines.join(',\n')}\n]}\n`;
}

export function parseBaseline(text: string): Baseline {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new BaselineError('not JSON');
  }
  if (!isRecord(parsed) || !Array.isArray(parsed['findings'])) throw new BaselineError("has no 'findings'");
  if (parsed['version'] !== VERSION) throw new BaselineError(`version ${String(parsed['version'])} is not known`);
  return parsed['findings'].map((entry: unknown, index) => {
    const part = (name: string) => {
      const value = isRecord(entry) ? entry[name] : undefined;
      if (typeof value !== 'string') throw new BaselineError(`finding ${index + 1} has no '${name}'`);
      return value;
    };
    return { rule: part('rule'), file: part('file'), function: part('function'), text: part('text') };
  });
}

/** How alike a finding and a known one may be; the first that fits counts. */
const KEYS: readonly ((one: Identity) => readonly string[])[] = [
  (one) => [one.rule, one.file, one.function, one.text],
  // The function was renamed.
  (one) => [one.rule, one.file, one.text],
];

/** The file was renamed; asked only where the known file is gone. */
const KEY_ANYWHERE = (one: Identity) => [one.rule, one.function, one.text];

/** The findings that the baseline does not know. Each known finding answers for one. */
export function withoutKnown(
  files: readonly FileFindings[],
  baseline: Baseline,
  nameOf: (file: string) => string,
  isGone: (name: string) => boolean,
): readonly FileFindings[] {
  const open = files.flatMap((file) =>
    identities(file).map((identity, index) => ({
      file,
      finding: file.findings[index],
      identity: { ...identity, file: nameOf(file.file) },
    })),
  );
  let unknown = open;
  let known = baseline;
  for (const keyOf of KEYS) ({ unknown, known } = match(unknown, known, keyOf));
  const gone = new Map<string, boolean>();
  const orphans = known.filter(({ file }) => {
    const answer = gone.get(file) ?? isGone(file);
    gone.set(file, answer);
    return answer;
  });
  ({ unknown } = match(unknown, orphans, KEY_ANYWHERE));
  const left = new Set(unknown.map((one) => one.finding));
  return files
    .map((file) => ({ ...file, findings: file.findings.filter((finding) => left.has(finding)) }))
    .filter((file) => 0 < file.findings.length);
}

/** Pairs off what has the same key; what is left of both sides. */
function match<T extends { readonly identity: Identity }>(
  unknown: readonly T[],
  known: Baseline,
  keyOf: (one: Identity) => readonly string[],
): { readonly unknown: T[]; readonly known: Baseline } {
  const waiting = new Map<string, Identity[]>();
  for (const one of known) {
    const key = JSON.stringify(keyOf(one));
    const same = waiting.get(key);
    if (same) same.push(one);
    else waiting.set(key, [one]);
  }
  const left = unknown.filter((one) => waiting.get(JSON.stringify(keyOf(one.identity)))?.shift() === undefined);
  return { unknown: left, known: [...waiting.values()].flat() };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
