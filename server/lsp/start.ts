/** The server's process: a connection over standard streams or node IPC, and the real engine behind it. */

import { fileURLToPath } from 'node:url';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { analyze } from '../lens';
import { createParser } from '../syntax/parser';
import type { KernelVersion } from '../types';
import { kernelVersionAt } from '../workspace/kernelTree';
import { type Engine, startServer } from './server';

/** Serves the client named by the process's arguments (`--stdio`, `--node-ipc`). */
export function startProcess(): void {
  startServer(createConnection(ProposedFeatures.all), createEngine());
}

/** The analysis, with the parser loaded while the client still says hello. */
export function createEngine(): Engine {
  const parser = createParser();
  const kernels = new Map<string, KernelVersion | undefined>();
  return {
    async analyze(text, options) {
      return analyze(text, await parser, options);
    },
    kernelOf(uri) {
      if (!uri.startsWith('file:')) return undefined;
      const folder = uri.slice(0, uri.lastIndexOf('/'));
      if (!kernels.has(folder)) kernels.set(folder, kernelVersionAt(pathOf(folder)));
      return kernels.get(folder);
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
