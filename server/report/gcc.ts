/** One line a finding, as compilers write it: editors and `make` understand it. */

import type { Severity } from '../types';
import type { ScanResult } from '../workspace/scan';
import { indexLines } from './lines';
import { visible } from './visible';

const WORDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'note' };

export function gccReport(scan: ScanResult): string {
  const out: string[] = [];
  for (const { file, text, findings } of scan.files) {
    const lines = indexLines(text);
    for (const finding of findings) {
      const at = lines.positionAt(finding.span.start);
      out.push(
        `${oneLine(file)}:${at.line}:${at.column}: ${WORDS[finding.severity]}: ${oneLine(finding.message)} [${finding.rule}]`,
      );
    }
  }
  return out.map((line) => `${line}\n`).join('');
}

/** Code in a message may span lines; a compiler's message may not. */
function oneLine(message: string): string {
  return visible(message.replace(/\s*[\r\n]\s*/g, ' '));
}
