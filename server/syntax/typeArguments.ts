/** Types where the grammar wants values: as arguments of macros, and named by `typeof`. */

import { TYPE_WORDS } from './dialectTables';
import { blank, type Edit, type Paren } from './rewrite';
import { Kind, type Token } from './tokens';

/** `typeof(x) y = ...;` and `(typeof(x))y`: the macro stands for a type. */
export function isTypeof(
  name: string,
  isStart: boolean,
  previous: Token | undefined,
  stack: readonly Paren[],
  closing: Token | undefined,
  following: Token | undefined,
): boolean {
  if (!closing || !/^(?:__)?typeof(?:__|_unqual)?$/.test(name)) return false;
  if (isStart) return following?.kind === Kind.Name || following?.text === '*';
  const isCast = previous?.text === '(' && stack.at(-1)?.callee === undefined;
  return isCast && (following?.text === ')' || following?.text === '*');
}

/** `container_of(p, struct foo, m)`, `min_t(unsigned int, a, b)`: a type among the arguments becomes a name. */
export function rewriteTypeArgument(
  text: string,
  tokens: readonly Token[],
  i: number,
  previous: Token | undefined,
  stack: readonly Paren[],
  braces: number,
  edits: Edit[],
): number | undefined {
  const token = tokens[i];
  const callee = stack.at(-1)?.callee;
  if (!token || callee === undefined || braces === 0) return undefined;
  if (previous?.kind !== Kind.Punctuation || (previous.text !== '(' && previous.text !== ',')) return undefined;
  let at = i;
  let changed = false;
  while (tokens[at]?.kind === Kind.Name && /^(?:const|volatile|struct|union|enum)$/.test(tokens[at]?.text ?? '')) {
    const word = tokens[at];
    if (word) edits.push(blank(text, word.start, word.end));
    changed = true;
    at += 1;
  }
  const word = tokens[at];
  if (word && TYPE_WORDS.has(word.text)) {
    let last = at;
    while (TYPE_WORDS.has(tokens[last + 1]?.text ?? '')) last += 1;
    const end = tokens[last]?.end ?? word.end;
    const name = text.slice(word.start, end).replace(/\s/g, '_');
    // Upper case: a name that is no keyword.
    if (!text.slice(word.start, end).includes('\n'))
      edits.push({ start: word.start, text: name[0]?.toUpperCase() + name.slice(1) });
    changed = true;
    at = last;
  }
  if (!changed) return undefined;
  let end = at;
  while (tokens[end + 1]?.text === '*') end += 1;
  // With a name behind it, the star is a product to the grammar.
  if (tokens[end + 1]?.kind === Kind.Name) return undefined;
  for (const star of tokens.slice(at + 1, end + 1)) edits.push(blank(text, star.start, star.end));
  return undefined;
}
