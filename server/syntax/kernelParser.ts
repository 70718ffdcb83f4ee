/** The parser for kernel C: cuts a file into pieces, and reads those that are asked for. */

import { cleanTokens } from './cleanTokens';
import { readDeclarations, readFunction } from './grammar/declarations';
import { as, bad, type Node, node, Reader, type SyntaxNode } from './grammar/reader';
import { outlineOf, type Piece } from './outline';
import { Kind } from './tokens';

/** Tells which pieces of a file are wanted. */
export type Select = (text: string, pieces: readonly Piece[]) => ReadonlySet<Piece>;

export interface ParsedFile {
  readonly pieces: readonly Piece[];
  /** The nodes of the pieces that were wanted, in their order. */
  readonly nodes: readonly SyntaxNode[];
}

/** Cuts a file into pieces and parses those that `select` wants; absent: all. Never throws. */
export function parseKernelC(text: string, select?: Select): ParsedFile {
  const pieces = outlineOf(text);
  const wanted = select?.(text, pieces);
  const nodes: SyntaxNode[] = [];
  for (const piece of pieces) if (!wanted || wanted.has(piece)) nodes.push(...parsePiece(text, piece));
  return { pieces, nodes };
}

/** The nodes of one piece. */
export function parsePiece(text: string, piece: Piece): readonly SyntaxNode[] {
  const { start, end } = piece;
  if (piece.kind === 'define') return [readDefine(text, piece)];
  const reader = new Reader(text, cleanTokens(text, start, end), end);
  if (piece.kind === 'declaration') return readDeclarations(reader);
  const body = bodyOf(reader, piece.body);
  if (body === -1) return [node('function_definition', start, end, [bad(start, end)])];
  return [readFunction(reader, body)];
}

/** Index of the token that opens the function's body: the one the outline saw, or the first brace outside parentheses. */
function bodyOf(reader: Reader, offset: number): number {
  const { tokens } = reader;
  const seen = tokens.findIndex((token) => token.start === offset);
  if (seen !== -1) return seen;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== Kind.Punctuation) continue;
    if (token.text === '{') return i;
    if (token.text === '(') i = reader.closing(i);
  }
  return -1;
}

const DEFINE = /^#[ \t]*define[ \t]+(\w+)(\([^)]*\))?([\s\S]*)$/;

/** `#define NAME value`, `#define NAME(a, b) value`. */
function readDefine(text: string, { start, end }: Piece): Node {
  const match = DEFINE.exec(text.slice(start, end));
  if (!match) return node('preproc_def', start, end);
  const [, name = '', params, rest = ''] = match;
  const nameStart = text.indexOf(name, start + 1 + text.slice(start + 1, end).indexOf('define') + 6);
  const children: Node[] = [as('name', node('identifier', nameStart, nameStart + name.length))];
  let from = nameStart + name.length;
  if (params !== undefined) {
    const names: Node[] = [];
    for (const one of params.matchAll(/\w+|\.\.\./g)) {
      const at = from + one.index;
      names.push(node(one[0] === '...' ? 'variadic' : 'identifier', at, at + one[0].length));
    }
    children.push(as('parameters', node('preproc_params', from, from + params.length, names)));
    from += params.length;
  }
  const comment = /\/[/*]/.exec(rest);
  const value = comment ? rest.slice(0, comment.index) : rest;
  const lead = value.length - value.trimStart().length;
  const body = value.trim();
  if (body !== '') children.push(as('value', node('preproc_arg', from + lead, from + lead + body.length)));
  return node(params === undefined ? 'preproc_def' : 'preproc_function_def', start, end, children);
}
