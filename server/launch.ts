#!/usr/bin/env node
/**
 * What the shell, the editor and the workers of a scan start: loads the program with what the engine compiled of it last
 * time. Compiling takes a fifth of a short run, and a short run is what an editor waits for, and `make C=1` per file.
 */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { tuneEngine } from './cli/tuneEngine';
import { loadCompiled } from './workspace/compiled';

/** The long ones are told apart; what the engine compiled can be used only with the settings that it was compiled with. */
const use = ['check', 'lsp'].find((command) => command === process.argv[2]);
if (isMainThread && use !== undefined) tuneEngine();

const program = loadCompiled(join(dirname(fileURLToPath(import.meta.url)), 'main.js'), {
  canKeep: isMainThread && !process.argv.includes('--no-cache'),
  ...(use !== undefined && { use }),
});

/** What the workers of a scan run: the same file, so that the analysis is shipped once. */
export const analyzeFiles = program['analyzeFiles'];
