/** The language server in a worker of a browser: the same engine, without files. */

import { BrowserMessageReader, BrowserMessageWriter, createConnection } from 'vscode-languageserver/browser';
import { analyze } from './lens';
import { startServer } from './lsp/server';
import type { Engine } from './lsp/session';
import { createParser } from './syntax/parser';

declare const DMA_LENS_VERSION: string;

/** The part of a worker's global scope that is used; the compiler is told about windows only. */
declare const self: ConstructorParameters<typeof BrowserMessageReader>[0] & { readonly navigator: Navigator };

function createEngine(): Engine {
  const parser = createParser();
  return {
    version: DMA_LENS_VERSION,
    runtime: self.navigator.userAgent,
    parser: () => 'kernel-c',
    memory: () => 0,
    async analyze(_uri, text, options) {
      return analyze(text, await parser, options);
    },
    forget() {},
    kernelOf: () => undefined,
    filesChanged() {},
  };
}

startServer(createConnection(new BrowserMessageReader(self), new BrowserMessageWriter(self)), createEngine());
