/** `--fix`: applies automatic fixes to files, until none is left. */

import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { Analysis } from '../lens';
import { identities } from '../report/fingerprint';
import { type AppliedFix, applyAutomaticFixes } from '../report/fixes';
import { indexLines } from '../report/lines';
import type { Finding } from '../types';
import { decodeSource, encodeSource } from '../workspace/encoding';
import { reasonOf } from '../workspace/files';
import type { FileFindings } from '../workspace/scan';
import { writeAtomically } from '../workspace/writeFile';

export interface FixContext {
  /** The paths on the command line; nothing outside them is written. */
  readonly paths: readonly string[];
  /** Findings of a text as if it were the file. */
  readonly analyze: (file: string, text: string) => Pick<Analysis, 'findings' | 'stats'>;
  /** Told what was done, and what could not be done. */
  readonly log: (message: string) => void;
}

/** More rounds than fixes that wait for each other. */
const MAX_ROUNDS = 10;

/** Fixes what can be fixed and writes it; the findings that are left, for the files as they are now. */
export function fixFiles(files: readonly FileFindings[], context: FixContext): readonly FileFindings[] {
  const roots = context.paths.map((path) => realpathSync(path));
  return files
    .map((file) => (file.findings.some(hasAutomaticFix) ? fixFile(file, roots, context) : file))
    .filter((file) => 0 < file.findings.length);
}

function hasAutomaticFix(finding: Finding): boolean {
  return finding.fixes.some((fix) => fix.automatic);
}

function fixFile(file: FileFindings, roots: readonly string[], context: FixContext): FileFindings {
  const refuse = (reason: string) => {
    context.log(`${file.file}: not fixed: ${reason}`);
    return file;
  };
  try {
    if (lstatSync(file.file).isSymbolicLink()) return refuse('a symbolic link; name the file that it leads to');
    const real = realpathSync(file.file);
    if (!roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))) {
      return refuse('a link leads out of the folders that were given');
    }
    const before = decodeSource(readFileSync(real));
    if (before.text !== file.text) return refuse('it changed while it was checked');
    const fixed = fixUntilStable(file, context);
    if (fixed.applied.length === 0) return file;
    if (fixed.parsesWorse) return refuse('a fix would leave code that does not parse');
    const bytes = encodeSource({ ...before, text: fixed.text });
    if (!bytes) return refuse(`a fix needs characters that the file's encoding lacks`);
    writeAtomically(real, bytes);
    for (const line of fixed.applied) context.log(`${file.file}${line}`);
    return { ...file, text: fixed.text, findings: fixed.findings };
  } catch (error) {
    return refuse(reasonOf(error));
  }
}

interface Fixed {
  readonly text: string;
  readonly findings: readonly Finding[];
  /** What was done, each beginning with `:line: `; lines of the round it was done in. */
  readonly applied: readonly string[];
  readonly parsesWorse: boolean;
}

function fixUntilStable(file: FileFindings, context: FixContext): Fixed {
  const applied: string[] = [];
  const errorsBefore = context.analyze(file.file, file.text).stats.functionsWithErrors;
  let errors = errorsBefore;
  let { text, findings } = file;
  // Only what was asked for: a baseline or a diff may have left findings out.
  const wanted = new Set(identities(file).map(nameOf));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const step = applyAutomaticFixes(text, findings);
    if (step.applied.length === 0) break;
    applied.push(...step.applied.map((one) => describe(one, text)));
    text = step.text;
    const again = context.analyze(file.file, text);
    errors = again.stats.functionsWithErrors;
    const names = identities({ ...file, text, findings: again.findings }).map(nameOf);
    findings = again.findings.filter((_finding, index) => wanted.has(names[index] ?? ''));
  }
  return { text, findings, applied, parsesWorse: errorsBefore < errors };
}

function nameOf({ rule, function: fn }: { readonly rule: string; readonly function: string }): string {
  return `${rule} ${fn}`;
}

function describe({ finding, fix }: AppliedFix, text: string): string {
  const { line } = indexLines(text).positionAt(finding.span.start);
  return `:${line}: fixed: ${fix.title} [${finding.rule}] ${finding.function}()`;
}
