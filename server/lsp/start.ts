/** The server's process: a connection over standard streams or node IPC, and the real engine behind it. */

import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { openDocument } from '../lens';
import { createParser } from '../syntax/parser';
import { type KernelVersion, NEWEST_KERNEL } from '../types';
import type { FileOutcome } from '../workspace/analyzeFile';
import { userStore } from '../workspace/cacheFolder';
import { readSource } from '../workspace/files';
import { kernelVersionAt } from '../workspace/kernelTree';
import { createProjectFinder, PROJECT_FILE } from '../workspace/projects';
import { scan } from '../workspace/scan';
import { createTreeIndex } from '../workspace/treeIndex';
import { canonicalUri } from './convert';
import { startServer } from './server';
import type { CheckedFile, Engine, EngineFiles } from './session';

declare const DMA_LENS_VERSION: string | undefined;

/** Heap of a worker, MiB. */
const WORKER_MEMORY = 300;

/** Serves the client named by the process's arguments (`--stdio`, `--node-ipc`). */
export function startProcess(): void {
  // A client that reads no more is gone: what is still to be said would only fail.
  process.stdout.on('error', () => process.exit(1));
  startServer(createConnection(ProposedFeatures.all), createEngine());
}

/** The analysis, with the parser loaded while the client still says hello. */
export function createEngine(): Engine {
  const parser = createParser();
  const kernels = new Map<string, KernelVersion | undefined>();
  const documents = new Map<string, ReturnType<typeof openDocument>>();
  const index = createTreeIndex(userStore());
  let loaded = 'loading';
  let project = createProjectFinder();
  parser.then(
    ({ engine }) => (loaded = engine),
    () => (loaded = 'missing'),
  );
  return {
    version: typeof DMA_LENS_VERSION === 'string' ? DMA_LENS_VERSION : 'development',
    runtime: `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    parser: () => loaded,
    memory: () => process.memoryUsage().rss,
    async analyze(uri, text, options) {
      const analyze = documents.get(uri) ?? openDocument(await parser);
      documents.set(uri, analyze);
      if (!uri.startsWith('file:')) return analyze(text, options);
      const file = pathOf(uri);
      const analysis = analyze(text, { ...options, external: index.lookupFor(file) });
      index.learn(file, text, analysis);
      return analysis;
    },
    explore: (folders, kernel, progress, signal) =>
      index.update(folders.filter((uri) => uri.startsWith('file:')).map(pathOf), { kernel, progress, signal }),
    forget: (uri) => void documents.delete(uri),
    kernelOf(uri) {
      if (!uri.startsWith('file:')) return undefined;
      const folder = uri.slice(0, uri.lastIndexOf('/'));
      if (!kernels.has(folder)) kernels.set(folder, kernelVersionAt(pathOf(folder)));
      return kernels.get(folder);
    },
    filesChanged(uris) {
      if (uris.some((uri) => uri.endsWith('/Makefile'))) kernels.clear();
      if (uris.some((uri) => uri.endsWith(`/${PROJECT_FILE}`))) project = createProjectFinder();
    },
    files: createFiles(() => project),
  };
}

/** The files of this machine. */
function createFiles(projects: () => ReturnType<typeof createProjectFinder>): EngineFiles {
  const uriOf = (path: string) => canonicalUri(pathToFileURL(path).href);
  const store = userStore();
  return {
    async check(uris, { optionsOf, isWanted, onFile, signal }) {
      const paths = uris.map((uri) => fileURLToPath(uri));
      let last: CheckedFile | undefined;
      await scan(paths, {
        kernel: NEWEST_KERNEL,
        optionsOf: (file) => {
          const { log: _log, ...options } = optionsOf(uriOf(file));
          return options;
        },
        select: (found) => {
          const missing = found.failed.find((one) => paths.includes(one.file));
          if (missing) throw new Error(`${missing.file}: ${missing.reason}`);
          return { ...found, files: found.files.filter((file) => isWanted(uriOf(file))) };
        },
        // The editor itself needs a core.
        jobs: Math.max(1, availableParallelism() - 1),
        workerMemory: WORKER_MEMORY,
        ...(store && { cache: store }),
        outcome: (outcome) => {
          last = toChecked(outcome, uriOf(outcome.file));
        },
        progress: (done, all) => {
          if (last) onFile(last, done, all);
        },
        signal,
      });
    },
    async read(uri) {
      const source = readSource(fileURLToPath(uri));
      if (source.kind === 'failed') throw new Error(source.reason);
      return source.kind === 'text' ? source.text : undefined;
    },
    projectOf(uri) {
      if (!uri.startsWith('file:')) return undefined;
      const path = pathOf(uri);
      const found = projects()(path);
      if (!found) return undefined;
      const { kernel, platforms, severities } = found;
      return { severities, isIgnored: found.ignores(path), ...(kernel && { kernel }), ...(platforms && { platforms }) };
    },
  };
}

function toChecked(outcome: FileOutcome, uri: string): CheckedFile {
  if (outcome.kind === 'other' || (outcome.kind === 'failed' && outcome.reason === 'a binary file')) return { uri };
  if (outcome.kind === 'failed') return { uri, failed: outcome.reason };
  return { uri, findings: outcome.findings, ...(outcome.text !== undefined && { text: outcome.text }) };
}

function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri);
  } catch {
    return '/';
  }
}
