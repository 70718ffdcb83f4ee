/** The layout explorer's panel beside the editor, and the command that opens it. */

import * as vscode from 'vscode';
import { type ExplorerRequest, LAYOUT_REQUEST, type LayoutAnswer } from '../../server/protocol';
import type { Server } from '../server';
import { pageHtml } from './html';
import type { FromPage, ToPage } from './messages';

const VIEW = 'dmaLens.layoutExplorer';

/** Registers the command and the panel. */
export function registerExplorer(context: vscode.ExtensionContext, server: Server): void {
  let panel: vscode.WebviewPanel | undefined;
  let isReady = false;
  let waiting: ExplorerRequest | undefined;

  const send = (request: ExplorerRequest) => {
    waiting = request;
    if (!panel || !isReady) return;
    const message: ToPage = { type: 'open', request };
    void panel.webview.postMessage(message);
    waiting = undefined;
  };

  const adopt = (adopted: vscode.WebviewPanel) => {
    panel = adopted;
    isReady = false;
    const { webview } = adopted;
    const dist = vscode.Uri.joinPath(context.extensionUri, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.onDidReceiveMessage(async (message: FromPage) => {
      if (message.type === 'ready') {
        isReady = true;
        if (waiting) send(waiting);
      } else if (message.type === 'copy') {
        await vscode.env.clipboard.writeText(message.text);
        vscode.window.setStatusBarMessage(`DMA Lens: ${message.what} copied`, 3000);
      }
    });
    adopted.onDidDispose(() => {
      if (panel === adopted) panel = undefined;
    });
    const script = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'explorer.js')).toString();
    webview.html = pageHtml({ script, nonce: crypto.randomUUID() });
  };

  const open = async (given: unknown) => {
    const request = isRequest(given) ? given : await requestAtCursor(server);
    if (panel) panel.reveal(undefined, true);
    else adopt(vscode.window.createWebviewPanel(VIEW, 'DMA Layout Explorer', vscode.ViewColumn.Beside, {}));
    if (request) send(request);
  };

  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.openLayoutExplorer', open),
    vscode.window.registerWebviewPanelSerializer(VIEW, {
      async deserializeWebviewPanel(restored) {
        adopt(restored);
      },
    }),
    { dispose: () => panel?.dispose() },
  );
}

/** What the server says about the mapping at the cursor; undefined where there is none. */
async function requestAtCursor(server: Server): Promise<ExplorerRequest | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== 'c') return undefined;
  const { line, character } = editor.selection.active;
  const params = { textDocument: { uri: editor.document.uri.toString() }, position: { line, character } };
  try {
    const answer = await server.ask<LayoutAnswer | null>(LAYOUT_REQUEST, params);
    return answer?.explorer;
  } catch {
    // The server is starting or gone: the explorer opens all the same.
    return undefined;
  }
}

function isRequest(given: unknown): given is ExplorerRequest {
  return typeof given === 'object' && given !== null && ('segments' in given || 'kernel' in given);
}
