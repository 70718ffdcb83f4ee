/** Annotated C: markers under the code state all findings; anything extra or missing fails as a diff of C. */

import { expect } from 'vitest';
import { lowerFile } from '../../server/code/lower';
import { extractFacts } from '../../server/facts/facts';
import type { Rule } from '../../server/rules/rule';
import { createParser } from '../../server/syntax/parser';
import type { Problem } from '../../server/types';

const parser = await createParser();
const MARKER = /^\s*\/\/\s*\^+ (?:error|warning|information): /;

interface Found {
  readonly problem: Problem;
  readonly severity: string;
}

/** Runs rules over `source` and compares with its markers. */
export function check(rules: readonly Rule[], source: string): void {
  const code = withoutMarkers(source);
  expect(withMarkers(code, find(rules, code))).toBe(source.trim());
}

/** Applies the first fix of the only finding, and expects `after` without any finding. */
export function checkFix(rules: readonly Rule[], source: string, after: string): void {
  const code = withoutMarkers(source);
  const [found] = find(rules, code);
  const [fix] = found?.problem.fixes ?? [];
  if (!fix) throw new Error('no fix is offered');
  let fixed = code;
  for (const edit of [...fix.edits].sort((a, b) => b.span.start - a.span.start)) {
    fixed = fixed.slice(0, edit.span.start) + edit.newText + fixed.slice(edit.span.end);
  }
  expect(fixed).toBe(withoutMarkers(after));
  expect(find(rules, fixed)).toEqual([]);
}

function find(rules: readonly Rule[], code: string): readonly Found[] {
  const facts = extractFacts(lowerFile(parser, code), code, { major: 6, minor: 12 });
  const found: Found[] = [];
  for (const rule of rules) {
    for (const fn of facts.functions) {
      for (const problem of rule.check(fn, facts)) found.push({ problem, severity: problem.severity ?? rule.severity });
    }
  }
  return found.sort((a, b) => a.problem.span.start - b.problem.span.start);
}

function withoutMarkers(source: string): string {
  return source
    .trim()
    .split('\n')
    .filter((line) => !MARKER.test(line))
    .join('\n');
}

function withMarkers(code: string, found: readonly Found[]): string {
  const lines = code.split('\n');
  const marked: string[] = [];
  let start = 0;
  for (const line of lines) {
    marked.push(line);
    for (const { problem, severity } of found) {
      const { span, message } = problem;
      if (span.start < start || start + line.length < span.start) continue;
      const column = span.start - start;
      const length = Math.min(span.end, start + line.length) - span.start;
      const indent = /^ */.exec(line)?.[0].length ?? 0;
      const slashes = Math.min(indent, Math.max(0, column - 3));
      marked.push(
        `${' '.repeat(slashes)}//${' '.repeat(column - slashes - 2)}${'^'.repeat(length)} ${severity}: ${message}`,
      );
    }
    start += line.length + 1;
  }
  return marked.join('\n');
}
