/** The server's process: a connection over standard streams or node IPC, and the real engine behind it. */

import { fileURLToPath, pathToFileURL } from 'node:url';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { analyze } from '../lens';
import { createParser } from '../syntax/parser';
import type { KernelVersion } from '../types';
import { findFiles, readSource } from '../workspace/files';
import { kernelVersionAt } from '../workspace/kernelTree';
import { canonicalUri } from './convert';
import { startServer } from './server';
import type { Engine } from './session';

declare const DMA_LENS_VERSION: string | undefined;

/** Serves the client named by the process's arguments (`--stdio`, `--node-ipc`). */
export function startProcess(): void {
  startServer(createConnection(ProposedFeatures.all), createEngine());
}

/** The analysis, with the parser loaded while the client still says hello. */
export function createEngine(): Engine {
  const parser = createParser();
  const kernels = new Map<string, KernelVersion | undefined>();
  let loaded = 'loading';
  parser.then(
    ({ engine }) => (loaded = engine),
    () => (loaded = 'missing'),
  );
  return {
    version: typeof DMA_LENS_VERSION === 'string' ? DMA_LENS_VERSION : 'development',
    runtime: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    parser: () => loaded,
    memory: () => process.memoryUsage().rss,
    async analyze(_uri, text, options) {
      return analyze(text, await parser, options);
    },
    forget() {},
    kernelOf(uri) {
      if (!uri.startsWith('file:')) return undefined;
      const folder = uri.slice(0, uri.lastIndexOf('/'));
      if (!kernels.has(folder)) kernels.set(folder, kernelVersionAt(pathOf(folder)));
      return kernels.get(folder);
    },
    filesChanged(uris) {
      if (uris.some((uri) => uri.endsWith('/Makefile'))) kernels.clear();
    },
    files: {
      async below(uri) {
        const { files, failed } = findFiles([fileURLToPath(uri)]);
        if (files.length === 0 && failed[0]) throw new Error(`${failed[0].file}: ${failed[0].reason}`);
        return files.map((path) => canonicalUri(pathToFileURL(path).href));
      },
      async read(uri) {
        const source = readSource(fileURLToPath(uri));
        if (source.kind === 'failed') throw new Error(source.reason);
        return source.kind === 'text' ? source.text : undefined;
      },
    },
  };
}

function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch {
    return '/';
  }
}
