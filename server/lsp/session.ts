/** What one client has opened and asked for: documents, settings per folder, one analysis per text. */

import type { Connection, InitializeParams } from 'vscode-languageserver';
import { MessageType, ShowMessageNotification, TextDocuments } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { MENTIONS_DMA } from '../dmaApi';
import type { Analysis, AnalyzeOptions } from '../lens';
import {
  type DocumentStatus,
  type InitializationOptions,
  type ParserAssets,
  RULE_PAGES,
  type ServerReport,
  type ThemeKind,
} from '../protocol';
import { readSettings, type Settings } from '../settings';
import type { Evidence } from '../trace/evidence';
import { type Finding, formatKernel, type KernelVersion, NEWEST_KERNEL } from '../types';
import { platformsFor } from './platformSets';

/** What the server needs from outside; tests hand in their own. */
export interface Engine {
  /** Analyses the text of a document. Must not throw. */
  analyze(uri: string, text: string, options: AnalyzeOptions): Promise<Analysis>;
  /** Drops what is kept about a document. */
  forget(uri: string): void;
  /** The kernel of the tree that a document lies in. */
  kernelOf(uri: string): KernelVersion | undefined;
  /** Files or folders on disk have changed. */
  filesChanged(uris: readonly string[]): void;
  /**
   * Looks at folders in the background, so that open files know what functions elsewhere do. Resolves to true when that
   * may change what an open file means; rejected when the signal ends it.
   */
  explore?(
    folders: readonly string[],
    kernel: KernelVersion,
    progress: (done: number, all: number) => void,
    signal: AbortSignal,
  ): Promise<boolean>;
  /** Where there is a file system. */
  readonly files?: EngineFiles;
  readonly parser: () => string;
  /** Takes the parser from the client, where it cannot be read from files. */
  load?(assets: ParserAssets): void;
  readonly memory: () => number;
  readonly version: string;
  readonly runtime: string;
}

export interface EngineFiles {
  /**
   * Checks the C files at and below URIs. Tells about each file as it is done, with its canonical URI, in no order.
   * Rejects, with a reason to show, when there is nothing at a URI.
   */
  check(uris: readonly string[], options: FileCheckOptions): Promise<void>;
  /** The text of a file; undefined when it does not mention the DMA API. Rejects, with a reason, when unreadable. */
  read(uri: string): Promise<string | undefined>;
  /** What the nearest `dma-lens.json` says about a file. Throws, with a reason, when it cannot be understood. */
  projectOf(uri: string): ProjectSettings | undefined;
}

export interface FileCheckOptions {
  readonly optionsOf: (uri: string) => AnalyzeOptions;
  readonly isWanted: (uri: string) => boolean;
  readonly onFile: (file: CheckedFile, done: number, all: number) => void;
  readonly signal: AbortSignal;
}

/** What came of one file. */
export interface CheckedFile {
  readonly uri: string;
  /** Absent where the file does not mention the DMA API or cannot be read. */
  readonly findings?: readonly Finding[];
  /** There when there are findings. */
  readonly text?: string;
  /** Why it could not be read or analysed. */
  readonly failed?: string;
}

export interface ProjectSettings {
  readonly kernel?: KernelVersion;
  readonly platforms?: readonly string[];
  readonly severities: Settings['severities'];
  readonly isIgnored: boolean;
}

/** What the client said about itself. */
export interface ClientFacts {
  readonly canConfigure: boolean;
  readonly canPull: boolean;
  readonly canSnippet: boolean;
  readonly canProgress: boolean;
  readonly canWatch: boolean;
  readonly canRefreshLenses: boolean;
  readonly images: boolean;
  /** Pushed and pulled diagnostics of a file are not shown twice. */
  readonly mergesDiagnostics: boolean;
  readonly commands: readonly string[];
  readonly settings: unknown;
}

/** An analysis with the text it was made of; later edits do not reach it. */
export interface Snapshot {
  readonly document: TextDocument;
  readonly analysis: Analysis;
  readonly settings: Settings;
}

