/** What the parts that need real drivers share: the kernel tree, its files, and processes that are timed and weighed. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFiles } from '../../server/workspace/files';

/** Files that mention mapping calls: what a parser would have to read at least. */
const MENTIONS = ['dma_map_', 'dma_unmap_', 'sg_dma_'].map((word) => Buffer.from(word));

/** The kernel tree that LINUX_SRC names. */
export function kernelTree(): string {
  const root = process.env['LINUX_SRC'];
  if (!root) throw new Error('set LINUX_SRC to the top folder of an unpacked kernel tree, such as linux-source-6.12');
  return root;
}

/** Another tree beside it, that LINUX_SRC_2 names. */
export function secondTree(): string | undefined {
  return process.env['LINUX_SRC_2'] || undefined;
}

/** The C files below `folders` of the tree that mention mapping calls. */
export function mappingFiles(root: string, folders: readonly string[]): readonly string[] {
  const { files } = findFiles(folders.map((folder) => join(root, folder)));
  return files.filter((file) => {
    const bytes = readFileSync(file);
    return MENTIONS.some((word) => bytes.includes(word));
  });
}

export interface Measured {
  readonly seconds: number;
  /** The most memory that the process held at once, threads included. MiB. */
  readonly memory: number;
  readonly output: string;
}

const SAMPLE_MS = 20;

/** Runs a program of `dist/` to its end, with its cache in the folder `cache`, if given. */
export function run(program: string, args: readonly string[], folder: string, cache?: string): Promise<Measured> {
  const start = performance.now();
  const child = spawn(process.execPath, [join(__dirname, program), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: cache === undefined ? process.env : { ...process.env, XDG_CACHE_HOME: cache },
  });
  let memory = 0;
  const sampling = setInterval(() => {
    memory = Math.max(memory, peakMemory(child.pid));
  }, SAMPLE_MS);
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(sampling);
      if (code !== 0) reject(new Error(`${program} ended with ${code}`));
      resolve({ seconds: (performance.now() - start) / 1000, memory, output: Buffer.concat(parts).toString() });
    });
  });
}

/** The high-water mark of a process, in MiB; 0 where the system does not tell. */
function peakMemory(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
