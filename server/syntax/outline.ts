/**
 * Cuts a file into its top-level pieces without parsing: one pass over the characters that looks at brackets, strings,
 * comments and directives only. Functions get their names; what is inside `#if 0` is left out.
 */

import { ANNOTATION_CALLS } from './dialectTables';
import { type Shared, sharedBetween } from './shared';
import { directiveName, endOfComment, endOfDirective, endOfString, isLineStart } from './tokens';

export interface Piece {
  /** `declaration`: variables, types, prototypes, macros that declare something. */
  readonly kind: 'function' | 'declaration' | 'define';
  readonly start: number;
  readonly end: number;
  /** The function's name; the macro's name of a `#define`. */
  readonly name: string;
  /** Where the opening brace of a function stands; -1 otherwise. */
  readonly body: number;
}

/** Tells which pieces of a file are wanted. */
export type Select = (text: string, pieces: readonly Piece[]) => ReadonlySet<Piece>;

enum Mark {
  None,
  Word,
  Space,
  Open,
  Close,
  OpenParen,
  CloseParen,
  Semicolon,
  Equals,
  Quote,
  Slash,
  Hash,
}

const MARKS = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (/\w/.test(char)) MARKS[code] = Mark.Word;
  else if (/\s/.test(char)) MARKS[code] = Mark.Space;
}
const SIGNS: readonly (readonly [string, Mark])[] = [
  ['{', Mark.Open],
  ['}', Mark.Close],
  ['(', Mark.OpenParen],
  [')', Mark.CloseParen],
  [';', Mark.Semicolon],
  ['=', Mark.Equals],
  ['"', Mark.Quote],
  ["'", Mark.Quote],
  ['/', Mark.Slash],
  ['#', Mark.Hash],
];
for (const [char, mark] of SIGNS) MARKS[char.charCodeAt(0)] = mark;

interface Arms {
  readonly braces: number;
  readonly parens: number;
  /** `#if 1` was met: the other arms are left out. */
  readonly isDecided: boolean;
}

/** What a text was cut into, with the places between two pieces from which another reading can go on. */
interface Reading {
  readonly pieces: readonly Piece[];
  readonly rests: readonly Rest[];
  readonly isBalanced: boolean;
}

interface Rest {
  readonly at: number;
  /** How many pieces were found before. */
  readonly pieces: number;
  /** The conditionals that are open. */
  readonly open: readonly Arms[];
}

/** The pieces of `text` in their order. Unbalanced braces are forgiven at the next `}` in the first column. */
export function outlineOf(text: string): readonly Piece[] {
  const { pieces, isBalanced } = cut(text, false);
  return isBalanced ? pieces : cut(text, true).pieces;
}

/** Cuts one text after the other as `outlineOf()` does; each costs what has changed since the last one. */
export function createOutliner(): (text: string) => readonly Piece[] {
  let last = '';
  let plain: Reading | undefined;
  let forgiving: Reading | undefined;
  return (text) => {
    const again = (before: Reading | undefined) =>
      before && { ...sharedBetween(last, text), before, length: last.length };
    plain = cut(text, false, again(plain));
    forgiving = plain.isBalanced ? undefined : cut(text, true, again(forgiving));
    last = text;
    return (forgiving ?? plain).pieces;
  };
}

/** An earlier reading of a text of that length which had its start and its end in common with this one. */
interface Earlier extends Shared {
  readonly before: Reading;
  readonly length: number;
}

