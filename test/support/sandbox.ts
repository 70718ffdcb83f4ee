/** A folder of its own for a test, and the command line run in it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll } from 'vitest';

const CLI = resolve('dist/cli.js');

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Sandbox {
  readonly folder: string;
  /** Writes files, and the folders they lie in. */
  put(files: Readonly<Record<string, string | Uint8Array>>): void;
  read(name: string): string;
  bytes(name: string): Buffer;
  /** Runs `dma-lens` here. */
  run(args: readonly string[], input?: string, env?: Readonly<Record<string, string>>): Ran;
  git(...args: readonly string[]): string;
  /** A repository with all files committed. */
  commit(): void;
}

/** A sandbox that is gone after the tests of the file. */
export function sandbox(): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'dma-lens-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const git = (...args: readonly string[]) => {
    const identity = ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'core.autocrlf=false'];
    return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' });
  };
  return {
    folder,
    put(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
    bytes: (name) => readFileSync(join(folder, name)),
    run(args, input, env = {}) {
      const done = spawnSync(process.execPath, [CLI, ...args], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...env },
        maxBuffer: 256 * 1024 * 1024,
        ...(input !== undefined && { input }),
      });
      return { status: done.status, out: done.stdout, err: done.stderr };
    },
    git,
    commit() {
      git('init', '-q');
      git('add', '-A');
      git('commit', '-q', '-m', 'x');
    },
  };
}
