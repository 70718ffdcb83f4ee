/** Applies automatic fixes to a text. */

import type { Finding, Fix, TextEdit } from '../types';

export interface AppliedFix {
  readonly finding: Finding;
  readonly fix: Fix;
}

export interface FixedText {
  readonly text: string;
  readonly applied: readonly AppliedFix[];
}

/**
 * Applies the first automatic fix of each finding, whole or not at all. Of fixes that overlap the first one wins; the
 * others wait for the next analysis. Ends of lines follow those of the text.
 */
export function applyAutomaticFixes(text: string, findings: readonly Finding[]): FixedText {
  const newline = /\r\n/.test(text) ? '\r\n' : '\n';
  const applied: AppliedFix[] = [];
  const taken: TextEdit[] = [];
  for (const finding of findings) {
    const fix = finding.fixes.find((one) => one.automatic && 0 < one.edits.length);
    if (!fix?.edits.every((edit) => isInside(edit, text))) continue;
    const isFree = fix.edits.every(
      (edit, index) => ![...taken, ...fix.edits.slice(0, index)].some((other) => touches(edit, other)),
    );
    if (!isFree) continue;
    taken.push(...fix.edits);
    applied.push({ finding, fix });
  }
  let fixed = text;
  for (const { span, newText } of taken.sort((a, b) => b.span.start - a.span.start)) {
    fixed = fixed.slice(0, span.start) + newText.replace(/\r?\n/g, newline) + fixed.slice(span.end);
  }
  return { text: fixed, applied };
}

function isInside({ span }: TextEdit, text: string): boolean {
  return 0 <= span.start && span.start <= span.end && span.end <= text.length;
}

/** Edits that share a character, or meet in a point: their order would matter. */
function touches(a: TextEdit, b: TextEdit): boolean {
  return a.span.start <= b.span.end && b.span.start <= a.span.end;
}
