/** Checks of folders and the whole workspace: progress, cancellation, and results that stay until a file changes. */

import { type Diagnostic, LSPErrorCodes, ResponseError, WorkDoneProgressReporter } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { CHECK_COMMAND, type CheckSummary, CLEAR_COMMAND } from '../protocol';
import { readSettings, type Settings } from '../settings';
import { canonicalUri, toDiagnostic } from './convert';
import type { CheckedFile, EngineFiles, Session } from './session';

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
    const settings = new Map<string, Settings>();
    for (const root of roots) settings.set(canonicalUri(root), await session.settingsOf(`${root}/any.c`));
    const settingsFor = (uri: string) => {
      const root = [...settings.keys()].filter((one) => uri.startsWith(one)).sort((a, b) => b.length - a.length)[0];
      return session.withProject(settings.get(root ?? '') ?? readSettings(undefined), uri);
    };
    const abort = new AbortController();
    const counts = { files: 0, analyzed: 0, findings: 0, failed: 0 };
    let shown = -1;
    const seen = new Map<string, number>();
    const onFile = (file: CheckedFile, done: number, all: number) => {
      if (isCancelled()) abort.abort();
      counts.files = done;
      // A file that calls functions of others comes a second time, with what those do.
      const before = seen.get(file.uri);
      seen.set(file.uri, file.findings?.length ?? 0);
      if (file.failed !== undefined) counts.failed += 1;
      else if (file.findings && before === undefined) counts.analyzed += 1;
      counts.findings += (file.findings?.length ?? 0) - (before ?? 0);
      void note(file);
      const percentage = Math.floor((100 * done) / all);
      if (percentage === shown) return;
      shown = percentage;
      report(percentage, `${done} of ${all} files, ${counts.findings} findings`);
    };
    const optionsOf = (uri: string) => session.optionsOf(uri, settingsFor(uri));
    const isWanted = (uri: string) => settingsFor(uri).enable !== 'never';
    try {
      await files.check(roots, { optionsOf, isWanted, onFile, signal: abort.signal });
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
    const ms = Math.round(performance.now() - start);
    const summary = { ...counts, ms, cancelled: abort.signal.aborted };
    connection.console.info(
      `checked ${summary.files} files in ${ms} ms: ${summary.findings} findings${summary.cancelled ? ', cancelled' : ''}`,
    );
    return summary;
  }

  /** Shows and remembers what was found in a file. */
  async function note({ uri, findings = [], text, failed }: CheckedFile): Promise<void> {
    if (failed !== undefined) connection.console.warn(`${uri}: ${failed}`);
    if (findings.length === 0 || text === undefined) return forget(uri);
    const document = TextDocument.create(uri, 'c', 0, text);
    const diagnostics = findings.map((finding) => toDiagnostic(finding, document, session.rulePage));
    checked.set(uri, diagnostics);
    if (!isShownOtherwise(uri)) await connection.sendDiagnostics({ uri, diagnostics });
  }

  /** Looks at one file again. An open document counts as it is in the editor. */
  async function checkFile(uri: string, files: EngineFiles): Promise<void> {
    try {
      const open = openDocument(uri);
      const text = open ? open.getText() : await files.read(uri);
      const settings = await session.settingsOf(uri);
      if (text === undefined || settings.enable === 'never') return forget(uri);
      const { findings } = await engine.analyze(uri, text, session.optionsOf(uri, settings));
      if (!open) engine.forget(uri);
      await note({ uri, findings, text });
    } catch (error) {
      await note({ uri, failed: error instanceof Error ? error.message : String(error) });
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
