/** VS Code in a browser (vscode.dev, github.dev): the server is a worker, and nothing is read from disk. */

import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/browser';
import type { ParserAssets } from '../server/protocol';
import { activateWith } from './main';
import type { Server } from './server';

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const read = (name: string) => vscode.workspace.fs.readFile(vscode.Uri.joinPath(context.extensionUri, 'dist', name));
  server = activateWith(context, {
    hasFiles: false,
    async createClient(options) {
      const [program, runtime, grammar] = await Promise.all(
        ['web-server.js', 'web-tree-sitter.wasm', 'tree-sitter-c.wasm'].map(read),
      );
      if (!program || !runtime || !grammar) throw new Error('the extension is incomplete; install it again');
      const parser: ParserAssets = { runtime: toBase64(runtime), grammar: toBase64(grammar) };
      // A worker cannot be started from an extension's own address, only from one that this page made.
      const address = URL.createObjectURL(new Blob([new Uint8Array(program)], { type: 'application/javascript' }));
      const worker = new Worker(address, { name: 'DMA Lens' });
      const initializationOptions = { ...options.initializationOptions, parser };
      return new LanguageClient('dmaLens', 'DMA Lens', worker, { ...options, initializationOptions });
    },
  });
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
