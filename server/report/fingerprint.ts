/** What makes a finding the same finding when the lines around it move, or its file gets another name. */

import { createHash } from 'node:crypto';
import type { Finding } from '../types';
import type { FileFindings } from '../workspace/scan';
import { indexLines } from './lines';

export interface Identity {
  readonly rule: string;
  readonly file: string;
  readonly function: string;
  /** The line that the finding starts on, blanks folded. */
  readonly text: string;
}

/** The identity of each finding of a file, in their order. */
export function identities({ file, text, findings }: FileFindings): readonly Identity[] {
  const lines = indexLines(text);
  return findings.map((finding) => ({
    rule: finding.rule,
    file,
    function: finding.function,
    text: normalLine(lines.lineText(lines.positionAt(finding.span.start).line)),
  }));
}

/** A line without what formatters change. */
export function normalLine(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}

export interface Fingerprinted {
  readonly finding: Finding;
  /** With the file's path: stable when lines move. */
  readonly inFile: string;
  /** Without it: stable when the file is renamed as well. */
  readonly anywhere: string;
}

/** Fingerprints of a file's findings; equal ones are told apart by their order. */
export function fingerprints(file: FileFindings): readonly Fingerprinted[] {
  const counts = new Map<string, number>();
  return identities(file).flatMap((identity, index) => {
    const finding = file.findings[index];
    if (!finding) return [];
    const place = [identity.rule, identity.function, identity.text];
    const key = JSON.stringify(place);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return [{ finding, inFile: `${hash([identity.file, ...place])}:${count}`, anywhere: `${hash(place)}:${count}` }];
  });
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
