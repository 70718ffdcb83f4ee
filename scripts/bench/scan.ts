/** How long a scan of all drivers takes, against parsing with tree-sitter alone the files that mention mapping calls. */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelTree, type Measured, mappingFiles, run } from './drivers';
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
    const times = new Map<number, number>();
    for (const jobs of [1, 2].filter((one) => one <= availableParallelism())) {
      const scans: Measured[] = [];
      const parses: number[] = [];
      for (let i = 0; i < RUNS; i++) {
        scans.push(await check(root, jobs, [FOLDER]));
        parses.push(Number((await run('bench-parse.js', [String(jobs), list], root)).output));
      }
      const seconds = median(scans.map((one) => one.seconds));
      times.set(jobs, seconds);
      const workers = `${jobs} worker${jobs === 1 ? '' : 's'}`;
      rows.push(compared(`${FOLDER}/, all rules, ${workers}, against parsing`, seconds, 's', median(parses)));
      rows.push({ name: `peak memory, ${workers}`, median: median(scans.map((one) => one.memory)), unit: 'MiB' });
    }
    const [one, two] = [times.get(1), times.get(2)];
    if (one !== undefined && two !== undefined) {
      rows.push({ name: 'efficiency from 1 to 2 workers', median: one / (2 * two), unit: '' });
    }
    rows.push({ name: `files that are parsed for comparison: ${files.length}`, median: megabytes(files), unit: 'MB' });
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** How the time grows with the tree: folders that hold about a quarter, a half and all of the drivers. */
export const growth: Part = async () => {
  const root = kernelTree();
  const parts: readonly (readonly string[])[] = [
    ['drivers/scsi', 'drivers/media'],
    ['drivers/scsi', 'drivers/media', 'drivers/net/ethernet'],
    ['drivers'],
  ];
  const measured: { readonly size: number; readonly seconds: number }[] = [];
  for (const folders of parts) {
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) times.push((await check(root, availableParallelism(), folders)).seconds);
    measured.push({ size: megabytes(mappingFiles(root, folders)), seconds: median(times) });
  }
  const whole = measured.at(-1);
  return measured.map(({ size, seconds }) =>
    compared(
      `${Math.round(size)} MB that mention mapping calls: ms per MB`,
      (1000 * seconds) / size,
      'ms',
      (1000 * (whole?.seconds ?? 0)) / (whole?.size ?? 1),
    ),
  );
};

function check(root: string, jobs: number, folders: readonly string[]): Promise<Measured> {
  return run(
    'cli.js',
    ['check', '--format', 'json', '--fail-on', 'never', '--no-cache', '--jobs', String(jobs), ...folders],
    root,
  );
}

function megabytes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
}