export interface Session {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly documents: TextDocuments<TextDocument>;
  readonly client: ClientFacts;
  theme: ThemeKind;
  /** What the trace that was opened last saw of the functions of drivers. */
  evidence: Evidence;
  /** Whether open files know what functions elsewhere in the workspace do. */
  indexState: DocumentStatus['index'];
  /** Changes whenever settings or other files change what an unchanged text means. */
  readonly generation: number;
  /** The last analyses, newest last. */
  readonly timings: ServerReport['analyses'];
  begin(params: InitializeParams): void;
  rulePage(rule: string): string;
  settingsOf(uri: string): Promise<Settings>;
  /** Settings with what the nearest `dma-lens.json` adds for a file. */
  withProject(settings: Settings, uri: string): Settings;
  optionsOf(uri: string, settings: Settings): AnalyzeOptions & { readonly platforms: readonly string[] };
  /** The analysis of the document as it is now; undefined when the user forbids it. */
  snapshotOf(document: TextDocument): Promise<Snapshot | undefined>;
  /** How often the text was changed since it was opened. */
  revisionOf(uri: string): number;
  /** New settings, pushed by a client that cannot be asked. */
  reconfigure(sent?: unknown): void;
  invalidate(): void;
}

const KEPT_TIMINGS = 20;

/** What is known about a text that does not mention the DMA API. */
const NOTHING: Analysis = {
  findings: [],
  hoverAt: () => undefined,
  hintsIn: () => [],
  mapCalls: () => [],
  stats: { functions: 0, functionsWithErrors: 0, dmaFunctions: 0, dmaFunctionsWithErrors: 0 },
  summaries: [],
  externals: [],
};

interface Cached {
  readonly revision: number;
  readonly generation: number;
  readonly snapshot: Promise<Snapshot | undefined>;
}

