#!/usr/bin/env node
/** The command line. Exit status: 0 nothing to report, 1 findings, 2 usage error or internal failure. */

import { runCli } from './cli/program';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away: that is its right, and changes nothing about the status.
  if (error.code !== 'EPIPE') process.exit(2);
});

runCli(process.argv).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    process.stderr.write(`dma-lens: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 2;
  },
);
