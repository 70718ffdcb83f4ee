/** The running server: started when first needed, started again after a crash, never more than it should. */

import * as vscode from 'vscode';
import {
  type BaseLanguageClient,
  CloseAction,
  ErrorAction,
  type LanguageClientOptions,
  State,
  WorkDoneProgress,
} from 'vscode-languageclient';
import { OPEN_EXPLORER, THEME_CHANGED, type ThemeKind } from '../server/protocol';
import { createBackoff } from './backoff';
import type { Host } from './main';
import { MergedDiagnostics } from './mergedDiagnostics';
import { SCHEMES } from './relevance';

export type ServerState = 'idle' | 'starting' | 'running' | 'waiting' | 'failed';

export interface Server extends vscode.Disposable {
  readonly state: ServerState;
  /** False until something needed the server for the first time. */
  readonly isStarted: boolean;
  readonly onDidChangeState: vscode.Event<ServerState>;
  /** Starts it unless it runs. Never throws: a failure is shown to the user. */
  start(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Asks the running server, which is started first when need be. */
  ask<T>(method: string, params?: unknown, token?: vscode.CancellationToken): Promise<T>;
  onProgress(token: string, handler: (value: WorkDone) => void): vscode.Disposable;
}

/** The values of work-done progress. */
export interface WorkDone {
  readonly kind: string;
  readonly message?: string;
  readonly percentage?: number;
}

/** Commands that the server may name in lenses and actions. */
const COMMANDS = ['dmaLens.explainRule', 'dmaLens.showHover', OPEN_EXPLORER];

export function createServer(context: vscode.ExtensionContext, output: vscode.LogOutputChannel, host: Host): Server {
  const backoff = createBackoff();
  const changed = new vscode.EventEmitter<ServerState>();
  const diagnostics = new MergedDiagnostics();
  let state: ServerState = 'idle';
  let client: Promise<BaseLanguageClient> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDisposed = false;

  const enter = (next: ServerState) => {
    state = next;
    changed.fire(next);
  };

  /** The state changes under the compiler's eyes while something is awaited. */
  const hasState = (one: ServerState) => state === one;

  const options = (): LanguageClientOptions => ({
    documentSelector: SCHEMES.flatMap((scheme) => [
      { scheme, language: 'c' },
      { scheme, language: 'dma-recording' },
    ]),
    outputChannel: output,
    diagnosticCollectionProvider: diagnostics,
    markdown: { isTrusted: { enabledCommands: COMMANDS }, supportHtml: false },
    initializationOptions: {
      images: true,
      theme: themeKind(),
      rulePages: 'command:dmaLens.explainRule?%5B%22{rule}%22%5D',
      commands: COMMANDS,
      mergesDiagnostics: true,
    },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue }),
      closed: () => {
        crashed();
        return { action: CloseAction.DoNotRestart, handled: true, message: 'the server stopped unexpectedly' };
      },
    },
    initializationFailedHandler: () => false,
  });

  /** Starts it again later, or gives up. */
  function crashed(): void {
    if (isDisposed || state === 'idle') return;
    const wait = backoff.next(Date.now());
    if (wait === undefined) {
      enter('failed');
      const message = 'The DMA Lens server stopped six times within three minutes and is left stopped.';
      void offer(vscode.window.showErrorMessage(message, RESTART, SHOW_OUTPUT));
      return;
    }
    enter('waiting');
    const seconds = wait / 1000;
    output.warn(`the server stopped unexpectedly; it is started again in ${seconds} s`);
    const message = `The DMA Lens server stopped unexpectedly and is started again in ${seconds} s.`;
    void offer(vscode.window.showWarningMessage(message, SHOW_OUTPUT));
    timer = setTimeout(() => void start(), wait);
  }

  async function offer(choice: Thenable<string | undefined>): Promise<void> {
    const chosen = await choice;
    if (chosen === SHOW_OUTPUT) output.show();
    if (chosen === RESTART) await restart();
  }

  async function start(): Promise<void> {
    if (isDisposed || state === 'running' || state === 'starting') return;
    clearTimeout(timer);
    enter('starting');
    try {
      client ??= Promise.resolve(host.createClient(options()));
      await (await client).start();
      enter('running');
      await vscode.commands.executeCommand('setContext', 'dmaLens.active', true);
    } catch (error) {
      client = undefined;
      if (isDisposed || hasState('waiting')) return;
      enter('failed');
      const reason = error instanceof Error ? error.message : String(error);
      output.error(`the server does not start: ${reason}`);
      void offer(
        vscode.window.showErrorMessage(`DMA Lens could not start its server: ${reason}`, RESTART, SHOW_OUTPUT),
      );
    }
  }

  async function stop(): Promise<void> {
    clearTimeout(timer);
    const running = await client;
    client = undefined;
    enter('idle');
    if (running?.state === State.Running) await running.dispose();
  }

  async function restart(): Promise<void> {
    backoff.reset();
    await stop();
    await start();
  }

  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.restart', async () => {
      await restart();
      output.info('the server was restarted');
    }),
    vscode.commands.registerCommand('dmaLens.showOutput', () => output.show()),
    vscode.window.onDidChangeActiveColorTheme(async () => {
      if (state === 'running') await (await client)?.sendNotification(THEME_CHANGED, themeKind());
    }),
  );

  return {
    get state() {
      return state;
    },
    get isStarted() {
      return state !== 'idle';
    },
    onDidChangeState: changed.event,
    start,
    restart,
    stop,
    async ask<T>(method: string, params?: unknown, token?: vscode.CancellationToken) {
      await start();
      const running = await client;
      if (running?.state !== State.Running) throw new Error('the DMA Lens server does not run');
      // An argument too many counts as a parameter, even when it is undefined.
      if (token) return running.sendRequest<T>(method, params, token);
      return params === undefined ? running.sendRequest<T>(method) : running.sendRequest<T>(method, params);
    },
    onProgress(token, handler) {
      const subscribed = client?.then((one) => one.onProgress(WorkDoneProgress.type, token, handler));
      return new vscode.Disposable(() => void subscribed?.then((one) => one.dispose()));
    },
    dispose() {
      isDisposed = true;
      changed.dispose();
      void stop().catch(() => {});
    },
  };
}

const RESTART = 'Restart';
const SHOW_OUTPUT = 'Show Output';

function themeKind(): ThemeKind {
  const { kind } = vscode.window.activeColorTheme;
  if (kind === vscode.ColorThemeKind.HighContrast) return 'high-contrast';
  return kind === vscode.ColorThemeKind.Dark ? 'dark' : 'light';
}
