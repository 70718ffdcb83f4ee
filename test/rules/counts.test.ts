/** Whole functions in the shape of drivers: a comment `want: rule` ends each line that must be reported, nothing else may be. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countProblems } from '../support/countRules';

const folder = join(__dirname, '../fixtures/counts');

describe('fixtures of counts and contiguity', () => {
  test.each(readdirSync(folder).filter((name) => name.endsWith('.c')))('%s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const wanted = text.split('\n').flatMap((line, i) => {
      const rules = /\/\* want: (.*?) \*\//.exec(line)?.[1]?.split(', ') ?? [];
      return rules.map((rule) => `${i + 1} ${rule}`);
    });
    const found = countProblems(text).map((one) => `${one.line} ${one.rule}`);
    expect(found.map((one) => `${one} | ${text.split('\n')[Number.parseInt(one, 10) - 1]?.trim()}`).sort()).toEqual(
      wanted.map((one) => `${one} | ${text.split('\n')[Number.parseInt(one, 10) - 1]?.trim()}`).sort(),
    );
  });
});
