/** Lists: the arguments of calls and macros, which may be no expressions at all, and initialisers. */

import { TYPE_WORDS } from '../dialectTables';
import { Kind } from '../tokens';
import { readAssignment, TYPE_START } from './expressions';
import { as, bad, type Node, node, type Reader } from './reader';

/** Words that an argument of a macro may begin with when it is a statement. */
const STATEMENT_WORDS: ReadonlySet<string> = new Set(
  'return break continue goto if do while for switch case'.split(' '),
);

/** The arguments of a call, from `(` to `)`. */
export function readArguments(r: Reader): Node {
  const close = r.closing(r.at);
  const { start } = r.next();
  const children: Node[] = [];
  while (r.at < close && !r.isDone) {
    if (r.is(',') || r.is(';')) {
      // An argument that is empty keeps its place.
      children.push(node('empty', r.token.start, r.token.start));
      r.at += 1;
      continue;
    }
    children.push(readArgument(r, close));
    if (r.at < close && !r.is(',') && !r.is(';')) children.push(skipArgument(r, close));
    if (r.at < close) r.at += 1;
  }
  if (r.tokens.length <= close) children.push(bad(r.endOfLast, r.endOfLast));
  else r.at = close + 1;
  return node('argument_list', start, r.endOfLast, children);
}

function readArgument(r: Reader, close: number): Node {
  const { token } = r;
  if (token.kind === Kind.Name) {
    if (TYPE_START.has(token.text) && r.ahead(1).text !== '(') return readTypeArgument(r, close);
    if (STATEMENT_WORDS.has(token.text)) return passOver(r, close);
  } else if (token.kind === Kind.Directive) {
    r.at += 1;
    return node('comment', token.start, token.start);
  } else if (token.kind === Kind.Punctuation && (token.text === '{' || token.text === '.' || token.text === '#')) {
    return passOver(r, close);
  } else if (token.kind === Kind.Punctuation && /^[,)]$/.test(r.ahead(1).text) && !/^[([{]$/.test(token.text)) {
    return passOver(r, close);
  }
  return readAssignment(r);
}

/** A type as the argument of a macro: stands for its name, without `struct` and stars. */
function readTypeArgument(r: Reader, close: number): Node {
  while (r.at < close && /^(?:const|volatile|struct|union|enum)$/.test(r.token.text)) r.at += 1;
  const first = r.token;
  r.at += 1;
  while (r.at < close && TYPE_WORDS.has(first.text) && TYPE_WORDS.has(r.token.text)) r.at += 1;
  const { endOfLast } = r;
  while (r.is('*') || r.isName('const')) r.at += 1;
  if (r.at < close && !r.is(',') && !r.is(';')) passOver(r, close);
  return node('identifier', first.start, endOfLast);
}

/** An argument that is no expression: the next comma ends it. */
function passOver(r: Reader, close: number): Node {
  const { start } = r.token;
  while (r.at < close && !r.is(',')) {
    if (r.is('(') || r.is('[') || r.is('{')) r.skipBrackets();
    else r.at += 1;
  }
  return node('opaque_argument', start, r.endOfLast);
}

/** What stands between an argument that was read and the next comma. */
function skipArgument(r: Reader, close: number): Node {
  const { start } = r.token;
  passOver(r, close);
  return { ...bad(start, r.endOfLast), named: false };
}

/** `{ .a = x, [3] = y, z }`. */
export function readInitializer(r: Reader): Node {
  const close = r.closing(r.at);
  const { start } = r.next();
  const children: Node[] = [];
  while (r.at < close && !r.isDone) {
    if (r.is(',') || r.is(';') || r.token.kind === Kind.Directive) {
      r.at += 1;
      continue;
    }
    const before = r.at;
    children.push(r.nested(() => readInitializerItem(r)));
    if (r.at === before) r.at += 1;
  }
  if (r.tokens.length <= close) children.push(bad(r.endOfLast, r.endOfLast));
  // Brackets that cross the brace may have been read beyond it.
  else r.at = Math.max(r.at, close + 1);
  return node('initializer_list', start, r.endOfLast, children);
}

function readInitializerItem(r: Reader): Node {
  const { start } = r.token;
  const designators: Node[] = [];
  for (;;) {
    if (r.is('.') && r.ahead(1).kind === Kind.Name) {
      const from = r.token.start;
      r.at += 2;
      designators.push(as('designator', node('field_designator', from, r.endOfLast)));
    } else if (r.is('[')) {
      const from = r.token.start;
      designators.push(as('designator', node('subscript_designator', from, r.skipBrackets())));
    } else break;
  }
  if (designators.length === 0 && r.token.kind === Kind.Name && r.ahead(1).text === ':') {
    designators.push(as('designator', node('field_designator', start, r.next().end)));
    r.at += 1;
  } else if (0 < designators.length) {
    r.eat('=');
  }
  const value = r.is('{') ? readInitializer(r) : readAssignment(r);
  if (designators.length === 0) return value;
  return node('initializer_pair', start, value.end, [...designators, as('value', value)]);
}
