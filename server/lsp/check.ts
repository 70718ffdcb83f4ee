/** Checks of folders and the whole workspace: progress, cancellation, and results that stay until a file changes. */

import { type Diagnostic, LSPErrorCodes, ResponseError, WorkDoneProgressReporter } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { CHECK_COMMAND, type CheckSummary, CLEAR_COMMAND } from '../protocol';
import { canonicalUri, toDiagnostic } from './convert';
import type { EngineFiles, Session } from './session';

/** What checks have found in files, whether open or not. */
export interface CheckedFiles {
  readonly size: number;
  /** Files that changed or vanished on disk. */
  changed(uris: readonly string[]): Promise<void>;
  /** Settings changed: what was found by others is no longer true. */
  recheck(): Promise<void>;
}

/** Serves the commands of a check and the files that were checked. */
export function serveCheck(session: Session): CheckedFiles {
  const { connection, documents, engine } = session;
  /** By canonical URI. */
  const checked = new Map<string, readonly Diagnostic[]>();
  /** Open documents show their own diagnostics, unless the client sorts that out. */
  const isShownOtherwise = (uri: string) => !session.client.mergesDiagnostics && openDocument(uri) !== undefined;
  const openDocument = (uri: string) => documents.all().find((one) => canonicalUri(one.uri) === uri);

  connection.onExecuteCommand(async ({ command, arguments: given }, token, reporter): Promise<unknown> => {
    if (command === CLEAR_COMMAND) {
      for (const uri of [...checked.keys()]) await forget(uri);
      return null;
    }
    if (command !== CHECK_COMMAND)
      throw new ResponseError(LSPErrorCodes.RequestFailed, `no command '${command}' here; there is ${CHECK_COMMAND}`);
    if (!engine.files)
      throw new ResponseError(LSPErrorCodes.RequestFailed, 'checking folders needs files on disk; open one file');
    const roots = await rootsOf(given);
    // A client that gives no token gets progress that the server starts, where it shows any.
    const own = WorkDoneProgressReporter.isNullInstance(reporter)
      ? await connection.window.createWorkDoneProgress()
      : undefined;
    const isCancelled = () => token.isCancellationRequested || own?.token.isCancellationRequested === true;
    const progress = own ?? reporter;
    progress.begin('Checking for DMA mistakes', 0, undefined, true);
    try {
      return await run(roots, engine.files, isCancelled, (percentage, message) => progress.report(percentage, message));
    } finally {
      progress.done();
    }
  });

  async function rootsOf(given: readonly unknown[] | undefined): Promise<readonly string[]> {
    const asked = (given ?? []).flat().filter((one) => typeof one === 'string');
    if (0 < asked.length) return asked;
    const folders = (await connection.workspace.getWorkspaceFolders()) ?? [];
    if (folders.length === 0)
      throw new ResponseError(LSPErrorCodes.RequestFailed, 'no folder is open; name a folder to check');
    return folders.map((one) => one.uri);
  }

  async function run(
    roots: readonly string[],
    files: EngineFiles,
    isCancelled: () => boolean,
    report: (percentage: number, message: string) => void,
  ): Promise<CheckSummary> {
    const start = performance.now();
    const wanted = new Set<string>();
    for (const root of roots) for (const uri of await files.below(root)) wanted.add(uri);
    const counts = { files: 0, analyzed: 0, findings: 0, failed: 0 };
    let shown = -1;
    for (const uri of wanted) {
      if (isCancelled()) break;
      const percentage = Math.floor((100 * counts.files) / wanted.size);
      if (percentage !== shown)
        report(percentage, `${counts.files} of ${wanted.size} files, ${counts.findings} findings`);
      shown = percentage;
      counts.files += 1;
      const found = await checkFile(uri, files);
      if (found === 'failed') counts.failed += 1;
      else if (found) {
        counts.analyzed += 1;
        counts.findings += found.length;
      }
      await breathe(counts.files, found !== undefined);
    }
    const ms = Math.round(performance.now() - start);
    const summary = { ...counts, ms, cancelled: isCancelled() };
    connection.console.info(
      `checked ${summary.files} files in ${ms} ms: ${summary.findings} findings${summary.cancelled ? ', cancelled' : ''}`,
    );
    return summary;
  }

  /** The findings of one file, shown unless an open document shows them already; undefined when it has no DMA. */
  async function checkFile(uri: string, files: EngineFiles): Promise<readonly Diagnostic[] | 'failed' | undefined> {
    try {
      const open = openDocument(uri);
      const text = open ? open.getText() : await files.read(uri);
      const settings = await session.settingsOf(uri);
      if (text === undefined || settings.enable === 'never') {
        await forget(uri);
        return undefined;
      }
      const { findings } = await engine.analyze(uri, text, session.optionsOf(uri, settings));
      if (!open) engine.forget(uri);
      const document = TextDocument.create(uri, 'c', 0, text);
      const diagnostics = findings.map((finding) => toDiagnostic(finding, document, session.rulePage));
      if (diagnostics.length === 0) await forget(uri);
      else {
        checked.set(uri, diagnostics);
        if (!isShownOtherwise(uri)) await connection.sendDiagnostics({ uri, diagnostics });
      }
      return diagnostics;
    } catch (error) {
      connection.console.warn(`${uri}: ${error instanceof Error ? error.message : error}`);
      await forget(uri);
      return 'failed';
    }
  }

  async function forget(uri: string): Promise<void> {
    if (checked.delete(uri) && !isShownOtherwise(uri)) await connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  async function again(uris: Iterable<string>): Promise<void> {
    const { files } = engine;
    if (!files) return;
    for (const uri of uris) if (checked.has(uri) && !isShownOtherwise(uri)) await checkFile(uri, files);
  }

  // An open document shows its own diagnostics: what the check published steps back, and returns when it is closed.
  documents.onDidOpen(({ document: { uri } }) => {
    const { canPull, mergesDiagnostics } = session.client;
    if (checked.has(canonicalUri(uri)) && canPull && !mergesDiagnostics)
      void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  documents.onDidClose(({ document: { uri } }) => void again([canonicalUri(uri)]));

  return {
    get size() {
      return checked.size;
    },
    changed: (uris) => again(uris.map(canonicalUri)),
    recheck: () => again([...checked.keys()]),
  };
}

/** Lets questions about open documents come in between. */
async function breathe(count: number, wasAnalyzed: boolean): Promise<void> {
  if (wasAnalyzed || count % 64 === 0) await new Promise((done) => setTimeout(done, 0));
}
