/** `make C=1 CHECK="dma-lens check --kbuild"`: the kernel's build hands over compiler flags and one file. */

import type { Command } from 'commander';
import { type CheckOptions, runCheck } from './check';

/**
 * Arguments as `check` takes them: its own options before or right behind `--kbuild`, then of all that the build adds
 * only the file, which comes last. Arguments without `--kbuild` stay as they are.
 */
export function withoutCompilerFlags(argv: readonly string[], check: Command): readonly string[] {
  const at = argv.indexOf('--kbuild');
  if (argv[2] !== check.name() || at === -1) return argv;
  let end = at + 1;
  while (end < argv.length) {
    const name = argv[end]?.split('=')[0];
    const option = check.options.find((one) => one.long === name);
    if (!option) break;
    const takesNext = option.required && !argv[end]?.includes('=');
    end += takesNext ? 2 : 1;
  }
  const last = argv.slice(end).at(-1);
  const files = last !== undefined && /\.[ch]$/.test(last) && !last.startsWith('-') ? [last] : [];
  return [...argv.slice(0, end), '--', ...files];
}

/** Checks the file that the build hands over. Unless `isAsked`, whatever happens does not fail the build. */
export async function runKbuild(files: readonly string[], options: CheckOptions, isAsked: boolean): Promise<number> {
  if (files.length === 0) return 0;
  try {
    const failOn = isAsked ? options.failOn : 'never';
    const status = await runCheck(files, { format: 'gcc', ...options, quiet: true, failOn });
    return isAsked ? status : 0;
  } catch (error) {
    if (isAsked) throw error;
    process.stderr.write(`dma-lens: ${error instanceof Error ? error.message : error}\n`);
    return 0;
  }
}
