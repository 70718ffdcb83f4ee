/** VS Code in a browser (vscode.dev, github.dev): the server is a worker, and nothing is read from disk. */

import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/browser';
import { activateWith } from './main';
import type { Server } from './server';

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  server = activateWith(context, {
    hasFiles: false,
    async createClient(options) {
      const program = await vscode.workspace.fs.readFile(
        vscode.Uri.joinPath(context.extensionUri, 'dist', 'web-server.js'),
      );
      // A worker cannot be started from an extension's own address, only from one that this page made.
      const address = URL.createObjectURL(new Blob([new Uint8Array(program)], { type: 'application/javascript' }));
      const worker = new Worker(address, { name: 'DMA Lens' });
      return new LanguageClient('dmaLens', 'DMA Lens', worker, options);
    },
  });
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
