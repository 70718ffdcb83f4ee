/** The language server in a worker of a browser: the same engine, without files. */

import { BrowserMessageReader, BrowserMessageWriter, createConnection } from 'vscode-languageserver/browser';
import { openDocument } from './lens';
import { startServer } from './lsp/server';
import type { Engine } from './lsp/session';
import type { ParserAssets } from './protocol';
import { createParser, type Parser } from './syntax/parser';

declare const DMA_LENS_VERSION: string;

/** The part of a worker's global scope that is used; the compiler is told about windows only. */
declare const self: ConstructorParameters<typeof BrowserMessageReader>[0] & { readonly navigator: Navigator };

/** The parser comes with the first message, because a worker cannot read the extension's files. */
function createEngine(): Engine & { load(assets: ParserAssets): void } {
  let parser: Promise<Parser> | undefined;
  const documents = new Map<string, ReturnType<typeof openDocument>>();
  return {
    version: DMA_LENS_VERSION,
    runtime: self.navigator.userAgent,
    parser: () => (parser ? 'wasm' : 'missing'),
    memory: () => 0,
    load(assets) {
      parser = createParser({ wasm: { runtime: bytesOf(assets.runtime), grammar: bytesOf(assets.grammar) } });
    },
    async analyze(uri, text, options) {
      if (!parser) throw new Error('the client did not hand over the parser');
      const analyze = documents.get(uri) ?? openDocument(await parser);
      documents.set(uri, analyze);
      return analyze(text, options);
    },
    forget: (uri) => void documents.delete(uri),
    kernelOf: () => undefined,
    filesChanged() {},
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

startServer(createConnection(new BrowserMessageReader(self), new BrowserMessageWriter(self)), createEngine());
