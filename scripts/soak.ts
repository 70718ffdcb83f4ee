/**
 * `npm run soak`: edits files in one server for long, and looks whether it grows or slows. `--seconds N` (default 60),
 * `--edits N` (default 200,000), `--files N` (default 300), `--seed N`. Drivers of the tree that LINUX_SRC names, else
 * copies of the project's own.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findFiles, readSource } from '../server/workspace/files';
import { startServer } from './soak/server';
import { type Latency, type Soak, type SoakFile, soak, weightText } from './soak/soak';
import { judgeSoak } from './soak/verdict';

/** Larger drivers are rare, and make fewer edits. UTF-16 units. */
const LARGEST = 150_000;
const FOLDERS = [
  'drivers/crypto',
  'drivers/spi',
  'drivers/mmc',
  'drivers/media',
  'drivers/dma',
  'drivers/net/ethernet',
];

main().catch((error: unknown) => {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      edits: { type: 'string', default: '200000' },
      files: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
    },
  });
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'dma-lens-soak-')));
  try {
    const workspace = join(scratch, 'tree');
    const files = layOut(workspace, Number(values.files));
    const server = await startServer(workspace, scratch);
    const start = performance.now();
    const done = await soak(server, files, {
      edits: Number(values.edits),
      seconds: Number(values.seconds),
      seed: Number(values.seed),
      tell: (message) => process.stdout.write(`${message}\n`),
    });
    await server.end();
    report(done, files.length, (performance.now() - start) / 1000);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Copies drivers into a workspace, each in a folder of its own. */
function layOut(workspace: string, count: number): readonly SoakFile[] {
  const texts = drivers(count);
  return Array.from({ length: count }, (_one, i) => {
    const text = texts[i % texts.length] ?? '';
    const folder = join(workspace, `driver${i}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'driver.c'), text);
    return { uri: pathToFileURL(join(folder, 'driver.c')).href, text };
  });
}

function drivers(count: number): readonly string[] {
  const root = process.env['LINUX_SRC'];
  const folders = root ? FOLDERS.map((folder) => join(root, folder)) : ['test/fixtures'];
  const { files } = findFiles(folders);
  const texts = files.flatMap((file) => {
    const source = file.endsWith('.c') ? readSource(file) : undefined;
    return source?.kind === 'text' && source.text.length < LARGEST ? [source.text] : [];
  });
  // Some of each folder.
  const step = Math.max(1, texts.length / count);
  return texts.filter((_text, i) => Math.floor(i / step) !== Math.floor((i - 1) / step)).slice(0, count);
}

function report(done: Soak, files: number, seconds: number): void {
  const { edits, questions, weights, first, last, changed } = done;
  const [early, late] = [weights[0], weights.at(-1)];
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`${edits} edits in ${files} files, ${questions} times asked for findings, ${Math.round(seconds)} s`);
  if (early && late) {
    say(`after the warm-up (${early.edits} edits): ${weightText(early.weight)}`);
    say(`at the end:                              ${weightText(late.weight)}`);
  }
  say(`from an edit to its findings: ${latencyText(first)} at the beginning, ${latencyText(last)} at the end`);
  for (const uri of changed) say(`FAILED: other findings after all edits were taken back: ${uri}`);
  const complaints = judgeSoak(done);
  for (const one of complaints) say(`FAILED: ${one}`);
  process.exitCode = complaints.length === 0 && changed.length === 0 ? 0 : 1;
}

function latencyText({ median, p95 }: Latency): string {
  return `median ${median.toFixed(1)} ms, 95th percentile ${p95.toFixed(1)} ms`;
}
