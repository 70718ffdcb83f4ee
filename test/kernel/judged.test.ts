/**
 * Findings on real drivers that were read beside the code: each line of `judged-*-X.Y.jsonl` is one, with its verdict. The
 * test says when a finding appears that nobody judged, and when one goes. Needs LINUX_SRC, the top folder of linux-source-X.Y.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatKernel } from '../../server/types';
import { kernelVersionAt } from '../../server/workspace/kernelTree';
import { scan } from '../../server/workspace/scan';

interface Judgement {
  readonly file: string;
  readonly function: string;
  readonly rule: string;
  /** `silent`: right code that must not be reported. */
  readonly verdict: 'true' | 'debatable' | 'false' | 'silent';
  readonly why: string;
}

const root = process.env['LINUX_SRC'] ?? '';
const kernel = existsSync(join(root, 'drivers')) && root !== '' ? kernelVersionAt(join(root, 'drivers')) : undefined;
const version = kernel && formatKernel(kernel);
const all = readdirSync(__dirname).filter((name) => /^judged-.*\.jsonl$/.test(name));
const fitting = all.filter((name) => version !== undefined && name.endsWith(`-${version}.jsonl`));

function judgements(name: string): readonly Judgement[] {
  const lines = readFileSync(join(__dirname, name), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Judgement);
}

test.each(all)('%s holds judgements with a reason each', (name) => {
  for (const one of judgements(name)) {
    expect(['true', 'debatable', 'false', 'silent']).toContain(one.verdict);
    expect(one.why.length, `${one.file} ${one.function}`).toBeGreaterThan(15);
  }
});

describe.runIf(0 < fitting.length)(`Linux ${version ?? ''}`, () => {
  test.each(fitting)('%s: what is found is what was judged', { timeout: 300_000 }, async (name) => {
    const known = judgements(name);
    const rules = [...new Set(known.map((one) => one.rule))].filter((rule) => rule !== '*');
    const paths = [...new Set(known.map((one) => join(root, one.file)))];
    const { files, failed } = await scan(paths, { kernel: kernel ?? { major: 0, minor: 0 }, rules });
    expect(failed).toEqual([]);
    const found = files.flatMap(({ file, findings }) =>
      findings.map((one) => `${relative(root, file)} ${one.function} ${one.rule}`),
    );
    const judged = known
      .filter((one) => one.verdict !== 'silent')
      .map((one) => `${one.file} ${one.function} ${one.rule}`);
    expect([...new Set(found)].sort()).toEqual([...new Set(judged)].sort());
  });

  test.each(fitting)('%s: at least nine in ten are true', (name) => {
    const found = judgements(name).filter((one) => one.verdict !== 'silent');
    const wrong = found.filter((one) => one.verdict === 'false');
    expect(wrong.length / found.length).toBeLessThan(0.1);
  });
});
