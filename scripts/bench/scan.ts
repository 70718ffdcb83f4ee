/** How long a scan of all drivers takes, against parsing with tree-sitter alone the files that mention mapping calls. */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelTree, type Measured, mappingFiles, run, secondTree } from './drivers';
import { compared, median, type Part, type Row } from './part';

const RUNS = 3;
const FOLDER = 'drivers';

/** Scans and parses take turns, so that both meet the same machine. */
export const scan: Part = async () => {
  const root = kernelTree();
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const files = mappingFiles(root, [FOLDER]);
    const list = join(folder, 'files');
    writeFileSync(list, files.join('\n'));
    const rows: Row[] = [];
    const times = new Map<number, readonly [number, number]>();
    for (const jobs of [1, 2, 4].filter((one) => one === 1 || one <= availableParallelism())) {
      const scans: Measured[] = [];
      const parses: number[] = [];
      for (let i = 0; i < RUNS; i++) {
        scans.push(await check(jobs, [join(root, FOLDER)]));
        parses.push(Number((await run('bench-parse.js', [String(jobs), list], root)).output));
      }
      const [seconds, parsing] = [median(scans.map((one) => one.seconds)), median(parses)];
      times.set(jobs, [seconds, parsing]);
      const workers = `${jobs} worker${jobs === 1 ? '' : 's'}`;
      rows.push(compared(`${FOLDER}/, all rules, ${workers}, against parsing`, seconds, 's', parsing));
      rows.push(
        compared(`the same, results kept, against parsing`, await warmSeconds(root, jobs, folder), 's', parsing),
      );
      rows.push({ name: `peak memory, ${workers}`, median: median(scans.map((one) => one.memory)), unit: 'MiB' });
    }
    const one = times.get(1);
    for (const [jobs, [seconds, parsing]] of times) {
      if (!one || jobs === 1) continue;
      const name = `efficiency from 1 to ${jobs} workers, against that of parsing`;
      rows.push(compared(name, one[0] / (jobs * seconds), '', one[1] / (jobs * parsing)));
    }
    rows.push({ name: `files that are parsed for comparison: ${files.length}`, median: megabytes(files), unit: 'MB' });
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** How the time grows with what is read: about a quarter, a half and all of the drivers, and those of two kernels. */
export const growth: Part = async () => {
  const root = kernelTree();
  const second = secondTree();
  const parts = [
    ['drivers/scsi', 'drivers/media'],
    ['drivers/scsi', 'drivers/media', 'drivers/net/ethernet'],
    [FOLDER],
  ].map((folders) => folders.map((folder) => join(root, folder)));
  if (second !== undefined) parts.push([join(root, FOLDER), join(second, FOLDER)]);
  const measured: { readonly size: number; readonly seconds: number }[] = [];
  for (const folders of parts) {
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) times.push((await check(availableParallelism(), folders)).seconds);
    measured.push({ size: megabytes(mappingFiles('', folders)), seconds: median(times) });
  }
  const whole = measured[2];
  return measured.map(({ size, seconds }) =>
    compared(
      `${Math.round(size)} MB that mention mapping calls: ms per MB`,
      (1000 * seconds) / size,
      'ms',
      (1000 * (whole?.seconds ?? 0)) / (whole?.size ?? 1),
    ),
  );
};

/** Seconds of a check whose results were kept by one before. */
async function warmSeconds(root: string, jobs: number, folder: string): Promise<number> {
  const cache = join(folder, `cache-${jobs}`);
  await check(jobs, [join(root, FOLDER)], cache);
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push((await check(jobs, [join(root, FOLDER)], cache)).seconds);
  return median(times);
}

/** Without `cache` nothing is kept. */
function check(jobs: number, folders: readonly string[], cache?: string): Promise<Measured> {
  const keep = cache === undefined ? ['--no-cache'] : [];
  const args = ['check', '--format', 'json', '--fail-on', 'never', ...keep, '--jobs', String(jobs), ...folders];
  return run('cli.js', args, kernelTree(), cache);
}

function megabytes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
}
