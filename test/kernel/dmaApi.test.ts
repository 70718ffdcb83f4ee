/** The table of DMA interfaces against the headers of a kernel tree, LINUX_SRC. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DMA_API } from '../../server/dmaApi';
import { compareKernels, parseKernelVersion } from '../../server/types';
import { kernelVersionAt } from '../../server/workspace/kernelTree';

const root = process.env['LINUX_SRC'] ?? '';
const kernel = root === '' ? undefined : kernelVersionAt(root);

describe.runIf(kernel !== undefined)('a kernel tree', () => {
  test('declares the functions that the table says it has, and no others', () => {
    const words = new Set<string>();
    for (const name of readdirSync(join(root, 'include'), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.h')) continue;
      const text = readFileSync(join(root, 'include', name), 'latin1');
      for (const match of text.matchAll(
        /\b(\w*(?:dma|sg|scsi|pci|blk_|mmc|usb|ata_|rdma|vb2|i2c|page_pool|xsk|drm|reserved)\w*)\(/g,
      ))
        words.add(match[1] ?? '');
    }
    const version = (text: string | undefined) => (text === undefined ? undefined : parseKernelVersion(text));
    const wrong = DMA_API.filter((row) => {
      const [since, until] = [version(row.since), version(row.until)];
      const isExpected =
        kernel !== undefined &&
        (since === undefined || compareKernels(since, kernel) <= 0) &&
        (until === undefined || compareKernels(kernel, until) <= 0);
      return isExpected !== words.has(row.name);
    });
    expect(wrong.map((row) => `${row.name} ${row.since ?? ''}-${row.until ?? ''}`)).toEqual([]);
  });
});
