/** Ways to run a check that must give the same report, byte for byte. */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { differenceOf, type Ground, type Outcome, type Part, report, run, sizeOf } from './part';

const SHARDS = 3;

/** Results that are kept, when they are written and when they are read, against none. */
export const cache: Part = async (ground) => {
  const without = await report(ground, []);
  const cold = await report(ground, [], 'cache');
  const warm = await report(ground, [], 'cache');
  return {
    compared: sizeOf(without),
    differences: [
      ...differenceOf(without, cold, 'no results kept / results being written'),
      ...differenceOf(without, warm, 'no results kept / results read'),
    ],
  };
};

/** One worker against several. */
export const workers: Part = async (ground) => {
  const one = await report(ground, ['--jobs', '1']);
  const many = await report(ground, ['--jobs', '4']);
  return { compared: sizeOf(one), differences: differenceOf(one, many, 'one worker / four workers') };
};

/** Shards that are merged, against the whole. */
export const shards: Part = async (ground): Promise<Outcome> => {
  const whole = await report(ground, [], 'cache');
  const names: string[] = [];
  for (let index = 1; index <= SHARDS; index++) {
    const name = resolve(ground.scratch, `shard${index}.json`);
    writeFileSync(name, await report(ground, ['--shard', `${index}/${SHARDS}`], 'cache'));
    names.unshift(name);
  }
  const merged = await run(['merge', '--fail-on', 'never', ...names], ground.root, {});
  return { compared: sizeOf(whole), differences: differenceOf(whole, merged, `the whole / ${SHARDS} shards`) };
};

/** The command line's findings by file, for others to compare with. */
export async function findingsByFile(ground: Ground): Promise<ReadonlyMap<string, readonly Found[]>> {
  const { findings }: { findings: readonly Found[] } = JSON.parse(await report(ground, [], 'cache'));
  const byFile = new Map<string, Found[]>();
  for (const one of findings) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one]);
  return byFile;
}

/** A finding as the report has it: lines and columns count from 1. */
export interface Found {
  readonly rule: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly message: string;
}
