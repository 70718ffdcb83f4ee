/** What is told on standard error while a scan runs and at its end; only on a terminal. */

import pc from 'picocolors';
import { totals } from '../report/pretty';
import type { Progress, ScanResult } from '../workspace/scan';
import { wantsColor } from './colors';

const EVERY_MS = 100;

export function showProgress(isQuiet: boolean): Progress {
  if (isQuiet || !process.stderr.isTTY) return () => {};
  let last = 0;
  return (done, all, file) => {
    const now = performance.now();
    if (done === all) {
      process.stderr.write('\r\u001b[K');
      return;
    }
    if (now - last < EVERY_MS) return;
    last = now;
    const width = Math.max(20, (process.stderr.columns ?? 80) - 20);
    const name = file.length <= width ? file : `...${file.slice(3 - width)}`;
    process.stderr.write(`\r\u001b[K${Math.floor((100 * done) / all)} % ${name}`);
  };
}

/** The number of findings and files, for formats that do not say it themselves. */
export function showTotals(result: ScanResult, isQuiet: boolean): void {
  if (isQuiet || !process.stderr.isTTY) return;
  process.stderr.write(`${totals(result, pc.createColors(wantsColor(process.env, true)))}\n`);
}
