/** What the callers of the DMA API get, by kernel version. Follows kernel/dma/mapping.c, Linux 4.4 to 6.18. */

import { since } from './layout';
import type { Kernel, MapResult } from './types';

/** One entry point and what it returns. */
export interface CallResult {
  readonly call: 'dma_map_sg()' | 'dma_map_sgtable()';
  readonly returns: number;
  /** In words: `3 segments`, `0, which means failure`, `-ENOMEM`. */
  readonly text: string;
}

const ERRNO_NAMES: Readonly<Record<number, string>> = {
  [-5]: '-EIO',
  [-12]: '-ENOMEM',
  [-22]: '-EINVAL',
  [-121]: '-EREMOTEIO',
};

/**
 * The results of mapping a list through both entry points; dma_map_sgtable() exists since 5.8, and until 5.14 had -EINVAL
 * for every failure. Errors that it does not know become -EIO; -EREMOTEIO is known since 6.0.
 */
export function callResults(result: MapResult, kernel: Kernel): readonly CallResult[] {
  const count = result.ok ? result.segments.length : 0;
  const segments = `${count} ${count === 1 ? 'segment' : 'segments'}`;
  const list: CallResult = {
    call: 'dma_map_sg()',
    returns: count,
    text: result.ok ? segments : '0, which means failure',
  };
  if (!since(kernel, 5, 8)) return [list];
  const returns = result.ok ? 0 : sgtableError(result.errno, kernel);
  const text = result.ok ? `0, and nents is ${count}` : (ERRNO_NAMES[returns] ?? String(returns));
  return [list, { call: 'dma_map_sgtable()', returns, text }];
}

function sgtableError(errno: number, kernel: Kernel): number {
  if (!since(kernel, 5, 15)) return -22;
  const known = since(kernel, 6, 0) ? [-5, -12, -22, -121] : [-5, -12, -22];
  return known.includes(errno) ? errno : -5;
}

/** What one of them returned, as a sentence. */
export function returnsText(results: readonly CallResult[]): string {
  return results.map(({ call, text }) => `${call} returns ${text}`).join('; ');
}
