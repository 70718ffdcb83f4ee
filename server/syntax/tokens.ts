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

const TOKEN =
  /(\/\*[\s\S]*?(?:\*\/|$)|\/\/(?:[^\n\\]|\\[\s\S])*)|("(?:[^"\\\n]|\\[\s\S])*(?:"|$|(?=\n))|'(?:[^'\\\n]|\\[\s\S])*(?:'|$|(?=\n)))|([A-Za-z_$][\w$]*)|(\.?\d(?:[\w.]|[eEpP][+-])*)|(#)|(\.\.\.|->|\+\+|--|<<=?|>>=?|[<>=!&|+\-*/%^]=|&&|\|\||[^\s\w\\])/g;
const DIRECTIVE_NAME = /#[ \t]*(\w*)/y;

/** The tokens of `text`; comments and white space are left out. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const start = match.index;
    const end = TOKEN.lastIndex;
    if (match[1] !== undefined) continue;
    if (match[3] !== undefined) tokens.push({ kind: Kind.Name, start, end, text: match[3] });
    else if (match[6] !== undefined) tokens.push({ kind: Kind.Punctuation, start, end, text: match[6] });
    else if (match[4] !== undefined) tokens.push({ kind: Kind.Number, start, end, text: '' });
    else if (match[2] !== undefined) tokens.push({ kind: Kind.String, start, end, text: '' });
    else if (isLineStart(text, start)) {
      const lineEnd = endOfDirective(text, start);
      DIRECTIVE_NAME.lastIndex = start;
      tokens.push({ kind: Kind.Directive, start, end: lineEnd, text: DIRECTIVE_NAME.exec(text)?.[1] ?? '' });
      TOKEN.lastIndex = lineEnd;
    } else {
      tokens.push({ kind: Kind.Punctuation, start, end, text: '#' });
    }
  }
  return tokens;
}

function isLineStart(text: string, at: number): boolean {
  let before = at - 1;
  while (0 <= before && (text[before] === ' ' || text[before] === '\t')) before -= 1;
  return before < 0 || text[before] === '\n' || text[before] === '\r' || text.startsWith('*/', before - 1);
}

/** The end of the line, or of the last continued line; a comment that runs on belongs to it. */
function endOfDirective(text: string, start: number): number {
  let at = start;
  for (;;) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const comment = text.indexOf('/*', at);
    if (comment !== -1 && comment < end) {
      const close = text.indexOf('*/', comment + 2);
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
