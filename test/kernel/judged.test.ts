/**
<<<<<<< HEAD
 * Findings on real drivers that were read beside the code: each line of `judged-*-X.Y.jsonl` is one, with its verdict. The
 * test says when a finding appears that nobody judged, and when one goes. Needs LINUX_SRC, the top folder of linux-source-X.Y.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatKernel } from '../../server/types';
import { kernelVersionAt } from '../../server/workspace/kernelTree';
import { scan } from '../../server/workspace/scan';
=======
 * Findings on Linux 6.12 that were opened beside the code and judged, in judged-*.jsonl. Says when one of them is not
 * found any more, and when another one appears in a file that was judged. Needs LINUX_SRC.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';

const root = process.env['LINUX_SRC'] ?? '';
const isPresent = root !== '' && existsSync(join(root, 'drivers/media'));
>>>>>>> 27ac6bf (Find loops that lose what earlier rounds mapped, and fields released as one kind only; hold judged findings fast)

interface Judgement {
  readonly file: string;
  readonly function: string;
  readonly rule: string;
<<<<<<< HEAD
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
=======
  readonly verdict: 'true' | 'debatable' | 'false';
  readonly why: string;
}

const JUDGED: readonly (readonly [string, readonly Judgement[]])[] = readdirSync(import.meta.dirname)
  .filter((name) => /^judged-.*-6\.12\.jsonl$/.test(name))
  .map((name) => [name, read(join(import.meta.dirname, name))]);

function read(path: string): readonly Judgement[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line): Judgement => JSON.parse(line));
}

describe.each(JUDGED)('%s', (_name, judgements) => {
  const rules = [...new Set(judgements.map((one) => one.rule))];

  test.each(rules)('nine in ten findings of %s are true', (rule) => {
    const about = judgements.filter((one) => one.rule === rule);
    const wrong = about.filter((one) => one.verdict === 'false');
    expect(wrong.length).toBeLessThanOrEqual(about.length / 10);
  });

  test('each judgement says why', () => {
    for (const one of judgements) {
      expect(['true', 'debatable', 'false']).toContain(one.verdict);
      expect(one.why.length, `${one.file} ${one.function}`).toBeGreaterThan(10);
    }
  });

  test.runIf(isPresent)('what was judged is found, and nothing else in those files', { timeout: 600_000 }, async () => {
    const parser = await createParser();
    const key = (one: { readonly function: string; readonly rule: string }, file: string) =>
      `${file} ${one.function}() ${one.rule}`;
    const found = new Set<string>();
    for (const file of new Set(judgements.map((one) => one.file))) {
      const text = readFileSync(join(root, file), 'utf8');
      for (const one of analyze(text, parser, { kernel: { major: 6, minor: 12 }, rules }).findings)
        found.add(key(one, file));
    }
    expect([...found].sort()).toEqual([...new Set(judgements.map((one) => key(one, one.file)))].sort());
>>>>>>> 27ac6bf (Find loops that lose what earlier rounds mapped, and fields released as one kind only; hold judged findings fast)
  });
});
