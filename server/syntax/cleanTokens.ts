/** Leaves out of a piece's tokens what says nothing about its meaning: annotations, and the arms of conditionals that cut. */

import { resolveConditionals } from './conditionals';
import { ANNOTATION_CALLS, ANNOTATIONS, NO_ANNOTATION_AFTER, TYPE_WORDS } from './dialectTables';
import { Kind, type Token, tokenize } from './tokens';

const ANNOTATION_SHAPE = /^__[a-z]/;
const NOTHING = () => {};

/** The tokens of `text` from `start` to `end` that matter to the grammar. */
export function cleanTokens(text: string, start: number, end: number): readonly Token[] {
  const tokens = tokenize(text, start, end);
  const hasDirectives = tokens.some((token) => token.kind === Kind.Directive);
  return withoutAnnotations(hasDirectives ? resolveConditionals(text, withoutStrayArms(tokens), NOTHING) : tokens);
}

/** A piece that begins inside an `#if` may hold its `#else`: those arms go. Other directives than conditionals go too. */
function withoutStrayArms(tokens: readonly Token[]): readonly Token[] {
  const kept: Token[] = [];
  let depth = 0;
  let dropped = 0;
  for (const token of tokens) {
    if (token.kind !== Kind.Directive) {
      if (dropped === 0) kept.push(token);
      continue;
    }
    const { text } = token;
    if (0 < dropped) {
      if (text.startsWith('if')) dropped += 1;
      else if (text === 'endif') dropped -= 1;
    } else if (text.startsWith('if')) {
      depth += 1;
      kept.push(token);
    } else if (text.startsWith('el')) {
      if (depth === 0) dropped = 1;
      else kept.push(token);
    } else if (text === 'endif' && 0 < depth) {
      depth -= 1;
      kept.push(token);
    }
  }
  return kept;
}

function withoutAnnotations(tokens: readonly Token[]): readonly Token[] {
  const kept: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) continue;
    if (token.kind === Kind.Name) {
      const next = tokens[i + 1];
      const first = token.text.charCodeAt(0);
      // All of them begin with an underscore, an upper case letter, or one of a few lower case ones.
      const opens = next?.text === '(' && next.kind === Kind.Punctuation;
      if (opens) {
        if (ANNOTATION_CALLS.has(token.text)) {
          i = closing(tokens, i + 1);
          continue;
        }
      } else if (ANNOTATIONS.has(token.text) || (first === 0x5f && isAnnotation(token.text, tokens, i, kept.at(-1)))) {
        continue;
      }
    }
    kept.push(token);
  }
  return kept;
}

function isAnnotation(name: string, tokens: readonly Token[], i: number, previous: Token | undefined): boolean {
  if (!ANNOTATION_SHAPE.test(name) || previous?.kind !== Kind.Name || NO_ANNOTATION_AFTER.has(previous.text))
    return false;
  const next = tokens[i + 1];
  if (TYPE_WORDS.has(previous.text) && next?.kind === Kind.Punctuation && next.text !== '*') return false;
  const isTag = /^(?:struct|union|enum)$/.test(tokens[i - 2]?.text ?? '') && /^[;=,[]$/.test(next?.text ?? '');
  if (isTag) return false;
  return next?.kind === Kind.Name || (next?.kind === Kind.Punctuation && /^[*;=,)[{]$/.test(next.text));
}

/** Index of the parenthesis that closes the one at `open`. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== Kind.Punctuation) continue;
    if (token.text === '(') depth += 1;
    else if (token.text === ')') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return open;
}
