/** Code actions: the fixes of findings, all automatic ones at once, allow here, explain. */

import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  StringValue,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { UNUSED_SUPPRESSION } from '../suppressions';
import type { Finding, Fix, Span } from '../types';
import { toDiagnostic, toRange } from './convert';

export const FIX_ALL = `${CodeActionKind.SourceFixAll}.dmaLens`;

/** Client command that opens a rule's page. */
export const EXPLAIN = 'dmaLens.explainRule';

export interface ActionOptions {
  readonly rulePage: (rule: string) => string;
  /** The client puts the cursor where a snippet says. */
  readonly canSnippet: boolean;
  readonly commands: readonly string[];
}

/** The actions for the findings that touch `span`; the fix of the whole file where it is asked for or at hand. */
export function toActions(
  findings: readonly Finding[],
  span: Span,
  only: readonly string[] | undefined,
  document: TextDocument,
  options: ActionOptions,
): readonly CodeAction[] {
  const wants = (kind: string) => only?.some((one) => kind === one || kind.startsWith(`${one}.`)) ?? false;
  const actions: CodeAction[] = [];
  const automatic = findings.flatMap((finding) => finding.fixes.filter((fix) => fix.automatic).slice(0, 1));
  const touched = findings.filter((one) => span.start <= one.span.end && one.span.start <= span.end);
  if (!only || wants(CodeActionKind.QuickFix)) {
    for (const finding of touched) actions.push(...fixActions(finding, document, options));
    if (0 < touched.length && 1 < automatic.length) {
      const title = `Fix all ${automatic.length} automatic DMA problems of the file`;
      actions.push({ title, kind: CodeActionKind.QuickFix, edit: toEdit(automatic, document) });
    }
    for (const finding of touched) actions.push(...otherActions(finding, document, options));
  }
  if (wants(FIX_ALL) && 0 < automatic.length) {
    actions.push({ title: 'Apply all automatic DMA fixes', kind: FIX_ALL, edit: toEdit(automatic, document) });
  }
  return actions;
}

function fixActions(finding: Finding, document: TextDocument, options: ActionOptions): readonly CodeAction[] {
  const diagnostics = [toDiagnostic(finding, document, options.rulePage)];
  return finding.fixes.map((fix) => ({
    title: fix.title,
    kind: CodeActionKind.QuickFix,
    diagnostics,
    isPreferred: fix.automatic,
    edit: toEdit([fix], document),
  }));
}

function otherActions(finding: Finding, document: TextDocument, options: ActionOptions): readonly CodeAction[] {
  const { rule } = finding;
  if (rule === UNUSED_SUPPRESSION) return [];
  const diagnostics = [toDiagnostic(finding, document, options.rulePage)];
  const actions = [allowAction(finding, document, diagnostics, options.canSnippet)];
  if (options.commands.includes(EXPLAIN)) {
    const title = `Explain '${rule}'`;
    const command = { title, command: EXPLAIN, arguments: [rule] };
    actions.push({ title, kind: CodeActionKind.QuickFix, diagnostics, command });
  }
  return actions;
}

/** One edit of several fixes. A fix that touches what an earlier one changes is left for the next round. */
function toEdit(fixes: readonly Fix[], document: TextDocument): WorkspaceEdit {
  const taken: Span[] = [];
  const edits: { range: ReturnType<typeof toRange>; newText: string }[] = [];
  for (const fix of fixes) {
    if (fix.edits.some(({ span }) => taken.some((one) => span.start <= one.end && one.start <= span.end))) continue;
    for (const edit of fix.edits) {
      taken.push(edit.span);
      edits.push({ range: toRange(edit.span, document), newText: edit.newText });
    }
  }
  return { changes: { [document.uri]: edits } };
}

/** A comment on the line above; the reason is the author's to type. */
function allowAction(
  finding: Finding,
  document: TextDocument,
  diagnostics: Diagnostic[],
  canSnippet: boolean,
): CodeAction {
  const { line } = document.positionAt(finding.span.start);
  const start = { line, character: 0 };
  const text = document.getText({ start, end: { line: line + 1, character: 0 } });
  const indent = /^[ \t]*/.exec(text)?.[0] ?? '';
  const newline = /\r\n$/.test(text) ? '\r\n' : '\n';
  const comment = (reason: string) => `${indent}/* dma-lens: allow(${finding.rule}) ${reason} */${newline}`;
  const range = { start, end: start };
  const snippet = { range, snippet: StringValue.createSnippet(comment(`\${1:reason}`)) };
  const edit: WorkspaceEdit = canSnippet
    ? { documentChanges: [{ textDocument: { uri: document.uri, version: document.version }, edits: [snippet] }] }
    : { changes: { [document.uri]: [{ range, newText: comment('reason') }] } };
  return { title: `Allow '${finding.rule}' here, with a reason`, kind: CodeActionKind.QuickFix, diagnostics, edit };
}
