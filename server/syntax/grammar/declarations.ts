/** Declarations of kernel C: variables, fields, parameters, types and the heads of functions. */

import { TYPE_WORDS } from '../dialectTables';
import { Kind, type Token } from '../tokens';
import { readInitializer } from './arguments';
import { readAssignment, TYPE_START } from './expressions';
import { as, bad, type Node, node, type Reader } from './reader';
import { readBlock } from './statements';

const STORAGE: ReadonlySet<string> = new Set(
  'static extern register inline typedef __thread _Thread_local auto'.split(' '),
);
const QUALIFIERS: ReadonlySet<string> = new Set('const volatile restrict _Atomic __const __extension__'.split(' '));
const TAGGED: ReadonlySet<string> = new Set(['struct', 'union', 'enum']);
const OPERATOR_WORDS: ReadonlySet<string> = new Set(['sizeof', 'return', 'goto', 'case', 'else']);

/** The tokens at the cursor begin a declaration, not an expression. */
export function isDeclaration(r: Reader): boolean {
  const { token } = r;
  if (token.kind !== Kind.Name || OPERATOR_WORDS.has(token.text)) return false;
  if (STORAGE.has(token.text) || QUALIFIERS.has(token.text)) return true;
  if (TYPE_START.has(token.text)) return true;
  const second = r.ahead(1);
  if (second.kind === Kind.Name) return true;
  if (second.text === '(')
    return (
      r.ahead(2).text === '*' && r.ahead(3).kind === Kind.Name && r.ahead(4).text === ')' && r.ahead(5).text === '('
    );
  if (second.text !== '*' || second.kind !== Kind.Punctuation) return false;
  let at = 1;
  while (r.ahead(at).text === '*' || QUALIFIERS.has(r.ahead(at).text)) at += 1;
  const name = r.ahead(at);
  const behind = r.ahead(at + 1);
  if (name.kind === Kind.Punctuation && name.text === '(' && behind.text === '*') return true;
  return name.kind === Kind.Name && behind.kind === Kind.Punctuation && /^[;=,[]$/.test(behind.text);
}

/** A declaration up to its `;`. */
export function readDeclaration(r: Reader): Node {
  const { start } = r.token;
  const children = readSpecifiers(r);
  while (!r.isDone && !r.is(';')) {
    const before = r.at;
    children.push(as('declarator', readInitDeclarator(r)));
    if (r.eat(',')) continue;
    if (r.is(';')) break;
    if (r.is('{') || r.is('}') || r.at === before) break;
    children.push(skipDeclarator(r));
    if (!r.eat(',')) break;
  }
  if (!r.eat(';')) children.push(bad(r.endOfLast, r.endOfLast));
  const isTypedef = r.text.startsWith('typedef', start);
  return node(isTypedef ? 'type_definition' : 'declaration', start, r.endOfLast, children);
}

function readInitDeclarator(r: Reader): Node {
  const declarator = readDeclarator(r);
  if (r.is(':')) {
    r.at += 1;
    readAssignment(r);
  }
  if (!r.eat('=')) return declarator;
  const value = r.is('{') ? readInitializer(r) : readAssignment(r);
  return node('init_declarator', declarator.start, value.end, [as('declarator', declarator), as('value', value)]);
}

/** Passes over what is between a declarator and the next `,` or `;`. */
function skipDeclarator(r: Reader): Node {
  const { start } = r.token;
  while (!r.isDone && !r.is(',') && !r.is(';') && !r.is('{') && !r.is('}')) {
    if (r.is('(') || r.is('[')) r.skipBrackets();
    else r.at += 1;
  }
  return bad(start, r.endOfLast);
}

/** Storage class, qualifiers and the type. */
function readSpecifiers(r: Reader): Node[] {
  const children: Node[] = [];
  let hasType = false;
  while (r.token.kind === Kind.Name) {
    const { token } = r;
    const { text } = token;
    if (STORAGE.has(text)) {
      r.at += 1;
      children.push(node('storage_class_specifier', token.start, token.end));
    } else if (QUALIFIERS.has(text)) {
      r.at += 1;
    } else if (TAGGED.has(text)) {
      children.push(as('type', readTagged(r)));
      hasType = true;
    } else if (/^(?:__)?typeof(?:__|_unqual)?$/.test(text) && r.ahead(1).text === '(') {
      r.at += 1;
      r.skipBrackets();
      children.push(as('type', node('macro_type_specifier', token.start, r.endOfLast)));
      hasType = true;
    } else if (TYPE_WORDS.has(text) && !hasType) {
      r.at += 1;
      while (TYPE_WORDS.has(r.token.text)) r.at += 1;
      children.push(as('type', node('primitive_type', token.start, r.endOfLast)));
      hasType = true;
    } else if (TYPE_WORDS.has(text)) {
      r.at += 1;
    } else if (hasType) {
      // `struct foo MACRO name`: the last name is what is declared.
      const next = r.ahead(1);
      if (next.kind !== Kind.Name && !(next.text === '(' && isSkippedMacro(r))) break;
      r.at += 1;
      if (r.is('(')) r.skipBrackets();
    } else {
      const next = r.ahead(1);
      if (next.text === '(' && next.kind === Kind.Punctuation) {
        if (!isSkippedMacro(r)) {
          if (r.ahead(2).text !== '*') break;
          // `type (*name)(...)`
        } else {
          r.at += 1;
          r.skipBrackets();
          continue;
        }
      }
      r.at += 1;
      children.push(as('type', node('type_identifier', token.start, token.end)));
      hasType = true;
    }
  }
  return children;
}

/** `MACRO(x) static int foo(void)`: behind the macro a declaration goes on. */
function isSkippedMacro(r: Reader): boolean {
  return r.tokenAt(r.closing(r.at + 1) + 1).kind === Kind.Name;
}

/** `struct foo`, `union { ... }`, `enum bar { ... }`. */
function readTagged(r: Reader): Node {
  const keyword = r.next();
  const children: Node[] = [];
  while (r.token.kind === Kind.Name && r.ahead(1).kind === Kind.Name && r.ahead(2).text === '{') r.at += 1;
  if (r.token.kind === Kind.Name) {
    const { start, end } = r.next();
    children.push(as('name', node('type_identifier', start, end)));
  }
  if (r.is('{')) {
    if (keyword.text === 'enum') r.skipBrackets();
    else
      children.push(
        as(
          'body',
          r.nested(() => readFields(r)),
        ),
      );
  }
  return node(`${keyword.text}_specifier`, keyword.start, r.endOfLast, children);
}

function readFields(r: Reader): Node {
  const close = r.closing(r.at);
  const { start } = r.next();
  const children: Node[] = [];
  while (r.at < close && !r.isDone) {
    const { token } = r;
    if (token.kind === Kind.Directive || r.is(';')) {
      r.at += 1;
    } else if (token.kind === Kind.Name && r.ahead(1).text === '(' && r.ahead(2).text !== '*') {
      // A macro that declares fields.
      r.at += 1;
      r.skipBrackets();
    } else {
      const before = r.at;
      const field = readDeclaration(r);
      children.push(node('field_declaration', field.start, field.end, field.children));
      if (r.at === before) r.at += 1;
    }
  }
  if (close < r.tokens.length) r.at = close + 1;
  return node('field_declaration_list', start, r.endOfLast, children);
}

/** `*name`, `name[3]`, `(*name)(int)`, or nothing but stars in a prototype. */
function readDeclarator(r: Reader): Node {
  const { token } = r;
  if (r.is('*')) {
    r.at += 1;
    while (QUALIFIERS.has(r.token.text)) r.at += 1;
    const inner = r.nested(() => readDeclarator(r));
    return node('pointer_declarator', token.start, inner.end, [as('declarator', inner)]);
  }
  let inner: Node;
  if (token.kind === Kind.Name) {
    r.at += 1;
    inner = node('identifier', token.start, token.end);
  } else if (r.is('(') && (r.ahead(1).text === '*' || r.ahead(1).kind === Kind.Name || r.ahead(1).text === '(')) {
    const close = r.closing(r.at);
    r.at += 1;
    const declarator = r.nested(() => readDeclarator(r));
    if (close < r.tokens.length) r.at = close + 1;
    inner = node('parenthesized_declarator', token.start, r.endOfLast, [as('declarator', declarator)]);
  } else {
    return node('abstract_declarator', r.endOfLast, r.endOfLast);
  }
  for (let count = 0; count < 20; count++) {
    if (r.is('[')) {
      r.skipBrackets();
      inner = node('array_declarator', inner.start, r.endOfLast, [as('declarator', inner)]);
    } else if (r.is('(')) {
      const list = as(
        'parameters',
        r.nested(() => readParameters(r)),
      );
      inner = node('function_declarator', inner.start, r.endOfLast, [as('declarator', inner), list]);
    } else break;
  }
  return inner;
}

function readParameters(r: Reader): Node {
  const close = r.closing(r.at);
  const { start } = r.next();
  const children: Node[] = [];
  while (r.at < close && !r.isDone) {
    if (r.token.kind !== Kind.Name) {
      r.at += 1;
      continue;
    }
    const first = r.token;
    const parts = readSpecifiers(r);
    if (r.at < close && !r.is(',')) parts.push(as('declarator', readDeclarator(r)));
    while (r.at < close && !r.is(',')) {
      if (r.is('(') || r.is('[') || r.is('{')) r.skipBrackets();
      else r.at += 1;
    }
    children.push(node('parameter_declaration', first.start, r.endOfLast, parts));
    r.eat(',');
  }
  r.at = Math.min(close + 1, r.tokens.length);
  return node('parameter_list', start, r.endOfLast, children);
}

/** A function with its body; the body begins at the token `body`. */
export function readFunction(r: Reader, body: number): Node {
  const { start } = r.token;
  const children = readSpecifiers(r);
  children.push(as('declarator', readDeclarator(r)));
  r.at = body;
  children.push(as('body', readBlock(r)));
  return node('function_definition', start, r.endOfLast, children);
}

/** What stands between functions, declaration after declaration. */
export function readDeclarations(r: Reader): readonly Node[] {
  const found: Node[] = [];
  while (!r.isDone) {
    const before: Token = r.token;
    const at = r.at;
    if (before.kind === Kind.Directive || r.is(';')) {
      r.at += 1;
    } else if (before.kind === Kind.Name) {
      found.push(readDeclaration(r));
    }
    if (r.at === at) r.at += 1;
  }
  return found;
}
