/**
 * The yardstick of a scan: the native tree-sitter parses files, and nothing else is done. Started with the number of
 * workers and a file that lists the sources; prints the seconds from the moment that all sources are in memory.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface NativeParser {
  setLanguage(language: unknown): void;
  parse(text: string, old?: undefined, options?: { bufferSize: number }): unknown;
}

function parseAll(): void {
  const load = createRequire(import.meta.url);
  const Binding = load('tree-sitter') as new () => NativeParser;
  const parser = new Binding();
  parser.setLanguage(load('tree-sitter-c'));
  const texts = (workerData as readonly string[]).map((file) => readFileSync(file, 'latin1'));
  parentPort?.once('message', () => {
    for (const text of texts) parser.parse(text, undefined, { bufferSize: Math.max(32 * 1024, text.length * 2 + 2) });
    parentPort?.postMessage('done');
  });
  parentPort?.postMessage('ready');
}

async function measure(jobs: number, files: readonly string[]): Promise<number> {
  const shares = Array.from({ length: jobs }, (_, share) => files.filter((_file, index) => index % jobs === share));
  const workers = shares.map((share) => new Worker(__filename, { workerData: share }));
  const answers = () =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
  await answers();
  const start = performance.now();
  const done = answers();
  for (const worker of workers) worker.postMessage('go');
  await done;
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return seconds;
}

if (isMainThread) {
  const [jobs = '1', list = ''] = process.argv.slice(2);
  measure(Number(jobs), readFileSync(list, 'utf8').split('\n').filter(Boolean)).then(
    (seconds) => process.stdout.write(`${seconds}\n`),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
      process.exitCode = 1;
    },
  );
} else {
  parseAll();
}
