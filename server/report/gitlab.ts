/** The Code Quality report of GitLab. */

import type { Severity } from '../types';
import type { ScanResult } from '../workspace/scan';
import { fingerprints } from './fingerprint';
import { indexLines } from './lines';

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'major', information: 'info' };

export function gitlabReport(scan: ScanResult): string {
  const issues = scan.files.flatMap((file) => {
    const lines = indexLines(file.text);
    return fingerprints(file).map(({ finding, inFile }) => ({
      description: finding.message,
      check_name: finding.rule,
      fingerprint: inFile,
      severity: SEVERITIES[finding.severity],
      location: {
        path: file.file,
        lines: {
          begin: lines.positionAt(finding.span.start).line,
          end: lines.positionAt(finding.span.end).line,
        },
      },
    }));
  });
  return `${JSON.stringify(issues, undefined, 2)}\n`;
}
