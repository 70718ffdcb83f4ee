/** The language server: finds the document, asks the façade, converts the answer. */

import {
  type CodeLens,
  type Connection,
  type Diagnostic,
  DidChangeConfigurationNotification,
  DocumentDiagnosticReportKind,
  type Hover,
  type InitializeParams,
  type InitializeResult,
  MarkupKind,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Analysis, AnalyzeOptions } from '../lens';
import { type InitializationOptions, RULE_PAGES, THEME_CHANGED } from '../protocol';
import { hoverMarkdown } from '../render/markdown';
import type { Theme } from '../render/svg';
import { readSettings, type Settings } from '../settings';
import { type KernelVersion, NEWEST_KERNEL } from '../types';
import { FIX_ALL, toActions, toDiagnostic, toRange } from './convert';

/** What the server needs from outside; tests hand in their own. */
export interface Engine {
  /** Analyses a text. Must not throw. */
  analyze(text: string, options: AnalyzeOptions): Promise<Analysis>;
  /** The kernel of the tree that a document lies in. */
  kernelOf(uri: string): KernelVersion | undefined;
}

interface Cached {
  readonly version: number;
  readonly settings: Settings;
  readonly analysis: Promise<Analysis>;
}

/** Serves one client until the connection ends. */
export function startServer(connection: Connection, engine: Engine): void {
  const documents = new TextDocuments(TextDocument);
  const cache = new Map<string, Cached>();
  const timers = new Map<string, NodeJS.Timeout>();
  let settings = readSettings(undefined);
  let options: InitializationOptions = {};
  let theme: Theme = 'dark';
  let canConfigure = false;
  let canPull = false;
  const rulePage = (rule: string) => `${options.rulePages ?? RULE_PAGES}${rule}.md`;

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    const given: unknown = params.initializationOptions;
    options = typeof given === 'object' && given !== null ? given : {};
    theme = options.theme ?? 'dark';
    canConfigure = params.capabilities.workspace?.configuration === true;
    canPull = params.capabilities.textDocument?.diagnostic !== undefined;
    return {
      serverInfo: { name: 'dma-lens' },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: ['quickfix', FIX_ALL] },
        codeLensProvider: {},
        ...(canPull && { diagnosticProvider: { interFileDependencies: false, workspaceDiagnostics: false } }),
      },
    };
  });

  connection.onInitialized(async () => {
    if (!canConfigure) return;
    await connection.client.register(DidChangeConfigurationNotification.type, { section: 'dmaLens' });
    await reconfigure();
  });

  async function reconfigure(sent?: unknown): Promise<void> {
    settings = readSettings(canConfigure ? await connection.workspace.getConfiguration('dmaLens') : sent);
    cache.clear();
    if (canPull) connection.languages.diagnostics.refresh().catch(() => {});
    else for (const document of documents.all()) await publish(document);
  }

  connection.onDidChangeConfiguration(async ({ settings: sent }) => {
    const section: unknown = typeof sent === 'object' && sent !== null && 'dmaLens' in sent ? sent.dmaLens : undefined;
    await reconfigure(section);
  });

  connection.onNotification(THEME_CHANGED, (changed: unknown) => {
    if (changed === 'light' || changed === 'dark' || changed === 'high-contrast') theme = changed;
  });

  /** One analysis per version of a document, shared by all that is asked about it. */
  function analysisOf(document: TextDocument): Promise<Analysis> {
    const known = cache.get(document.uri);
    if (known && known.version === document.version && known.settings === settings) return known.analysis;
    const kernel = settings.kernel ?? engine.kernelOf(document.uri) ?? NEWEST_KERNEL;
    const { platforms, severities } = settings;
    const log = (message: string) => connection.console.warn(message);
    const analyzeOptions = { kernel, severities, log, ...(0 < platforms.length && { platforms }) };
    const analysis = engine.analyze(document.getText(), analyzeOptions);
    cache.set(document.uri, { version: document.version, settings, analysis });
    return analysis;
  }

  async function diagnose(document: TextDocument): Promise<Diagnostic[]> {
    if (!settings.enable || document.languageId !== 'c') return [];
    const { findings } = await analysisOf(document);
    return findings.map((finding) => toDiagnostic(finding, document, rulePage));
  }

  async function publish(document: TextDocument): Promise<void> {
    const { uri, version } = document;
    const diagnostics = await diagnose(document);
    // While it was analysed the text may have changed, or the document may have been closed.
    if (documents.get(uri)?.version === version) await connection.sendDiagnostics({ uri, version, diagnostics });
  }

  documents.onDidOpen(({ document }) => {
    if (!canPull) void publish(document);
  });

  documents.onDidChangeContent(({ document }) => {
    if (canPull) return;
    clearTimeout(timers.get(document.uri));
    timers.set(
      document.uri,
      setTimeout(() => void publish(document), settings.delay),
    );
  });

  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    cache.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  connection.languages.diagnostics.on(async ({ textDocument }) => {
    const document = documents.get(textDocument.uri);
    return { kind: DocumentDiagnosticReportKind.Full, items: document ? await diagnose(document) : [] };
  });

  connection.onHover(async ({ textDocument, position }): Promise<Hover | null> => {
    const document = documents.get(textDocument.uri);
    if (!document || !settings.enable) return null;
    const offset = document.offsetAt(position);
    const { hovers } = await analysisOf(document);
    const hover = hovers.find((one) => one.span.start <= offset && offset <= one.span.end);
    if (!hover) return null;
    const images = options.images === true && settings.hoverImages;
    const value = hoverMarkdown(hover, { images, theme, rulePage });
    return { contents: { kind: MarkupKind.Markdown, value }, range: toRange(hover.span, document) };
  });

  connection.onCodeAction(async ({ textDocument, range, context }) => {
    const document = documents.get(textDocument.uri);
    if (!document || !settings.enable) return [];
    const { findings } = await analysisOf(document);
    const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
    return [...toActions(findings, span, context.only, document, rulePage)];
  });

  connection.onCodeLens(async ({ textDocument }): Promise<CodeLens[]> => {
    const document = documents.get(textDocument.uri);
    if (!document || !settings.enable) return [];
    const { findings } = await analysisOf(document);
    return findings.flatMap((finding) => {
      const platforms = finding.replay?.platforms ?? [];
      const held = platforms.filter((one) => one.verdict === 'holds').length;
      const title = `DMA: one range on ${held} of ${platforms.length} platforms`;
      const at = toRange(finding.span, document);
      return platforms.length === 0
        ? []
        : [{ range: at, command: { title, command: 'dmaLens.showHover', arguments: [document.uri, at.start] } }];
    });
  });

  documents.listen(connection);
  connection.listen();
}
