/** All rules against two that Coccinelle runs: an unchecked dma_map_sg(), and an unmap with the mapped count. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { kernelTree, mappingFiles, run } from './drivers';
import { compared, type Part } from './part';

const FOLDER = 'drivers';
const RULES = ['unchecked.cocci', 'unmapped.cocci'];

/** Once each: Coccinelle takes minutes. No rows where it is not installed. */
export const coccinelle: Part = async () => {
  if (spawnSync('spatch', ['--version']).status !== 0) return [];
  const root = kernelTree();
  const jobs = String(availableParallelism());
  const check = (paths: readonly string[]) => {
    const options = ['--format', 'json', '--fail-on', 'never', '--no-cache', '--jobs', jobs];
    return run('cli.js', ['check', ...options, ...paths], root);
  };
  const lists = mappingFiles(root, [FOLDER]).filter((file) =>
    /\bdma_(?:un)?map_sg\b/.test(readFileSync(file, 'latin1')),
  );
  const [whole, same] = [await check([FOLDER]), await check(lists)];
  const theirs = RULES.map((rule) => spatch(rule, jobs, root));
  const seconds = theirs.reduce((sum, one) => sum + one.seconds, 0);
  const read = Math.max(...theirs.map((one) => one.files));
  return [
    compared(
      `all rules on the ${lists.length} files with lists, against Coccinelle with two`,
      same.seconds,
      's',
      seconds,
    ),
    compared(`all rules on ${FOLDER}/, against the same`, whole.seconds, 's', seconds),
    compared(
      'files read there, against those that Coccinelle reads',
      mappingFiles(root, [FOLDER]).length,
      'files',
      read,
    ),
  ];
};

/** Coccinelle looks for the words of a rule first, and reads only the files that have them. */
function spatch(rule: string, jobs: string, root: string): { readonly seconds: number; readonly files: number } {
  const file = join(__dirname, '..', 'scripts', 'bench', rule);
  const start = performance.now();
  const { status, stderr } = spawnSync('spatch', ['--no-includes', '-j', jobs, '--sp-file', file, '--dir', FOLDER], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`spatch ended with ${status}: ${stderr.slice(-300)}`);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, files: Number(/(\d+) files match/.exec(stderr)?.[1] ?? Number.NaN) };
}
