/** Findings and fixes in the words of the protocol. */

import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  DiagnosticSeverity,
  type Range,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Finding, Fix, Severity, Span } from '../types';

export const FIX_ALL = `${CodeActionKind.SourceFixAll}.dmaLens`;

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

export function toRange(span: Span, document: TextDocument): Range {
  return { start: document.positionAt(span.start), end: document.positionAt(span.end) };
}

export function toDiagnostic(finding: Finding, document: TextDocument, rulePage: (rule: string) => string): Diagnostic {
  return {
    range: toRange(finding.span, document),
    severity: SEVERITY[finding.severity],
    source: 'dma-lens',
    code: finding.rule,
    codeDescription: { href: rulePage(finding.rule) },
    message: finding.message,
    relatedInformation: finding.related
      .filter((one) => one.file === undefined)
      .map((one) => ({ location: { uri: document.uri, range: toRange(one.span, document) }, message: one.message })),
    data: { rule: finding.rule, function: finding.function },
  };
}

/** The actions for the findings that touch `span`, and one for all automatic fixes of the file. */
export function toActions(
  findings: readonly Finding[],
  span: Span,
  only: readonly string[] | undefined,
  document: TextDocument,
  rulePage: (rule: string) => string,
): readonly CodeAction[] {
  const wants = (kind: string) => !only || only.some((one) => kind === one || kind.startsWith(`${one}.`));
  const actions: CodeAction[] = [];
  if (wants(CodeActionKind.QuickFix)) {
    for (const finding of findings) {
      if (finding.span.end < span.start || span.end < finding.span.start) continue;
      const diagnostics = [toDiagnostic(finding, document, rulePage)];
      for (const fix of finding.fixes) {
        actions.push({
          title: fix.title,
          kind: CodeActionKind.QuickFix,
          diagnostics,
          isPreferred: fix.automatic,
          edit: toEdit([fix], document),
        });
      }
      if (finding.rule !== 'unused-suppression') actions.push(suppressAction(finding, document, diagnostics));
    }
  }
  const automatic = findings.flatMap((finding) => finding.fixes.filter((fix) => fix.automatic));
  if (wants(FIX_ALL) && 0 < automatic.length) {
    actions.push({ title: 'Apply all automatic DMA fixes', kind: FIX_ALL, edit: toEdit(automatic, document) });
  }
  return actions;
}

function toEdit(fixes: readonly Fix[], document: TextDocument): WorkspaceEdit {
  const edits = fixes
    .flatMap((fix) => fix.edits)
    .map((edit) => ({ range: toRange(edit.span, document), newText: edit.newText }));
  return { changes: { [document.uri]: edits } };
}

/** A comment on the line above, with the reason left to the author. */
function suppressAction(finding: Finding, document: TextDocument, diagnostics: Diagnostic[]): CodeAction {
  const { line } = document.positionAt(finding.span.start);
  const start = { line, character: 0 };
  const text = document.getText({ start, end: { line: line + 1, character: 0 } });
  const indent = /^[ \t]*/.exec(text)?.[0] ?? '';
  const newline = /\r\n$/.test(text) ? '\r\n' : '\n';
  const newText = `${indent}/* dma-lens: allow(${finding.rule}) reason */${newline}`;
  return {
    title: `Allow '${finding.rule}' here`,
    kind: CodeActionKind.QuickFix,
    diagnostics,
    edit: { changes: { [document.uri]: [{ range: { start, end: start }, newText }] } },
  };
}
