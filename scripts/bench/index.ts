/**
 * A cold check of a tree against one with the results of last time: the kernel tree that LINUX_SRC names, else copies of
 * the demo drivers.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compared, median, type Part } from './part';

const WARM_RUNS = 5;
const COPIES = 300;

export const index: Part = async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'dma-lens-bench-'));
  try {
    const given = process.env['LINUX_SRC'];
    const tree = given ?? copies(join(scratch, 'tree'));
    const check = () => secondsOf(tree, join(scratch, 'cache'));
    const cold = check();
    const warm = median(Array.from({ length: WARM_RUNS }, check));
    const name = given === undefined ? `${COPIES} copies of the demo drivers` : 'LINUX_SRC';
    return [
      { name: `check ${name}, nothing kept`, median: cold, unit: 's' },
      compared(`check ${name}, results kept`, warm, 's', cold),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

function secondsOf(tree: string, cache: string): number {
  const start = performance.now();
  const args = [resolve('dist/cli.js'), 'check', '--quiet', '--format', 'json', '--fail-on', 'never', '.'];
  execFileSync('node', args, {
    cwd: tree,
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: ['ignore', 'ignore', 'ignore'],
    maxBuffer: 1 << 30,
  });
  return (performance.now() - start) / 1000;
}

/** A folder of drivers, each a little different. */
function copies(folder: string): string {
  const demo = 'test/fixtures/demo';
  const names = readdirSync(demo).filter((name) => name.endsWith('.c'));
  for (let copy = 0; copy < COPIES; copy++) {
    mkdirSync(join(folder, `driver${copy}`), { recursive: true });
    for (const name of names) {
      writeFileSync(join(folder, `driver${copy}`, name), `/* ${copy} */\n${readFileSync(join(demo, name), 'utf8')}`);
    }
  }
  return folder;
}
