/** Language status: kernel, platforms and server of the active file, each with the way to change it. */

import * as vscode from 'vscode';
import { type DocumentStatus, STATUS_REQUEST } from '../server/protocol';
import { SCHEMES } from './relevance';
import type { Server, ServerState } from './server';

const FROM: Readonly<Record<DocumentStatus['kernelFrom'], string>> = {
  setting: 'from the settings or dma-lens.json',
  tree: 'from the top Makefile of the tree',
  newest: 'the newest known; the file lies in no kernel tree',
};

const INDEX: Readonly<Record<DocumentStatus['index'], string>> = {
  off: 'functions of other files unknown',
  reading: 'reading the functions of other files',
  ready: 'functions of other files known',
};

const STATES: Readonly<Record<ServerState, string>> = {
  idle: 'not needed yet',
  starting: 'starting',
  running: 'running',
  waiting: 'stopped; it is started again soon',
  failed: 'stopped',
};

export function registerStatus(context: vscode.ExtensionContext, server: Server): void {
  const selector = SCHEMES.map((scheme) => ({ scheme, language: 'c' }));
  const create = (id: string, name: string, title: string, command: string) => {
    const item = vscode.languages.createLanguageStatusItem(`dmaLens.${id}`, selector);
    item.name = name;
    item.command = { title, command };
    context.subscriptions.push(item);
    return item;
  };
  const kernel = create('kernel', 'DMA Lens: Kernel', 'Change', 'dmaLens.chooseKernel');
  const platforms = create('platforms', 'DMA Lens: Platforms', 'Change', 'dmaLens.choosePlatforms');
  const running = create('server', 'DMA Lens: Server', 'Output', 'dmaLens.showOutput');

  const showServer = () => {
    const { state } = server;
    running.text = `DMA Lens: ${STATES[state]}`;
    running.busy = state === 'starting' || state === 'waiting';
    running.severity =
      state === 'failed' ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    running.command =
      state === 'failed'
        ? { title: 'Restart', command: 'dmaLens.restart' }
        : { title: 'Output', command: 'dmaLens.showOutput' };
  };

  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refreshSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), 500);
  };
  const refresh = async () => {
    showServer();
    const document = vscode.window.activeTextEditor?.document;
    if (server.state !== 'running' || document?.languageId !== 'c') return;
    asked += 1;
    const mine = asked;
    try {
      const status = await server.ask<DocumentStatus | null>(STATUS_REQUEST, document.uri.toString());
      if (!status || mine !== asked) return;
      running.detail = INDEX[status.index];
      kernel.text = `Linux ${status.kernel}`;
      kernel.detail = FROM[status.kernelFrom];
      kernel.accessibilityInformation = { label: `Target kernel ${status.kernel}, ${FROM[status.kernelFrom]}` };
      const count = status.platforms.length === 1 ? '1 platform' : `${status.platforms.length} platforms`;
      platforms.text = count;
      platforms.detail = status.platformsFrom;
      const ids = status.platforms.map((one) => one.id).join(', ');
      platforms.accessibilityInformation = { label: `Replayed on ${count}, ${status.platformsFrom}: ${ids}` };
    } catch {
      // The server went away while it was asked; its state says so.
    }
  };

  kernel.text = 'Linux';
  platforms.text = 'Platforms';
  context.subscriptions.push(
    server.onDidChangeState(() => void refresh()),
    vscode.window.onDidChangeActiveTextEditor(() => void refresh()),
    // When the index is ready, findings may change, and are asked for anew in any case.
    vscode.languages.onDidChangeDiagnostics(refreshSoon),
    new vscode.Disposable(() => clearTimeout(timer)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('dmaLens')) void refresh();
    }),
  );
  void refresh();
}
