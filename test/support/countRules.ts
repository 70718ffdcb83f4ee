/** Runs the rules about counts and contiguity over a text. */

import { lowerFile } from '../../server/code/lower';
import { extractFacts } from '../../server/facts/facts';
import { RULES } from '../../server/rules/index';
import { createParser } from '../../server/syntax/parser';
import type { KernelVersion, Problem } from '../../server/types';

const parser = await createParser();

/** The rules whose subject is how many entries, segments or bytes there are. */
export const COUNT_RULES = RULES.filter((rule) =>
  /^(?:contiguity-|original-count|mapped-count|map-with|unmap-with|sync-with|segment-limit|cpu-(?:length|offset|address)-|same-count)/.test(
    rule.id,
  ),
);

export interface FoundProblem {
  readonly rule: string;
  readonly function: string;
  /** Counts from 1. */
  readonly line: number;
  readonly problem: Problem;
}

/** What the rules find, in the order of the text. */
export function countProblems(text: string, kernel: KernelVersion = { major: 6, minor: 12 }): readonly FoundProblem[] {
  const facts = extractFacts(lowerFile(parser, text), text, kernel);
  const found: FoundProblem[] = [];
  for (const rule of COUNT_RULES) {
    for (const fn of facts.functions) {
      for (const problem of rule.check(fn, facts)) {
        const line = text.slice(0, problem.span.start).split('\n').length;
        found.push({ rule: rule.id, function: fn.flow.ir.name, line, problem });
      }
    }
  }
  return found.sort((a, b) => a.problem.span.start - b.problem.span.start);
}
