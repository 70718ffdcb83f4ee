/** "Open DMA Trace": a recorded trace of a real driver as a page in the editor. */

import * as vscode from 'vscode';
import { TRACE_REQUEST, type TraceAnswer } from '../server/protocol';
import type { Server } from './server';

export function registerTraces(context: vscode.ExtensionContext, server: Server): void {
  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.openTrace', async (clicked: unknown) => {
      const uri = clicked instanceof vscode.Uri ? clicked : await askFile();
      if (!uri) return;
      try {
        await open(uri, server);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        void vscode.window.showErrorMessage(`${nameOf(uri)} cannot be shown: ${reason}`);
      }
    }),
  );
}

async function askFile(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Trace of dma:* events, as text of ftrace',
    openLabel: 'Open Trace',
    filters: { Traces: ['txt', 'trace', 'log'], 'All files': ['*'] },
  });
  return chosen?.[0];
}

async function open(uri: vscode.Uri, server: Server): Promise<void> {
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  const nonce = crypto.randomUUID();
  const answer = await server.ask<TraceAnswer>(TRACE_REQUEST, { text, name: nameOf(uri), nonce });
  if ('error' in answer) throw new Error(answer.error);
  const title = `DMA Trace: ${nameOf(uri)}`;
  const options = { enableScripts: true, localResourceRoots: [], enableFindWidget: true };
  const panel = vscode.window.createWebviewPanel('dmaLens.trace', title, vscode.ViewColumn.Active, options);
  panel.webview.html = answer.html;
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
