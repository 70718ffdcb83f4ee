/** The language server: finds the document, asks the façade, converts the answer. */

import {
  type CancellationToken,
  type CodeLens,
  CodeLensRefreshRequest,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type Hover,
  type InitializeResult,
  LSPErrorCodes,
  MarkupKind,
  ResponseError,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import {
  CHECK_COMMAND,
  CLEAR_COMMAND,
  LAYOUT_REQUEST,
  OPEN_EXPLORER,
  SIMULATE_REQUEST,
  type SimulateAnswer,
} from '../protocol';
import { hoverMarkdown } from '../render/markdown';
import { countText } from '../trace/evidence';
import { FIX_ALL, toActions } from './actions';
import { serveCheck } from './check';
import { toRange } from './convert';
import { serveDiagnostics } from './diagnostics';
import { serveExploration } from './explore';
import { layoutAnswer, readLayoutParams, simulateAnswer } from './layouts';
import { createSession, type Engine, type Session, type Snapshot } from './session';
import { serveStatus } from './status';
import { serveTraces } from './traces';

/** Client command that shows what a hover shows, from a code lens. */
const SHOW_HOVER = 'dmaLens.showHover';

/** Serves one client until the connection ends. */
export function startServer(connection: Connection, engine: Engine): void {
  const session = createSession(connection, engine);
  const { documents } = session;
  const refreshDiagnostics = serveDiagnostics(session);
  const checked = serveCheck(session);
  serveStatus(session, checked);
  serveHovers(session);
  serveLayouts(session);
  serveTraces(session, refresh);
  serveActions(session);

  connection.onInitialize((params): InitializeResult => {
    session.begin(params);
    const { canPull } = session.client;
    return {
      serverInfo: { name: 'dma-lens', version: engine.version },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: ['quickfix', FIX_ALL] },
        codeLensProvider: {},
        inlayHintProvider: true,
        executeCommandProvider: { commands: [CHECK_COMMAND, CLEAR_COMMAND], workDoneProgress: true },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
        ...(canPull && { diagnosticProvider: { interFileDependencies: false, workspaceDiagnostics: false } }),
      },
    };
  });

  connection.onInitialized(async () => {
    const { canConfigure, canWatch } = session.client;
    if (canConfigure) {
      await connection.client.register(DidChangeConfigurationNotification.type, { section: 'dmaLens' });
    }
    if (canWatch) {
      const watchers = ['**/*.{c,h}', '**/Makefile', '**/dma-lens.json'].map((globPattern) => ({ globPattern }));
      await connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    }
    exploreSoon();
  });

  const exploreSoon = serveExploration(session, refresh);

  function refresh(): void {
    refreshDiagnostics();
    if (session.client.canRefreshLenses) connection.sendRequest(CodeLensRefreshRequest.type).catch(() => {});
  }

  connection.onDidChangeConfiguration(async ({ settings: sent }) => {
    const section: unknown = typeof sent === 'object' && sent !== null && 'dmaLens' in sent ? sent.dmaLens : undefined;
    session.reconfigure(section);
    refresh();
    await checked.recheck();
  });

  connection.onDidChangeWatchedFiles(async ({ changes }) => {
    const uris = changes.map((one) => one.uri);
    engine.filesChanged(uris);
    if (uris.some((uri) => !/\.[ch]$/.test(uri))) {
      session.reconfigure();
      refresh();
      await checked.recheck();
    } else {
      await checked.changed(uris);
    }
    exploreSoon();
  });

  documents.listen(connection);
  connection.listen();
}

