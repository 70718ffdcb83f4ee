/** Every rule can be silenced where it speaks, and says so where a comment silences nothing. */

import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { withoutMarkers } from '../../server/report/ruleText';
import { RULES } from '../../server/rules/index';
import { UNUSED_SUPPRESSION } from '../../server/suppressions';
import { createParser } from '../../server/syntax/parser';
import type { Finding } from '../../server/types';

const parser = await createParser();
const find = (text: string): readonly Finding[] => analyze(text, parser, { kernel: { major: 6, minor: 12 } }).findings;

const lineOf = (text: string, one: Finding) => text.slice(0, one.span.start).split('\n').length - 1;

describe.each(RULES)('$id', ({ id, bad, good }) => {
  const text = withoutMarkers(bad);
  const others = find(text).filter((one) => one.rule !== id);

  test('a comment above each finding', () => {
    const lines = new Set(find(text).flatMap((one) => (one.rule === id ? [lineOf(text, one)] : [])));
    expect(lines.size).toBeGreaterThan(0);
    const allowed = text
      .split('\n')
      .flatMap((line, index) => (lines.has(index) ? [`/* dma-lens: allow(${id}) of the test */`, line] : [line]));
    expect(find(allowed.join('\n')).map((one) => one.rule)).toEqual(others.map((one) => one.rule));
  });

  test('a comment for the file', () =>
    expect(find(`/* dma-lens: allow-file(${id}) of the test */\n${text}`).map((one) => one.rule)).toEqual(
      others.map((one) => one.rule),
    ));

  test('a comment without a finding', () =>
    expect(find(`/* dma-lens: allow-file(${id}) of the test */\n${withoutMarkers(good)}`)).toContainEqual(
      expect.objectContaining({ rule: UNUSED_SUPPRESSION }),
    ));
});
