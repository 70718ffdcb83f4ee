/** A line on standard error that tells how far a scan is; only on a terminal. */

import type { Progress } from '../workspace/scan';

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