function serveHovers(session: Session): void {
  const { connection } = session;

  connection.onHover(async ({ textDocument, position }, token): Promise<Hover | null> => {
    const found = await snapshotFor(session, textDocument.uri, token);
    if (!found) return null;
    const { document, analysis, settings } = found;
    const hover = analysis.hoverAt(document.offsetAt(position));
    if (!hover) return null;
    const { theme, rulePage } = session;
    const images = session.client.images && settings.hoverImages;
    const explorer = session.client.commands.includes(OPEN_EXPLORER);
    const value = hoverMarkdown(hover, { images, theme, rulePage, explorer });
    return { contents: { kind: MarkupKind.Markdown, value }, range: toRange(hover.span, document) };
  });

  connection.onCodeLens(async ({ textDocument }, token): Promise<CodeLens[]> => {
    const found = await snapshotFor(session, textDocument.uri, token);
    if (!found?.settings.codeLens) return [];
    const { document, analysis } = found;
    // A client that knows no such command shows the title all the same.
    const name = session.client.commands.includes(SHOW_HOVER) ? SHOW_HOVER : '';
    const lenses = analysis.findings.flatMap((finding) => {
      const platforms = finding.replay?.platforms ?? [];
      if (platforms.length === 0) return [];
      const held = platforms.filter((one) => one.verdict === 'holds').length;
      const isRange = finding.replay?.question.predicate.kind === 'contiguous-size';
      const title = `DMA: ${isRange ? 'contiguous' : 'holds'} on ${held} of ${platforms.length} platforms — show`;
      const range = toRange(finding.span, document);
      return [{ range, command: { title, command: name, arguments: [document.uri, range.start] } }];
    });
    return [...lenses, ...traceLenses(session, found)];
  });
}

/** What the trace counted, above the first call of each function that maps. */
function traceLenses({ evidence }: Session, { analysis, document }: Snapshot): readonly CodeLens[] {
  if (evidence.size === 0) return [];
  const counted = new Set<string>();
  return analysis.mapCalls().flatMap(({ function: name, span }) => {
    const seen = evidence.get(name);
    if (!seen || counted.has(name)) return [];
    counted.add(name);
    return [{ range: toRange(span, document), command: { title: `DMA trace: ${countText(seen)}`, command: '' } }];
  });
}

function serveLayouts(session: Session): void {
  const { connection } = session;

  connection.onRequest(LAYOUT_REQUEST, async (params: unknown, token: CancellationToken) => {
    const asked = readLayoutParams(params);
    if (!asked) return null;
    const found = await snapshotFor(session, asked.textDocument.uri, token);
    if (!found) return null;
    const { analysis, document } = found;
    const hover = analysis.hoverAt(document.offsetAt(asked.position));
    if (hover) return layoutAnswer(hover);
    // The cursor need not be in the very words: a finding on its line is meant.
    const isOnLine = (offset: number) => document.positionAt(offset).line === asked.position.line;
    const finding = analysis.findings.find((one) => one.replay && isOnLine(one.span.start));
    return layoutAnswer(finding && analysis.hoverAt(finding.span.start));
  });

  connection.languages.inlayHint.on(async ({ textDocument, range }, token) => {
    const found = await snapshotFor(session, textDocument.uri, token);
    if (!found?.settings.inlayHints) return [];
    const { document, analysis } = found;
    const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
    return analysis.hintsIn(span).map(({ offset, label, tooltip }) => ({
      position: document.positionAt(offset),
      label,
      tooltip,
      paddingLeft: true,
    }));
  });

  connection.onRequest<SimulateAnswer, void>(SIMULATE_REQUEST, (params: unknown) => simulateAnswer(params));
}

function serveActions(session: Session): void {
  session.connection.onCodeAction(async ({ textDocument, range, context }, token) => {
    const found = await snapshotFor(session, textDocument.uri, token);
    if (!found) return [];
    const { document, analysis } = found;
    const { rulePage, client } = session;
    const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
    const { canSnippet, commands } = client;
    return [...toActions(analysis.findings, span, context.only, document, { rulePage, canSnippet, commands })];
  });
}

async function snapshotFor(session: Session, uri: string, token: CancellationToken): Promise<Snapshot | undefined> {
  const document = session.documents.get(uri);
  const snapshot = document && (await session.snapshotOf(document));
  if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'no longer asked for');
  return snapshot;
}
