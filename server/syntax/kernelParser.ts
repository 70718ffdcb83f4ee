/** The parser for kernel C: cuts a file into pieces, and reads those that are asked for. */

import { cleanTokens } from './cleanTokens';
import { readDeclarations, readFunction } from './grammar/declarations';
import { as, bad, type Node, node, Reader, type SyntaxNode } from './grammar/reader';
import { outlineOf, type Piece } from './outline';
import { Kind } from './tokens';

/** Tells which nodes to take without their children. */
export type Skip = (type: string, start: number, end: number) => boolean;

/** The syntax tree of a file; never throws. */
export function parseKernelC(text: string, skip?: Skip): SyntaxNode {
  const children: SyntaxNode[] = [];
  for (const piece of outlineOf(text)) children.push(...parsePiece(text, piece, skip));
  return node('translation_unit', 0, text.length, children);
}

/** The nodes of one piece. */
export function parsePiece(text: string, piece: Piece, skip?: Skip): readonly SyntaxNode[] {
  const { start, end } = piece;
  if (piece.kind === 'define') return [readDefine(text, piece)];
  if (piece.kind === 'declaration') {
    if (skip?.('declaration', start, end)) return [];
    return readDeclarations(new Reader(text, cleanTokens(text, start, end), end));
  }
  if (skip?.('function_definition', start, end)) return [node('function_definition', start, end)];
  const reader = new Reader(text, cleanTokens(text, start, end), end);
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
