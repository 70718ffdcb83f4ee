/**
 * Preprocessor conditionals. The grammar reads `#if` around whole statements and declarations, and both arms are then
 * analysed. Where a conditional cuts through a statement, an argument list, an initialiser or a function's head, one
 * arm is kept: the first, or the other one of `#if 0`.
 */

import { Kind, type Token } from './tokens';

/** Tells where text is to be blanked. */
type Blank = (start: number, end: number) => void;

interface Conditional {
  /** Indices of the directives: `#if`, `#elif`s, `#else`, `#endif`. */
  readonly marks: number[];
}

/** The tokens that remain; what goes is told to `blank`. */
export function resolveConditionals(text: string, tokens: readonly Token[], blank: Blank): readonly Token[] {
  const { conditionals, unclosed } = findConditionals(tokens);
  if (conditionals.length === 0 && unclosed.length === 0) return tokens;
  const gone = new Uint8Array(tokens.length);
  const drop = (from: number, to: number) => {
    const first = tokens[from];
    const last = tokens[to];
    if (!first || !last) return;
    for (let i = from; i <= to; i++) gone[i] = 1;
    blank(first.start, last.end);
  };
  // A function that ends in its first arm: the others are no part of it.
  for (const { marks } of unclosed) if (marks.length === 1 && marks[0] !== undefined) drop(marks[0], marks[0]);
  // Inner conditionals come first, so that an outer one sees what they left.
  for (const { marks } of conditionals) {
    if (marks.some((mark) => gone[mark])) continue;
    const kept = keptArm(text, tokens, marks);
    const cuts = marks.slice(0, -1).some((mark, arm) => cutsThrough(tokens, gone, mark, marks[arm + 1] ?? mark));
    if (!cuts && kept === undefined) continue;
    const keep = kept ?? 0;
    for (let arm = 0; arm + 1 < marks.length; arm++) {
      const from = marks[arm] ?? 0;
      const to = marks[arm + 1] ?? from;
      drop(from, arm === keep ? from : to - 1);
    }
    const end = marks.at(-1);
    if (end !== undefined) drop(end, end);
  }
  return tokens.filter((_token, index) => !gone[index]);
}

interface Conditionals {
  readonly conditionals: readonly Conditional[];
  readonly unclosed: readonly Conditional[];
}

function findConditionals(tokens: readonly Token[]): Conditionals {
  const open: Conditional[] = [];
  const found: Conditional[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== Kind.Directive) return;
    if (/^if(?:n?def)?$/.test(token.text)) open.push({ marks: [index] });
    else if (/^(?:elif(?:n?def)?|else)$/.test(token.text)) open.at(-1)?.marks.push(index);
    else if (token.text === 'endif') {
      const done = open.pop();
      if (done) {
        done.marks.push(index);
        found.push(done);
      }
    }
  });
  return { conditionals: found, unclosed: open };
}

/** `#if 0` and `#if 1` decide themselves. */
function keptArm(text: string, tokens: readonly Token[], marks: readonly number[]): number | undefined {
  const first = tokens[marks[0] ?? 0];
  const condition = first && /^#\s*if\s+([01])\s*(?:\/[/*].*)?$/s.exec(text.slice(first.start, first.end))?.[1];
  if (condition === undefined || condition === '') return undefined;
  return condition === '1' ? 0 : 1;
}

/** The arm between two directives is not made of whole statements or declarations. */
function cutsThrough(tokens: readonly Token[], gone: Uint8Array, from: number, to: number): boolean {
  const before = neighbour(tokens, gone, from, -1);
  // The grammar wants a statement behind a label, and takes no directive for one.
  if (before && (!endsStatement(before) || before.text === ':')) return true;
  let depth = 0;
  let first: Token | undefined;
  let last: Token | undefined;
  for (let i = from + 1; i < to; i++) {
    const token = tokens[i];
    if (!token || gone[i] || token.kind === Kind.Directive) continue;
    first ??= token;
    last = token;
    if (token.kind !== Kind.Punctuation) continue;
    if (/^[([{]$/.test(token.text)) depth += 1;
    else if (/^[)\]}]$/.test(token.text)) depth -= 1;
    if (depth < 0) return true;
  }
  if (depth !== 0) return true;
  if (!first || !last) return false;
  if (first.text === 'else' || (first.kind === Kind.Punctuation && !/^[{(*;+-]/.test(first.text))) return true;
  if (last.text === ':' && isLabel(tokens, gone, to)) return true;
  const after = neighbour(tokens, gone, to, 1);
  return !endsStatement(last) || after?.text === 'else';
}

/** The arm before the directive at `to` ends in a label, behind which the grammar wants a statement. */
function isLabel(tokens: readonly Token[], gone: Uint8Array, to: number): boolean {
  const found: Token[] = [];
  for (let i = to - 1; 0 <= i && found.length < 3; i--) {
    const token = tokens[i];
    if (token && !gone[i]) found.push(token);
  }
  const [, name, before] = found;
  if (name?.kind !== Kind.Name || name.text === 'default') return false;
  return !before || before.kind === Kind.Directive || endsStatement(before);
}

function endsStatement(token: Token): boolean {
  return token.kind === Kind.Punctuation && /^[;{}:]$/.test(token.text);
}

/** The nearest token that is left and no directive. */
function neighbour(tokens: readonly Token[], gone: Uint8Array, from: number, step: 1 | -1): Token | undefined {
  for (let i = from + step; 0 <= i && i < tokens.length; i += step) {
    const token = tokens[i];
    if (token && !gone[i] && token.kind !== Kind.Directive) return token;
  }
  return undefined;
}
