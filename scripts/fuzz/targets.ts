/** All targets, with the material they mutate. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createParser } from '../../server/syntax/parser';
import { findFiles, readSource } from '../../server/workspace/files';
import { editsTarget } from './edits';
import { inputTargets } from './inputs';
import { serverTarget } from './server';
import { sourceTarget } from './source';
import type { Target } from './target';

const RECORDINGS = ['linux-6.12-direct', 'linux-6.12-iommu-strict', 'linux-6.12-swiotlb-force', 'functions-arm-iommu'];
/** Drivers of a kernel tree that are mutated, and the largest of them in UTF-16 units. */
const DRIVERS = ['drivers/crypto', 'drivers/spi', 'drivers/mmc/host', 'drivers/media/common', 'drivers/dma'];
const LARGEST = 120_000;

export async function createTargets(): Promise<Readonly<Record<string, Target>>> {
  const recorded = RECORDINGS.flatMap((name) =>
    readFileSync(`test/fixtures/vectors/${name}.jsonl`, 'utf8').split('\n'),
  );
  const traced = readFileSync('test/fixtures/trace-6.12.txt', 'utf8').split('\n');
  const sources = drivers();
  return {
    source: sourceTarget(await createParser(), sources),
    ...inputTargets(recorded, traced),
    edits: editsTarget(sources),
    server: serverTarget,
  };
}

/** Texts of drivers: the project's own, and those of the tree that LINUX_SRC names. */
function drivers(): readonly string[] {
  const root = process.env['LINUX_SRC'] ?? '';
  const folders = DRIVERS.map((folder) => join(root, folder)).filter((folder) => root !== '' && existsSync(folder));
  const { files } = findFiles(['test/fixtures', ...folders]);
  return files
    .map((file) => readSource(file))
    .flatMap((source) => (source.kind === 'text' && source.text.length < LARGEST ? [source.text] : []));
}
