/** VS Code on the desktop and on remote machines: the server is a process of its own. */

import * as vscode from 'vscode';
import { LanguageClient, type ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { activateWith } from './main';
import type { Server } from './server';

let server: Server | undefined;

/** Called by VS Code when a C file is opened or a command is used. Must be quick: the server starts later. */
export function activate(context: vscode.ExtensionContext): void {
  server = activateWith(context, {
    hasFiles: true,
    createClient(options) {
      // The command line holds the server; a bundle of its own would double what is shipped.
      const module = context.asAbsolutePath('dist/cli.js');
      const args = ['lsp'];
      const memory = vscode.workspace.getConfiguration('dmaLens').get<unknown>('server.memory');
      const execArgv = typeof memory === 'number' && 64 <= memory ? [`--max-old-space-size=${Math.floor(memory)}`] : [];
      const serverOptions: ServerOptions = {
        run: { module, args, transport: TransportKind.ipc, options: { execArgv } },
        debug: { module, args, transport: TransportKind.ipc, options: { execArgv: [...execArgv, '--inspect=6009'] } },
      };
      return new LanguageClient('dmaLens', 'DMA Lens', serverOptions, options);
    },
  });
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
