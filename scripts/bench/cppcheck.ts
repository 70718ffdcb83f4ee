/** All rules against cppcheck with the checks that it makes unasked, on the files of one folder that mention mapping calls. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelTree, mappingFiles, run } from './drivers';
import { compared, type Part } from './part';

const FOLDER = 'drivers/crypto';

/** Once each. No rows where cppcheck is not installed. */
export const cppcheck: Part = async () => {
  if (spawnSync('cppcheck', ['--version']).status !== 0) return [];
  const root = kernelTree();
  const files = mappingFiles(root, [FOLDER]).filter((file) => file.endsWith('.c'));
  const jobs = String(availableParallelism());
  const args = ['check', '--format', 'json', '--fail-on', 'never', '--no-cache', '--jobs', jobs, ...files];
  const ours = await run('cli.js', args, root);
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const list = join(scratch, 'files');
    writeFileSync(list, files.join('\n'));
    const start = performance.now();
    spawnSync('cppcheck', ['--quiet', '-j', jobs, '--max-configs=1', `--file-list=${list}`], { stdio: 'ignore' });
    const seconds = (performance.now() - start) / 1000;
    return [compared(`${files.length} files of ${FOLDER}/, against cppcheck`, ours.seconds, 's', seconds)];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
