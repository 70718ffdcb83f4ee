/** Cuts C text into tokens, without a grammar: enough to know where a macro stands. Linear in the text's length. */

export enum Kind {
  Name,
  Number,
  String,
  Punctuation,
  /** A whole preprocessor line, continuation lines included. */
  Directive,
}

export interface Token {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  /** The text of names and punctuation; the directive's name (`ifdef`) for directives; empty otherwise. */
  readonly text: string;
}

enum Char {
  Other,
  Space,
  Letter,
  Digit,
  Quote,
  Slash,
  Hash,
  Backslash,
}

const CLASS = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (/\s/.test(char)) CLASS[code] = Char.Space;
  else if (/[A-Za-z_$]/.test(char)) CLASS[code] = Char.Letter;
  else if (/\d/.test(char)) CLASS[code] = Char.Digit;
  else if (/["']/.test(char)) CLASS[code] = Char.Quote;
}
CLASS[0x2f] = Char.Slash;
CLASS[0x23] = Char.Hash;
CLASS[0x5c] = Char.Backslash;

/** Every single character as a string of its own, made once. */
const SINGLE = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
/** Operators of several characters by their first one, longest first. */
const OPERATORS: readonly (readonly string[])[] = Array.from({ length: 128 }, (_, code) =>
  '... -> ++ -- <<= >>= << >> <= >= == != &= |= += -= *= /= %= ^= && ||'
    .split(' ')
    .filter((operator) => operator.charCodeAt(0) === code),
);
const NONE: readonly string[] = [];

/** The tokens of `text` from `from` to `to`; comments and white space are left out. */
export function tokenize(text: string, from = 0, to = text.length): Token[] {
  const tokens: Token[] = [];
  let at = from;
  while (at < to) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? CLASS[code] : Char.Other;
    const start = at;
    switch (kind) {
      case Char.Space:
      case Char.Backslash:
        at += 1;
        continue;
      case Char.Letter:
        at = endOfName(text, at + 1, to);
        tokens.push({ kind: Kind.Name, start, end: at, text: text.slice(start, at) });
        continue;
      case Char.Digit:
        at = endOfNumber(text, at + 1, to);
        tokens.push({ kind: Kind.Number, start, end: at, text: '' });
        continue;
      case Char.Quote:
        at = endOfString(text, at, to);
        tokens.push({ kind: Kind.String, start, end: at, text: '' });
        continue;
      case Char.Slash: {
        const end = endOfComment(text, at, to);
        if (end !== -1) {
          at = end;
          continue;
        }
        break;
      }
      case Char.Hash:
        if (isLineStart(text, at)) {
          at = Math.min(to, endOfDirective(text, start));
          tokens.push({ kind: Kind.Directive, start, end: at, text: directiveName(text, start) });
          continue;
        }
        break;
      default:
        if (code === 0x2e && isDigit(text.charCodeAt(at + 1))) {
          at = endOfNumber(text, at + 1, to);
          tokens.push({ kind: Kind.Number, start, end: at, text: '' });
          continue;
        }
        if (128 <= code && /\s/.test(text.charAt(at))) {
          at += 1;
          continue;
        }
    }
    const operator = operatorAt(text, at, code);
    at += operator.length;
    tokens.push({ kind: Kind.Punctuation, start, end: at, text: operator });
  }
  return tokens;
}

function operatorAt(text: string, at: number, code: number): string {
  for (const operator of OPERATORS[code] ?? NONE) if (text.startsWith(operator, at)) return operator;
  return SINGLE[code] ?? text.charAt(at);
}

function isDigit(code: number): boolean {
  return 0x30 <= code && code <= 0x39;
}

function isWord(code: number): boolean {
  const kind = code < 128 ? CLASS[code] : Char.Other;
  return kind === Char.Letter || kind === Char.Digit;
}

function endOfName(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isWord(text.charCodeAt(at))) at += 1;
  return at;
}

function endOfNumber(text: string, from: number, to: number): number {
  let at = from;
  for (; at < to; at++) {
    const code = text.charCodeAt(at);
    if (isWord(code) || code === 0x2e) continue;
    // The sign of an exponent.
    if ((code === 0x2b || code === 0x2d) && /[eEpP]/.test(text.charAt(at - 1))) continue;
    break;
  }
  return at;
}

/** Behind the closing quote, or the end of the line where there is none. */
export function endOfString(text: string, start: number, to: number): number {
  const quote = text.charCodeAt(start);
  for (let at = start + 1; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === 0x5c) at += 1;
    else if (code === 0x0a) return at;
  }
  return to;
}

/** Behind the comment that begins at `start`; -1 when none does. */
export function endOfComment(text: string, start: number, to: number): number {
  const second = text.charCodeAt(start + 1);
  if (second === 0x2a) {
    const close = text.indexOf('*/', start + 2);
    return close === -1 ? to : Math.min(to, close + 2);
  }
  if (second !== 0x2f) return -1;
  for (let at = start + 2; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x0a) return at;
  }
  return to;
}

/** Nothing but white space and comments stands before `at` on its line. */
export function isLineStart(text: string, at: number): boolean {
  let before = at - 1;
  while (0 <= before && (text[before] === ' ' || text[before] === '\t')) before -= 1;
  return before < 0 || text[before] === '\n' || text[before] === '\r' || text.startsWith('*/', before - 1);
}

/** The word behind the `#` at `start`. */
export function directiveName(text: string, start: number): string {
  let at = start + 1;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return text.slice(at, endOfName(text, at, text.length));
}

/** The end of the line, or of the last continued line; a comment that runs on belongs to it. */
export function endOfDirective(text: string, start: number): number {
  let at = start;
  for (;;) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const comment = text.slice(at, end).indexOf('/*');
    if (comment !== -1) {
      const close = text.indexOf('*/', at + comment + 2);
      if (close === -1) return end;
      if (end < close) {
        at = close + 2;
        continue;
      }
    }
    const last = text[end - 1] === '\r' ? end - 2 : end - 1;
    if (newline === -1 || text[last] !== '\\') return end;
    at = newline + 1;
  }
}
