/** What the comparisons have in common. */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The files that both ways are tried on. */
export interface Ground {
  /** Top folder, absolute. */
  readonly root: string;
  /** Files and folders below it, relative. */
  readonly paths: readonly string[];
  /** An empty folder for what is needed on the way, absolute. */
  readonly scratch: string;
}

/** Compares two ways to the same answer. */
export type Part = (ground: Ground) => Promise<Outcome>;

export interface Outcome {
  /** What was compared, such as `400 files, 12 findings`. */
  readonly compared: string;
  /** Where the two ways part; empty when they agree. */
  readonly differences: readonly string[];
}

/** A report of the command line as JSON. Results are kept in `cache` below the scratch folder, or not at all. */
export async function report(
  { root, paths, scratch }: Ground,
  options: readonly string[],
  cache?: string,
): Promise<string> {
  const caching = cache === undefined ? ['--no-cache'] : [];
  const args = ['check', '--format', 'json', '--fail-on', 'never', '--quiet', ...caching, ...options, ...paths];
  return run(args, root, { XDG_CACHE_HOME: resolve(scratch, cache ?? 'none') });
}

/** What `dma-lens` prints. */
export function run(args: readonly string[], folder: string, env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, [resolve('dist/cli.js'), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      if (code === 0) done(Buffer.concat(parts).toString());
      else failed(new Error(`dma-lens ${args[0]} ended with ${code ?? signal}`));
    });
  });
}

/** The first lines in which two texts differ. */
export function differenceOf(one: string, other: string, what: string): readonly string[] {
  if (one === other) return [];
  const [left, right] = [one.split('\n'), other.split('\n')];
  let at = 0;
  while (left[at] === right[at]) at += 1;
  return [`${what}: line ${at + 1}: ${left[at]?.trim() ?? 'the end'} / ${right[at]?.trim() ?? 'the end'}`];
}

/** Files and findings of a report, in words. */
export function sizeOf(text: string): string {
  const { files, findings } = JSON.parse(text);
  return `${files.seen} files, ${files.analyzed} of them with DMA, ${findings.length} findings`;
}
