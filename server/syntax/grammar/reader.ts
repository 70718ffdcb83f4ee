/** Reads the tokens of one piece of a file from left to right, and makes the nodes of its syntax tree. */

import { Kind, type Token } from '../tokens';

/** A node as plain data; offsets are UTF-16 units of the user's text. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** The field of the parent that this node is, such as `condition`. */
  readonly field: string | undefined;
  readonly named: boolean;
  /** The text could not be read here. */
  readonly isBad: boolean;
  readonly children: readonly SyntaxNode[];
}

/** A node that its parent still names a field of. */
interface Draft {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  field: string | undefined;
  readonly named: boolean;
  readonly isBad: boolean;
  readonly children: readonly SyntaxNode[];
}

export type Node = Draft;

export const NO_CHILDREN: readonly SyntaxNode[] = [];

/** A node from `from` to `to`, or as far as its children reach. */
export function node(type: string, from: number, to: number, children: readonly SyntaxNode[] = NO_CHILDREN): Node {
  const first = children.length === 0 ? undefined : children[0];
  const last = children.length === 0 ? undefined : children[children.length - 1];
  const end = last && to < last.end ? last.end : to;
  const start = Math.min(first && first.start < from ? first.start : from, end);
  return { type, start, end, field: undefined, named: true, isBad: false, children };
}

/** Punctuation that the lowering looks at: an operator. */
export function sign(token: Token): Node {
  const { text, start, end } = token;
  return { type: text, start, end, field: undefined, named: false, isBad: false, children: NO_CHILDREN };
}

/** Text that could not be read. */
export function bad(start: number, end: number): Node {
  return {
    type: 'ERROR',
    start: Math.min(start, end),
    end,
    field: undefined,
    named: true,
    isBad: true,
    children: NO_CHILDREN,
  };
}

/** Names what its parent takes `child` for. */
export function as(field: string, child: Node): Node {
  child.field = field;
  return child;
}

/** Deeper nesting than any code that people write; what lies below is left out. */
const MAX_DEPTH = 400;

export class Reader {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** For each opening bracket the index of its closing one; -1 where there is none. */
  readonly partner: Int32Array;
  at = 0;
  depth = 0;
  private readonly last: Token;

  constructor(text: string, tokens: readonly Token[], end: number) {
    this.text = text;
    this.tokens = tokens;
    this.partner = matchBrackets(tokens);
    this.last = { kind: Kind.Punctuation, start: end, end, text: '' };
  }

  get token(): Token {
    return this.tokens[this.at] ?? this.last;
  }

  ahead(count: number): Token {
    return this.tokens[this.at + count] ?? this.last;
  }

  /** The token at an index of the piece. */
  tokenAt(index: number): Token {
    return this.tokens[index] ?? this.last;
  }

  get isDone(): boolean {
    return this.tokens.length <= this.at;
  }

  /** The end of the token before the current one. */
  get endOfLast(): number {
    return this.tokens[this.at - 1]?.end ?? this.token.start;
  }

  /** The current token is the punctuation `text`. */
  is(text: string): boolean {
    const { token } = this;
    return token.text === text && token.kind === Kind.Punctuation;
  }

  /** The current token is the name `text`. */
  isName(text: string): boolean {
    const { token } = this;
    return token.text === text && token.kind === Kind.Name;
  }

  /** Goes past the punctuation `text`, if it is there. */
  eat(text: string): boolean {
    if (!this.is(text)) return false;
    this.at += 1;
    return true;
  }

  next(): Token {
    const { token } = this;
    this.at += 1;
    return token;
  }

  /** Index of the bracket that closes the one at `index`, or of the end. */
  closing(index: number): number {
    const partner = this.partner[index] ?? -1;
    return partner === -1 ? this.tokens.length : partner;
  }

  /** Goes past the bracket at the current token and all inside; the end of what was passed. */
  skipBrackets(): number {
    this.at = Math.min(this.tokens.length, this.closing(this.at) + 1);
    return this.endOfLast;
  }

  /** Reads with `read` one level deeper; what is nested too deeply is passed over unread. */
  nested(read: () => Node): Node {
    if (MAX_DEPTH <= this.depth) {
      const { start } = this.token;
      this.skipBrackets();
      return bad(start, this.endOfLast);
    }
    this.depth += 1;
    const result = read();
    this.depth -= 1;
    return result;
  }
}

function matchBrackets(tokens: readonly Token[]): Int32Array {
  const partner = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== Kind.Punctuation) continue;
    const { text } = token;
    if (text === '(' || text === '[' || text === '{') {
      open.push(i);
    } else if (text === ')' || text === ']' || text === '}') {
      const wanted = text === ')' ? '(' : text === ']' ? '[' : '{';
      // A brace closes whatever was left open inside it.
      while (wanted === '{' && 0 < open.length && tokens[open.at(-1) ?? 0]?.text !== '{') open.pop();
      const from = open.at(-1);
      if (from !== undefined && tokens[from]?.text === wanted) {
        partner[from] = i;
        open.pop();
      }
    }
  }
  return partner;
}