export function createSession(connection: Connection, engine: Engine): Session {
  const documents = new TextDocuments(TextDocument);
  const revisions = new Map<string, number>();
  const snapshots = new Map<string, Cached>();
  const settings = new Map<string, Promise<Settings>>();
  const timings: { lines: number; ms: number; findings: number }[] = [];
  let client = readClient({});
  let rulePages = RULE_PAGES;
  let pushed: unknown;
  let generation = 0;

  documents.onDidChangeContent(({ document: { uri } }) => revisions.set(uri, (revisions.get(uri) ?? 0) + 1));
  documents.onDidClose(({ document: { uri } }) => {
    revisions.delete(uri);
    snapshots.delete(uri);
    engine.forget(uri);
  });

  async function analyze(document: TextDocument): Promise<Snapshot | undefined> {
    const { uri, languageId, version } = document;
    const text = document.getText();
    const found = await session.settingsOf(uri);
    if (found.enable === 'never' || languageId !== 'c') return undefined;
    const start = performance.now();
    const isAsked = found.enable === 'always' || MENTIONS_DMA.test(text);
    const analysis = isAsked ? await engine.analyze(uri, text, session.optionsOf(uri, found)) : NOTHING;
    if (!documents.get(uri)) engine.forget(uri);
    const frozen = TextDocument.create(uri, languageId, version, text);
    const ms = Math.round((performance.now() - start) * 10) / 10;
    timings.push({ lines: frozen.lineCount, ms, findings: analysis.findings.length });
    if (KEPT_TIMINGS < timings.length) timings.shift();
    return { document: frozen, analysis, settings: found };
  }

  /** The project file is the team's word on kernel and platforms; severities of the user's settings go on top. */
  function withProject(own: Settings, uri: string): Settings {
    try {
      const project = engine.files?.projectOf(uri);
      if (!project) return own;
      const { kernel = own.kernel, platforms = own.platforms, isIgnored } = project;
      const severities = { ...project.severities, ...own.severities };
      return { ...own, kernel, platforms, severities, ...(isIgnored && { enable: 'never' }) };
    } catch (error) {
      complain(error instanceof Error ? error.message : String(error));
      return own;
    }
  }

  const complained = new Set<string>();
  /** A mistake in a project file is told once, not with every keystroke. */
  function complain(message: string): void {
    if (complained.has(message)) return;
    complained.add(message);
    const text = `DMA Lens leaves this file out: ${message}`;
    void connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Warning, message: text });
  }

  const session: Session = {
    connection,
    engine,
    documents,
    theme: 'dark',
    evidence: new Map(),
    indexState: 'off',
    timings,
    get client() {
      return client;
    },
    get generation() {
      return generation;
    },
    begin(params) {
      const options = initializationOptions(params);
      client = readClient(params);
      session.theme = options.theme ?? 'dark';
      rulePages = typeof options.rulePages === 'string' ? options.rulePages : RULE_PAGES;
      pushed = options.settings;
      if (options.parser) engine.load?.(options.parser);
    },
    rulePage: (rule) => (rulePages.includes('{rule}') ? rulePages.replace('{rule}', rule) : `${rulePages}${rule}.md`),
    withProject,
    async settingsOf(uri) {
      if (!client.canConfigure) return withProject(readSettings(pushed), uri);
      const folder = uri.slice(0, uri.lastIndexOf('/') + 1);
      const asked = settings.get(folder) ?? askSettings(connection, uri);
      settings.set(folder, asked);
      return withProject(await asked, uri);
    },
    optionsOf(uri, { kernel: set, severities, ...rest }) {
      const kernel = set ?? engine.kernelOf(uri) ?? NEWEST_KERNEL;
      const platforms = platformsFor({ kernel: set, severities, ...rest }, kernel);
      return { kernel, platforms, severities, log: (message) => connection.console.warn(message) };
    },
    snapshotOf(document) {
      const revision = session.revisionOf(document.uri);
      const known = snapshots.get(document.uri);
      if (known?.revision === revision && known.generation === generation) return known.snapshot;
      const snapshot = analyze(document);
      snapshots.set(document.uri, { revision, generation, snapshot });
      return snapshot;
    },
    revisionOf: (uri) => revisions.get(uri) ?? 0,
    reconfigure(sent) {
      if (sent !== undefined) pushed = sent;
      settings.clear();
      generation += 1;
    },
    invalidate() {
      generation += 1;
    },
  };
  return session;
}

/** The kernel in words, for status and logs. */
export function describeKernel(session: Session, uri: string, settings: Settings) {
  const tree = session.engine.kernelOf(uri);
  const kernel = formatKernel(settings.kernel ?? tree ?? NEWEST_KERNEL);
  const kernelFrom = settings.kernel ? 'setting' : tree ? 'tree' : 'newest';
  return { kernel, kernelFrom } as const;
}

async function askSettings(connection: Connection, uri: string): Promise<Settings> {
  try {
    return readSettings(await connection.workspace.getConfiguration({ scopeUri: uri, section: 'dmaLens' }));
  } catch (error) {
    connection.console.warn(`the client did not say its settings: ${error instanceof Error ? error.message : error}`);
    return readSettings(undefined);
  }
}

function initializationOptions(params: Partial<InitializeParams>): InitializationOptions {
  const given: unknown = params.initializationOptions;
  return typeof given === 'object' && given !== null ? given : {};
}

function readClient(params: Partial<InitializeParams>): ClientFacts {
  const { images, commands, settings, mergesDiagnostics } = initializationOptions(params);
  const { workspace, textDocument, window } = params.capabilities ?? {};
  return {
    canConfigure: workspace?.configuration === true,
    canPull: textDocument?.diagnostic !== undefined,
    canSnippet: workspace?.workspaceEdit?.snippetEditSupport === true,
    canProgress: window?.workDoneProgress === true,
    canWatch: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    canRefreshLenses: workspace?.codeLens?.refreshSupport === true,
    images: images === true,
    mergesDiagnostics: mergesDiagnostics === true,
    commands: Array.isArray(commands) ? commands.filter((one) => typeof one === 'string') : [],
    settings,
  };
}
