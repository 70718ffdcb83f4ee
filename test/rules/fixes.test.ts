/** Applying a fix makes its finding go away and raises no other; line endings and indentation stay the file's. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { withoutMarkers } from '../../server/report/ruleText';
import { RULES } from '../../server/rules/index';
import { createParser } from '../../server/syntax/parser';
import { type Finding, type Fix, type KernelVersion, parseKernelVersion } from '../../server/types';

const FOLDERS = ['api', 'counts'].map((name) => join(import.meta.dirname, '../fixtures', name));
const NEWEST = { major: 6, minor: 12 };
const parser = await createParser();

const SOURCES: readonly (readonly [string, string, KernelVersion])[] = [
  ...FOLDERS.flatMap((folder) =>
    readdirSync(folder).map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return [name, text, parseKernelVersion(/kernel: (\d\S*)/.exec(text)?.[1] ?? '6.12') ?? NEWEST] as const;
    }),
  ),
  ...RULES.map((rule) => [rule.id, `${withoutMarkers(rule.bad)}\n`, NEWEST] as const),
];

/** Titles of offered fixes that leave nothing in the code that would be reported. */
const COMPLETE = /^(?:Test it|Refuse buffers|Unmap and return|Take several segments|Declare the limit)/;
/** A range that is tested is still required, as the title of the fix says. */
const BECOMES: Readonly<Record<string, string>> = { 'contiguity-assumed': 'contiguity-required' };

function findings(text: string, kernel: KernelVersion): readonly Finding[] {
  return analyze(text, parser, { kernel }).findings;
}

function apply(text: string, fix: Fix): string {
  let fixed = text;
  for (const edit of [...fix.edits].sort((a, b) => b.span.start - a.span.start))
    fixed = fixed.slice(0, edit.span.start) + edit.newText + fixed.slice(edit.span.end);
  return fixed;
}

/** How often each rule speaks about each function. */
function tally(found: readonly Finding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const one of found) {
    const key = `${one.function}: ${one.rule}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

describe.each(SOURCES)('%s', (_name, text, kernel) => {
  test('each fix removes its finding and raises no other', { timeout: 120_000 }, () => {
    const before = findings(text, kernel);
    for (const one of before) {
      for (const fix of one.fixes.filter(({ automatic, title }) => automatic || COMPLETE.test(title))) {
        const after = tally(findings(apply(text, fix), kernel));
        const known = tally(before);
        const key = `${one.function}: ${one.rule}`;
        expect(after.get(key) ?? 0, `${key}: ${fix.title}`).toBeLessThan(known.get(key) ?? 0);
        for (const [other, count] of after)
          if (other !== `${one.function}: ${BECOMES[one.rule]}`)
            expect(count, `${other}, after ${fix.title}`).toBeLessThanOrEqual(known.get(other) ?? 0);
      }
    }
  });
});

test('a file with carriage returns keeps them', () => {
  const text = `int post(struct ring *ring, void *data)\r\n{\r\n\tring->addr = dma_map_single(ring->dev, data, 64, DMA_TO_DEVICE);\r\n\treturn start(ring);\r\n}\r\n`;
  const [one] = findings(text, NEWEST);
  const [fix] = one?.fixes ?? [];
  expect(fix && apply(text, fix)).toBe(
    text.replace(
      'DMA_TO_DEVICE);\r\n',
      'DMA_TO_DEVICE);\r\n\tif (dma_mapping_error(ring->dev, ring->addr))\r\n\t\treturn -ENOMEM;\r\n',
    ),
  );
});

test('no test is put into a declaration, or under an if without braces', () => {
  const texts = [
    `int post(struct ring *ring, void *data)\n{\n\tdma_addr_t addr = dma_map_single(ring->dev, data, 64, DMA_TO_DEVICE);\n\n\treturn start(ring, addr);\n}\n`,
    `int post(struct ring *ring, void *data)\n{\n\tif (data)\n\t\tring->addr = dma_map_single(ring->dev, data, 64, DMA_TO_DEVICE);\n\treturn start(ring);\n}\n`,
  ];
  for (const text of texts) expect(findings(text, NEWEST).flatMap((one) => one.fixes)).toEqual([]);
});
