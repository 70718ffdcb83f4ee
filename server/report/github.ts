/** Workflow commands of GitHub Actions: each finding becomes an annotation of the change. */

import type { Finding, Severity } from '../types';
import type { ScanResult } from '../workspace/scan';
import { indexLines, type LineIndex } from './lines';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'notice' };

export function githubReport(scan: ScanResult): string {
  return scan.files
    .flatMap(({ file, text, findings }) => {
      const lines = indexLines(text);
      return findings.map((finding) => `${annotation(file, finding, lines)}\n`);
    })
    .join('');
}

function annotation(file: string, finding: Finding, lines: LineIndex): string {
  const start = lines.positionAt(finding.span.start);
  const end = lines.positionAt(finding.span.end);
  const properties = [
    `file=${escapeProperty(file)}`,
    `line=${start.line}`,
    `endLine=${end.line}`,
    // Columns are refused where an annotation spans lines.
    ...(start.line === end.line ? [`col=${start.column}`, `endColumn=${end.column}`] : []),
    `title=${escapeProperty(finding.rule)}`,
  ];
  return `::${COMMANDS[finding.severity]} ${properties.join(',')}::${escapeData(finding.message)}`;
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