function cut(text: string, trustsColumns: boolean, earlier?: Earlier): Reading {
  const kept = earlier ? restsBefore(earlier) : [];
  const from = kept.at(-1);
  const pieces: Piece[] = earlier && from ? earlier.before.pieces.slice(0, from.pieces) : [];
  const rests: Rest[] = kept;
  const conditionals: Arms[] = [...(from?.open ?? [])];
  const lastClose = text.lastIndexOf('*/');
  const end = text.length;
  let at = from?.at ?? 0;
  let braces = 0;
  let parens = 0;
  let start = -1;
  let body = -1;
  let name = '';
  let hasAssignment = false;
  let isOpenEnded = false;
  let met: Rest | undefined;
  /** Between two pieces: all that is to come depends on what is to come, and on the conditionals that are open. */
  const rest = (to: number) => {
    if (isOpenEnded || braces !== 0) return;
    rests.push({ at: to, pieces: pieces.length, open: [...conditionals] });
    if (earlier && end - to <= earlier.end) met = sameRest(earlier, to - end + earlier.length, conditionals);
  };
  const finish = (kind: Piece['kind'], to: number) => {
    if (start !== -1) pieces.push({ kind, start, end: to, name: kind === 'function' ? name : '', body });
    start = -1;
    body = -1;
    name = '';
    hasAssignment = false;
    parens = 0;
    rest(to);
  };
  while (at < end && !met) {
    const code = text.charCodeAt(at);
    const mark = code < 128 ? MARKS[code] : Mark.None;
    switch (mark) {
      case Mark.Space:
        at += 1;
        continue;
      case Mark.Slash: {
        const close = endOfComment(text, at, end);
        if (close !== -1) {
          at = close;
          continue;
        }
        break;
      }
      case Mark.Quote:
        if (start === -1) start = at;
        at = endOfString(text, at, end);
        continue;
      case Mark.Hash: {
        if (!isLineStart(text, at)) break;
        const to = endOfDirective(text, at);
        const directive = directiveName(text, at);
        // A comment that nothing closes ends with its line, but for as long as nothing closes it.
        if (lastClose < to && text.slice(at, to).includes('/*')) isOpenEnded = true;
        if (directive === 'define') {
          pieces.push({ kind: 'define', start: at, end: to, name: definedName(text, at), body: -1 });
          if (start === -1 && braces === 0 && parens === 0 && name === '' && !hasAssignment) rest(to);
        } else if (directive === 'if' || directive === 'ifdef' || directive === 'ifndef') {
          const constant =
            directive === 'if' ? /^#\s*if\s+([01])\s*(?:\/[/*]|$)/.exec(text.slice(at, to))?.[1] : undefined;
          conditionals.push({ braces, parens, isDecided: constant === '1' });
          if (constant === '0') {
            at = skipArm(text, to);
            continue;
          }
        } else if (directive === 'else' || directive.startsWith('elif')) {
          const arms = conditionals.at(-1);
          if (arms?.isDecided) {
            at = skipArm(text, to);
            continue;
          }
          if (arms) ({ braces, parens } = arms);
        } else if (directive === 'endif') {
          conditionals.pop();
        }
        at = to;
        continue;
      }
      case Mark.Open:
        if (start === -1) start = at;
        if (
          braces === 0 &&
          body === -1 &&
          parens === 0 &&
          !hasAssignment &&
          name !== '' &&
          !opensType(text, start, at)
        ) {
          body = at;
        }
        braces += 1;
        at += 1;
        continue;
      case Mark.Close:
        at += 1;
        braces = trustsColumns && text.charCodeAt(at - 2) === 0x0a ? 0 : Math.max(0, braces - 1);
        if (braces !== 0) continue;
        if (body !== -1) finish('function', at);
        // A second body of the same function, in another arm of a conditional.
        else if (start !== -1 && text.charCodeAt(start) === 0x7b) start = -1;
        continue;
      case Mark.OpenParen:
        if (start === -1) start = at;
        if (braces === 0) {
          if (parens === 0 && !hasAssignment) name = calledName(text, start, at) || name;
          parens += 1;
        }
        at += 1;
        continue;
      case Mark.CloseParen:
        if (braces === 0) parens = Math.max(0, parens - 1);
        at += 1;
        continue;
      case Mark.Semicolon:
        at += 1;
        if (braces === 0 && parens === 0) finish('declaration', at);
        continue;
      case Mark.Equals:
        if (braces === 0 && parens === 0) hasAssignment = true;
        break;
      default:
        break;
    }
    if (start === -1) start = at;
    at += 1;
  }
  if (earlier && met) return joined(pieces, rests, earlier, met, end - earlier.length);
  const isBalanced = braces === 0;
  finish(body === -1 ? 'declaration' : 'function', end);
  return { pieces, rests, isBalanced };
}

