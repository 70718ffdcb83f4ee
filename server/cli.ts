/** The command line. Exit status: 0 nothing to report, 1 findings, 2 usage error or internal failure. */

import { isMainThread } from 'node:worker_threads';
import { runCli } from './cli/program';
import { reasonOf } from './workspace/files';

// Nobody to tell.
process.stderr.on('error', () => {});

/** What the workers of a scan run: the same file, so that the analysis is shipped once. */
export { default as analyzeFiles } from './workspace/worker';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away: that is its right, and changes nothing about the status.
  if (error.code === 'EPIPE') return;
  process.stderr.write(`dma-lens: cannot write the report: ${reasonOf(error)}\n`);
  process.exit(2);
});

if (isMainThread) {
  runCli(process.argv).then(
    (status) => {
      process.exitCode = status;
    },
    (error: unknown) => {
      process.stderr.write(`dma-lens: ${error instanceof Error ? error.message : error}\n`);
      process.exitCode = 2;
    },
  );
}
