/** Findings and places in the words of the protocol. */

import {
  type Diagnostic,
  type DiagnosticRelatedInformation,
  DiagnosticSeverity,
  DiagnosticTag,
  type Range,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { DiagnosticData } from '../protocol';
import { UNUSED_SUPPRESSION } from '../suppressions';
import type { Finding, Related, Severity, Span } from '../types';

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

export const SOURCE = 'dma-lens';

export function toRange(span: Span, document: TextDocument): Range {
  return { start: document.positionAt(span.start), end: document.positionAt(span.end) };
}

/** How an editor may draw what a finding is about: faded, or struck through. */
const TAGS: Readonly<Record<string, DiagnosticTag>> = {
  [UNUSED_SUPPRESSION]: DiagnosticTag.Unnecessary,
  'removed-function': DiagnosticTag.Deprecated,
};

export function toDiagnostic(finding: Finding, document: TextDocument, rulePage: (rule: string) => string): Diagnostic {
  const isUnused = finding.rule === UNUSED_SUPPRESSION;
  const tag = TAGS[finding.rule];
  const data: DiagnosticData = {
    rule: finding.rule,
    function: finding.function,
    breaksOn: (finding.replay?.platforms ?? []).filter((one) => one.verdict === 'breaks').map((one) => one.platform),
    fixable: 0 < finding.fixes.length,
  };
  return {
    range: toRange(finding.span, document),
    severity: SEVERITY[finding.severity],
    source: SOURCE,
    code: finding.rule,
    // The comment that allows nothing has no page of its own.
    ...(!isUnused && { codeDescription: { href: rulePage(finding.rule) } }),
    ...(tag !== undefined && { tags: [tag] }),
    message: finding.message,
    relatedInformation: finding.related.map((one) => ({ location: toLocation(one, document), message: one.message })),
    data,
  };
}

function toLocation({ file, span, at }: Related, document: TextDocument): DiagnosticRelatedInformation['location'] {
  if (file === undefined || at === undefined) return { uri: document.uri, range: toRange(span, document) };
  const start = { line: at.line - 1, character: at.column - 1 };
  return { uri: canonicalUri(`file://${file}`), range: { start, end: start } };
}

/** One spelling for all ways to write a file's URI: that of VS Code, which escapes all but the plainest characters. */
export function canonicalUri(uri: string): string {
  const match = /^file:\/\/([^/]*)(\/.*)$/.exec(uri);
  if (!match) return uri;
  const plain = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  const escaped = (part: string) =>
    encodeURIComponent(part).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const path = (match[2] ?? '').split('/').map(plain).join('/');
  const lowerDrive = path.replace(/^\/[A-Z]:/, (drive) => drive.toLowerCase());
  return `file://${match[1]}${lowerDrive.split('/').map(escaped).join('/')}`;
}
