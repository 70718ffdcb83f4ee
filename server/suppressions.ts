/**
 * Comments that silence findings: `dma-lens: allow(rule-id) reason` on the line or the line above, `allow-function`
 * above a function, `allow-file` at the top. A comment that silences nothing is itself reported.
 */

import type { DefinedFunction } from './code/ir';
import type { Finding, Span } from './types';

/** The id under which unused comments are reported. */
export const UNUSED_SUPPRESSION = 'unused-suppression';

interface Suppression {
  readonly kind: 'allow' | 'allow-function' | 'allow-file';
  readonly rules: readonly string[];
  readonly span: Span;
  /** Offsets that it covers. */
  readonly covers: Span;
}

const COMMENT = /(?:\/\*|\/\/)[ \t*]*dma-lens:[ \t]*(allow|allow-function|allow-file)\([ \t]*([\w, \t-]*)\)[^\n]*/g;

/** The findings that no comment allows; with `reportUnused`, the comments that allowed nothing as well. */
export function applySuppressions(
  text: string,
  findings: readonly Finding[],
  functions: readonly DefinedFunction[],
  reportUnused: boolean,
): readonly Finding[] {
  if (!text.includes('dma-lens:')) return findings;
  const suppressions = findSuppressions(text, functions);
  const used = new Set<Suppression>();
  const kept = findings.filter((finding) => {
    const by = suppressions.find((one) => covers(one, finding));
    if (by) used.add(by);
    return !by;
  });
  if (!reportUnused) return kept;
  const unused = suppressions.filter((one) => !used.has(one)).map((one) => unusedFinding(one, functions));
  return [...kept, ...unused].sort((a, b) => a.span.start - b.span.start);
}

function covers(suppression: Suppression, finding: Finding): boolean {
  const { start, end } = suppression.covers;
  return suppression.rules.includes(finding.rule) && start <= finding.span.start && finding.span.start < end;
}

function findSuppressions(text: string, functions: readonly DefinedFunction[]): readonly Suppression[] {
  const found: Suppression[] = [];
  for (const match of text.matchAll(COMMENT)) {
    const span = { start: match.index, end: match.index + match[0].length };
    const rules = (match[2] ?? '').split(',').map((rule) => rule.trim());
    const kind = match[1] === 'allow-file' || match[1] === 'allow-function' ? match[1] : 'allow';
    found.push({ kind, rules, span, covers: coveredBy(kind, text, span, functions) });
  }
  return found;
}

function coveredBy(kind: Suppression['kind'], text: string, span: Span, functions: readonly DefinedFunction[]): Span {
  if (kind === 'allow-file') return { start: 0, end: text.length + 1 };
  if (kind === 'allow-function') {
    const next = functions.find((fn) => span.end <= fn.start);
    return next ? { start: next.start, end: next.end } : { start: span.start, end: span.end };
  }
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  const lineEnd = endOfLine(text, span.end);
  const isAlone = /^[ \t]*$/.test(text.slice(lineStart, span.start));
  return { start: lineStart, end: isAlone ? endOfLine(text, lineEnd + 1) : lineEnd };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length + 1 : end;
}

function unusedFinding(suppression: Suppression, functions: readonly DefinedFunction[]): Finding {
  const inside = functions.find((fn) => fn.start <= suppression.span.start && suppression.span.start < fn.end);
  return {
    rule: UNUSED_SUPPRESSION,
    severity: 'information',
    span: suppression.span,
    message: `nothing to allow here: no finding of ${suppression.rules.map((rule) => `'${rule}'`).join(', ')}`,
    function: inside?.name ?? '',
    related: [],
    fixes: [],
  };
}
