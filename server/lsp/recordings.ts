/** Recordings of real kernels (`*.dma.jsonl`): what is no recording, and where the simulator says something else. */

import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { replayVectors, VectorError } from '../sim/vectors';
import { SOURCE } from './convert';

export const RECORDING_LANGUAGE = 'dma-recording';

/** Larger recordings are for the command line. UTF-16 units. */
const MAX_LENGTH = 4 * 1024 * 1024;

export function diagnoseRecording(document: TextDocument): Diagnostic[] {
  const text = document.getText();
  if (MAX_LENGTH < text.length) return [];
  try {
    const { failed } = replayVectors(text.split('\n'));
    return failed.map(({ line, name, explanation }) =>
      atLine(document, line, DiagnosticSeverity.Warning, `${name}: ${explanation}`),
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = error instanceof VectorError ? /^line (\d+): (.*)$/s.exec(message) : undefined;
    return [atLine(document, Number(line?.[1] ?? 1), DiagnosticSeverity.Error, line?.[2] ?? message)];
  }
}

function atLine(document: TextDocument, line: number, severity: DiagnosticSeverity, message: string): Diagnostic {
  const start = { line: line - 1, character: 0 };
  const length = document.getText({ start, end: { line, character: 0 } }).trimEnd().length;
  return {
    range: { start, end: { line: line - 1, character: length } },
    severity,
    source: SOURCE,
    code: 'recording',
    message,
  };
}