/** The rests of an earlier reading that this one comes to as well. Directives end with the sign behind them. */
function restsBefore({ before: { rests }, start }: Earlier): Rest[] {
  let count = rests.length;
  while (0 < count && start < (rests[count - 1]?.at ?? 0) + 2) count -= 1;
  return rests.slice(0, count);
}

/** The rest of the earlier reading at `at`, if the same conditionals were open there. */
function sameRest({ before: { rests } }: Earlier, at: number, open: readonly Arms[]): Rest | undefined {
  let low = 0;
  let high = rests.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rests[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const found = rests[low];
  return found?.at === at && isSameOpen(found.open, open) ? found : undefined;
}

function isSameOpen(a: readonly Arms[], b: readonly Arms[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i];
      return one.braces === other?.braces && one.parens === other.parens && one.isDecided === other.isDecided;
    })
  );
}

/** What was found up to a place that the earlier reading came to as well, and what that one found behind it. */
function joined(pieces: Piece[], rests: Rest[], { before }: Earlier, met: Rest, shift: number): Reading {
  const more = pieces.length - met.pieces;
  for (const piece of before.pieces.slice(met.pieces)) {
    const { kind, start, end, name, body } = piece;
    pieces.push({ kind, start: start + shift, end: end + shift, name, body: body === -1 ? -1 : body + shift });
  }
  for (const { at, pieces: count, open } of before.rests.slice(before.rests.indexOf(met) + 1))
    rests.push({ at: at + shift, pieces: count + more, open });
  return { pieces, rests, isBalanced: before.isBalanced };
}

/** The arm behind the directive that ends at `from`: where the directive stands that ends it. */
function skipArm(text: string, from: number): number {
  let depth = 0;
  for (let at = text.indexOf('\n', from); at !== -1; at = text.indexOf('\n', at + 1)) {
    let mark = at + 1;
    while (text[mark] === ' ' || text[mark] === '\t') mark += 1;
    if (text[mark] !== '#') continue;
    const directive = directiveName(text, mark);
    if (directive.startsWith('if')) depth += 1;
    else if (depth === 0 && /^(?:el(?:se|if)|endif)/.test(directive)) return mark;
    else if (directive === 'endif') depth -= 1;
  }
  return text.length;
}

const NO_FUNCTION_NAME = /^(?:__[a-z]\w*|if|while|for|switch|typeof|sizeof|asm)$/;

/** `struct foo {`, `enum {`: the brace at `brace` opens a type, not a function. */
function opensType(text: string, start: number, brace: number): boolean {
  return /\b(?:struct|union|enum)(?:\s+\w+)?\s*$/.test(text.slice(Math.max(start, brace - 100), brace));
}

/** The name before the parenthesis at `paren`, unless it is an annotation or a keyword. */
function calledName(text: string, start: number, paren: number): string {
  let to = paren;
  while (start < to && MARKS[text.charCodeAt(to - 1)] === Mark.Space) to -= 1;
  let from = to;
  while (start < from && MARKS[text.charCodeAt(from - 1)] === Mark.Word) from -= 1;
  const name = text.slice(from, to);
  if (name === '' || ANNOTATION_CALLS.has(name)) return '';
  // Names such as __foo() are functions as well, where they come first.
  if (NO_FUNCTION_NAME.test(name) && !/^__[a-z]/.test(name)) return '';
  return name;
}

function definedName(text: string, at: number): string {
  return /^#[ \t]*define[ \t]+(\w+)/.exec(text.slice(at, at + 160))?.[1] ?? '';
}
