/** Diagnostics of open documents: pushed after a pause in typing, or handed out when the client pulls. */

import {
  type CancellationToken,
  type Diagnostic,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  LSPErrorCodes,
  ResponseError,
} from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { confirmation } from '../trace/evidence';
import { toDiagnostic } from './convert';
import { diagnoseRecording, RECORDING_LANGUAGE } from './recordings';
import type { Session } from './session';

/** Serves diagnostics; the result says that all documents may read differently now. */
export function serveDiagnostics(session: Session): () => void {
  const { connection, documents } = session;
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** When the text last changed, milliseconds. Opening is no change: the first answer comes at once. */
  const edits = new Map<string, number>();

  async function publish(document: TextDocument): Promise<void> {
    const { uri, version } = document;
    const revision = session.revisionOf(uri);
    const diagnostics = await diagnose(session, document);
    // While it was analysed the text may have changed, or the document may have been closed.
    if (!documents.get(uri) || session.revisionOf(uri) !== revision) return;
    await connection.sendDiagnostics({ uri, version, diagnostics });
  }

  async function schedule(document: TextDocument): Promise<void> {
    const { delay } = await session.settingsOf(document.uri);
    clearTimeout(timers.get(document.uri));
    timers.set(
      document.uri,
      setTimeout(() => void publish(document), delay),
    );
  }

  documents.onDidChangeContent(({ document }) => {
    if (session.revisionOf(document.uri) <= 1) {
      if (!session.client.canPull) void publish(document);
      return;
    }
    edits.set(document.uri, performance.now());
    if (!session.client.canPull) void schedule(document);
  });

  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    edits.delete(uri);
    if (!session.client.canPull) void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  connection.languages.diagnostics.on(
    async ({ textDocument: { uri }, previousResultId }, token): Promise<DocumentDiagnosticReport> => {
      const document = documents.get(uri);
      if (!document) return { kind: DocumentDiagnosticReportKind.Full, items: [] };
      const { delay } = await session.settingsOf(uri);
      await pause((edits.get(uri) ?? -Infinity) + delay - performance.now(), token);
      if (token.isCancellationRequested)
        throw new ResponseError(LSPErrorCodes.RequestCancelled, 'the text has changed');
      const resultId = `${session.generation}.${session.revisionOf(uri)}`;
      if (resultId === previousResultId) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
      return { kind: DocumentDiagnosticReportKind.Full, resultId, items: await diagnose(session, document) };
    },
  );

  return () => {
    if (session.client.canPull) connection.languages.diagnostics.refresh().catch(() => {});
    else for (const document of documents.all()) void publish(document);
  };
}

async function diagnose(session: Session, document: TextDocument): Promise<Diagnostic[]> {
  if (document.languageId === RECORDING_LANGUAGE) return diagnoseRecording(document);
  const snapshot = await session.snapshotOf(document);
  if (!snapshot) return [];
  return snapshot.analysis.findings.map((finding) => {
    const diagnostic = toDiagnostic(finding, snapshot.document, session.rulePage);
    const seen = confirmation(session.evidence, finding.function, finding.replay?.question.predicate.kind);
    return seen === undefined ? diagnostic : { ...diagnostic, message: `${finding.message}; ${seen}` };
  });
}

/** Waits; a cancelled question is answered at once. */
function pause(ms: number, token: CancellationToken): Promise<void> {
  if (!(0 < ms) || token.isCancellationRequested) return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    token.onCancellationRequested(() => {
      clearTimeout(timer);
      done();
    });
  });
}
