/**
 * Whole drivers of our own, in the shape of real ones. A comment `finds: rule-id, ...` above a function states which
 * rules speak about it; a function without one must be silent. `kernel: 4.19` in a file's first line sets the target.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { RULES } from '../../server/rules/index';
import { createParser } from '../../server/syntax/parser';
import { parseKernelVersion } from '../../server/types';

const FOLDER = join(import.meta.dirname, '../fixtures/api');
/** What is contiguous, and which count is meant, has tests of its own. */
const OTHERS = /contiguity|walks-|mapped-count|for-device|segment|count-/;
const rules = RULES.map((rule) => rule.id).filter((id) => !OTHERS.test(id));
const parser = await createParser();

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith('.c')))('%s', (name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  const kernel = parseKernelVersion(/kernel: (\d\S*)/.exec(text)?.[1] ?? '6.12') ?? { major: 6, minor: 12 };

  test('finds what its comments say, and nothing else', { timeout: 120_000 }, () => {
    const found = new Map<string, Set<string>>();
    for (const one of analyze(text, parser, { kernel, rules }).findings) {
      found.set(one.function, (found.get(one.function) ?? new Set()).add(one.rule));
    }
    const names = new Set([...found.keys(), ...expected(text).keys()]);
    const list = (rules: Iterable<string> | undefined) => [...(rules ?? [])].sort().join(', ');
    const told = (of: ReadonlyMap<string, Iterable<string>>) => [...names].map((fn) => `${fn}: ${list(of.get(fn))}`);
    expect(told(found)).toEqual(told(expected(text)));
  });
});

/** Rule ids by function, as the comments state them. */
function expected(text: string): ReadonlyMap<string, readonly string[]> {
  const rules = new Map<string, readonly string[]>();
  for (const match of text.matchAll(/\/\* finds: ([\w, -]+) \*\/\n[^(]*?(\w+)\(/g)) {
    rules.set(
      match[2] ?? '',
      (match[1] ?? '').split(',').map((rule) => rule.trim()),
    );
  }
  return rules;
}
