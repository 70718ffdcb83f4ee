/**
 * `npm run compare [PATH…]`: two ways to the same answer, on the files of the tree that LINUX_SRC names, else on the
 * project's own. `--part NAME` (repeatable) selects.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PARTS } from './compare/parts';

main().catch((error: unknown) => {
  process.stderr.write(`compare: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
});

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { part: { type: 'string', multiple: true } },
    allowPositionals: true,
  });
  const names = values.part ?? Object.keys(PARTS);
  const unknown = names.find((name) => !PARTS[name]);
  if (unknown !== undefined) throw new Error(`no part '${unknown}'; there are: ${Object.keys(PARTS).join(', ')}`);
  const root = realpathSync(process.env['LINUX_SRC'] ?? 'test/fixtures');
  const paths = positionals.length === 0 ? ['.'] : positionals;
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'dma-lens-compare-')));
  try {
    for (const name of names) {
      const start = performance.now();
      const scratch = join(top, name);
      mkdirSync(scratch);
      const { compared, differences } = (await PARTS[name]?.({ root, paths, scratch })) ?? {
        compared: '',
        differences: [],
      };
      const seconds = Math.round((performance.now() - start) / 1000);
      process.stdout.write(`${name}: ${compared}; ${differences.length} differences, ${seconds} s\n`);
      for (const one of differences.slice(0, 20)) process.stdout.write(`  ${one}\n`);
      if (0 < differences.length) process.exitCode = 1;
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}
