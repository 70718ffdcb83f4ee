/** Macros that stand where the grammar wants a statement or a declaration. */

import { TYPE_WORDS } from './dialectTables';
import { blank, type Edit, type Paren } from './rewrite';
import { Kind, type Token } from './tokens';

/**
 * `MODULE_LICENSE("x");`, `EXPORT_SYMBOL(x)`, `static DEFINE_MUTEX(m);`, `static DEFINE_PER_CPU(int, x) = 0;` between
 * functions. A macro that heads a function (`IDENT(...) {`) stays.
 */
export function blankFileMacro(
  text: string,
  tokens: readonly Token[],
  name: number,
  close: number,
  from: number,
  edits: Edit[],
): number | undefined {
  const first = tokens[from];
  const last = tokens[close];
  const following = tokens[close + 1];
  if (!first || !last || !tokens[name]) return undefined;
  if (following?.kind === Kind.Punctuation) {
    if (following.text === ';') {
      edits.push(blank(text, first.start, following.end));
      return close + 1;
    }
    if (following.text === '=' && 5 <= last.end - first.start) {
      const filler = blank(text, first.start, last.end).text;
      edits.push({ start: first.start, text: `int x${filler.slice(5)}` });
      return close;
    }
    return undefined;
  }
  if (following?.kind === Kind.Name && !startsOnNewLine(text, last, following)) return undefined;
  edits.push(blank(text, first.start, last.end));
  return close;
}

/** Whether what follows a macro without a semicolon begins a line of its own. */
export function startsOnNewLine(text: string, closing: Token, following: Token | undefined): boolean {
  if (!following || following.kind === Kind.Directive) return true;
  if (following.kind === Kind.Punctuation && following.text !== '}' && following.text !== '*') return false;
  return text.slice(closing.end, following.start).includes('\n');
}

const STATEMENT_WORD = /^(?:if|for|while|do|switch|return|break|continue|goto)$/;

/** `poll_until(dev, 10, if (x) break;)`, `DEBUG_ONLY(int i;)`: a macro is given statements, the first of them at `i`. */
export function beginsStatementArgument(
  tokens: readonly Token[],
  i: number,
  previous: Token | undefined,
  stack: readonly Paren[],
): boolean {
  const token = tokens[i];
  if (token?.kind !== Kind.Name || stack.at(-1)?.callee === undefined) return false;
  if (previous?.kind !== Kind.Punctuation || (previous.text !== '(' && previous.text !== ',')) return false;
  return STATEMENT_WORD.test(token.text) || isDeclaration(tokens, i);
}

/** `int i`, `struct foo *p`: a type and a name behind it. */
function isDeclaration(tokens: readonly Token[], i: number): boolean {
  const word = tokens[i]?.text ?? '';
  const isTag = /^(?:struct|union|enum)$/.test(word);
  if (!isTag && !TYPE_WORDS.has(word)) return false;
  let at = isTag ? i + 2 : i + 1;
  while (tokens[at]?.text === '*') at += 1;
  const name = tokens[at];
  // `int *p` may as well be a product to the grammar.
  return name?.kind === Kind.Name && !TYPE_WORDS.has(name.text) && (isTag || at === i + 1);
}

/** The index of the bracket that closes the innermost arguments; -1 when nothing does. */
export function endOfArguments(partner: Int32Array, stack: readonly Paren[]): number {
  return partner[stack.at(-1)?.at ?? -1] ?? -1;
}

/** White space from `first` to the bracket `closing`, and over a comma before it. */
export function blankArguments(
  text: string,
  previous: Token | undefined,
  first: Token,
  closing: Token | undefined,
): Edit {
  return blank(text, previous?.text === ',' ? previous.start : first.start, closing?.start ?? first.end);
}

/** `V4L2_FRACT_COMPARE(a, <, b)`: an operator alone between commas. */
export function isOperatorArgument(
  token: Token,
  previous: Token | undefined,
  next: Token | undefined,
  stack: readonly Paren[],
): boolean {
  if (stack.at(-1)?.callee === undefined || !/^(?:[-+*/%&|^<>]|[<>=!]=|<<|>>|&&|\|\|)$/.test(token.text)) return false;
  const isFirst = previous?.kind === Kind.Punctuation && (previous.text === '(' || previous.text === ',');
  // `(*)` is a part of a type.
  if (!isFirst || next?.kind !== Kind.Punctuation || (previous.text === '(' && next.text === ')')) return false;
  return next.text === ',' || next.text === ')';
}

/** Macros in capitals in a row that end a list. */
const MAX_LISTS = 8;

/** `MORE_MESSAGES` on a line of its own before `#undef M`: what it expands to was defined for this place. */
export function isListMacro(tokens: readonly Token[], i: number): boolean {
  for (let at = i; at < i + MAX_LISTS; at++) {
    const token = tokens[at];
    if (i < at && token?.kind === Kind.Directive) return token.text === 'undef';
    if (token?.kind !== Kind.Name || !/^[A-Z][A-Z_0-9]+$/.test(token.text)) return false;
  }
  return false;
}

/** `static DEFINE_RATELIMIT_STATE(rs, a, b);` in a function: the `static` at `i` is before a macro. */
export function isStaticMacro(text: string, tokens: readonly Token[], partner: Int32Array, i: number): boolean {
  const [word, name, open] = [tokens[i], tokens[i + 1], tokens[i + 2]];
  if (word?.text !== 'static' || name?.kind !== Kind.Name || open?.text !== '(') return false;
  const following = tokens[(partner[i + 2] ?? -1) + 1];
  return /^[A-Z][A-Z_0-9]+$/.test(text.slice(name.start, name.end)) && /^[;=]$/.test(following?.text ?? '');
}
