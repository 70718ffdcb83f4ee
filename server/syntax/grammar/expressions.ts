/** Expressions of kernel C. Macros may take types, operators, statements and nothing at all as arguments. */

import { TYPE_WORDS } from '../dialectTables';
import { Kind, type Token } from '../tokens';
import { readArguments, readInitializer } from './arguments';
import { as, bad, type Node, node, type Reader, sign } from './reader';
import { readBlock } from './statements';

const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['||', 1],
  ['&&', 2],
  ['|', 3],
  ['^', 4],
  ['&', 5],
  ['==', 6],
  ['!=', 6],
  ['<', 7],
  ['>', 7],
  ['<=', 7],
  ['>=', 7],
  ['<<', 8],
  ['>>', 8],
  ['+', 9],
  ['-', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
]);
const ASSIGNMENTS: ReadonlySet<string> = new Set('= += -= *= /= %= &= |= ^= <<= >>='.split(' '));
/** A chain such as `a + b + c + ...` is read up to this many operators. */
const MAX_CHAIN = 300;

/** Words that begin a type. */
export const TYPE_START: ReadonlySet<string> = new Set([
  ...TYPE_WORDS,
  'struct',
  'union',
  'enum',
  'const',
  'volatile',
  'typeof',
  '__typeof__',
  '__typeof',
  'typeof_unqual',
  '__auto_type',
  '_Complex',
  '__int128',
]);
const SIZES: ReadonlySet<string> = new Set(['sizeof', '_Alignof', '__alignof__', 'alignof', '__alignof']);
const TYPE_BY_SHAPE = /_t$|^_*[su](?:8|16|32|64|128)$|^__[bl]e(?:16|32|64)$|^u(?:int|long|short|char)$/;

/** `a, b`. */
export function readExpression(r: Reader): Node {
  let left = readAssignment(r);
  for (let count = 0; r.is(',') && count < MAX_CHAIN; count++) {
    r.at += 1;
    const right = readAssignment(r);
    left = node('comma_expression', left.start, right.end, [as('left', left), as('right', right)]);
  }
  return left;
}

export function readAssignment(r: Reader): Node {
  const left = readConditional(r);
  const { token } = r;
  if (token.kind !== Kind.Punctuation || !ASSIGNMENTS.has(token.text)) return left;
  const operator = as('operator', sign(r.next()));
  const right = r.is('{') ? readInitializer(r) : r.nested(() => readAssignment(r));
  return node('assignment_expression', left.start, right.end, [as('left', left), operator, as('right', right)]);
}

function readConditional(r: Reader): Node {
  const condition = readBinary(r, 1);
  if (!r.eat('?')) return condition;
  const children: Node[] = [as('condition', condition)];
  if (!r.is(':'))
    children.push(
      as(
        'consequence',
        r.nested(() => readExpression(r)),
      ),
    );
  const colon = r.endOfLast;
  if (!r.eat(':')) return node('conditional_expression', condition.start, colon, [...children, bad(colon, colon)]);
  const alternative = r.nested(() => readConditional(r));
  children.push(as('alternative', alternative));
  return node('conditional_expression', condition.start, alternative.end, children);
}

function readBinary(r: Reader, least: number): Node {
  let left = readUnary(r);
  for (let count = 0; ; count++) {
    const { token } = r;
    if (token.kind !== Kind.Punctuation) return left;
    const precedence = PRECEDENCE.get(token.text);
    if (precedence === undefined || precedence < least) return left;
    if (token.text === '*' && endsType(r)) return left;
    if (MAX_CHAIN < count) return skipChain(r, left);
    const operator = as('operator', sign(r.next()));
    const right = readBinary(r, precedence + 1);
    left = node('binary_expression', left.start, right.end, [as('left', left), operator, as('right', right)]);
  }
}

/** `u8 *` as the argument of a macro: stars that nothing follows. They are passed over. */
function endsType(r: Reader): boolean {
  let stars = 0;
  while (r.ahead(stars).text === '*') stars += 1;
  const { text } = r.ahead(stars);
  if (text !== ')' && text !== ',') return false;
  r.at += stars;
  return true;
}

/** Gives up on the rest of an expression that nobody wrote by hand. */
function skipChain(r: Reader, left: Node): Node {
  while (!r.isDone && !/^[;,)\]}]$/.test(r.token.text)) {
    if (/^[([{]$/.test(r.token.text)) r.skipBrackets();
    else r.at += 1;
  }
  return bad(left.start, r.endOfLast);
}

function readUnary(r: Reader): Node {
  const { token } = r;
  if (token.kind === Kind.Punctuation) {
    switch (token.text) {
      case '&':
      case '*':
        return r.nested(() => readPrefixed(r, 'pointer_expression'));
      case '-':
      case '~':
      case '!':
      case '+':
        return r.nested(() => readPrefixed(r, 'unary_expression'));
      case '++':
      case '--':
        return r.nested(() => readPrefixed(r, 'update_expression'));
      case '&&': {
        r.at += 2;
        return node('label_address', token.start, r.endOfLast);
      }
      case '(': {
        const cast = castType(r);
        if (cast) return r.nested(() => readCast(r, cast.close));
        break;
      }
      default:
    }
  } else if (token.kind === Kind.Name && SIZES.has(token.text)) {
    return r.nested(() => readSize(r));
  }
  return readPostfix(r);
}

function readPrefixed(r: Reader, type: string): Node {
  const operator = as('operator', sign(r.next()));
  const argument = readUnary(r);
  return node(type, operator.start, argument.end, [operator, as('argument', argument)]);
}

function readSize(r: Reader): Node {
  const { start } = r.next();
  if (r.is('(')) {
    r.skipBrackets();
    // sizeof(x)->y, sizeof(x)[0]
    while (r.is('->') || r.is('.')) r.at += 2;
  } else {
    readUnary(r);
  }
  return node('sizeof_expression', start, r.endOfLast);
}

/** Tells whether the parenthesis at the current token holds a type, and which token closes it. */
function castType(r: Reader): { readonly close: number } | undefined {
  const close = r.closing(r.at);
  const first = r.ahead(1);
  if (first.kind !== Kind.Name || r.tokens.length <= close) return undefined;
  const following = r.tokenAt(close + 1);
  if (TYPE_START.has(first.text)) return { close };
  let at = r.at + 2;
  let stars = 0;
  while (at < close) {
    const { text, kind } = r.tokenAt(at);
    if (text === '*') stars += 1;
    else if (kind !== Kind.Name || (text !== 'const' && text !== 'volatile')) return undefined;
    at += 1;
  }
  if (0 < stars || r.at + 2 < close) return { close };
  // `(name) x`
  if (following.kind === Kind.Punctuation) {
    if (following.text === '{' || following.text === '~' || following.text === '!') return { close };
    const isUnary = /^(?:\(|-|\+|\*|&|\+\+|--)$/.test(following.text);
    const inner = r.tokenAt(close + 2).text;
    const isCast = following.text === '(' && (TYPE_START.has(inner) || TYPE_BY_SHAPE.test(inner));
    return isCast || (isUnary && TYPE_BY_SHAPE.test(first.text)) ? { close } : undefined;
  }
  return following.kind === Kind.Directive ? undefined : { close };
}

/** A cast or a compound literal. */
function readCast(r: Reader, close: number): Node {
  const { start } = r.token;
  const from = r.ahead(1).start;
  const to = r.tokenAt(close - 1).end;
  const type = as('type', node('type_descriptor', from, Math.max(from, to)));
  r.at = close + 1;
  if (r.is('{')) {
    const value = as('value', readInitializer(r));
    return readSuffixes(r, node('compound_literal_expression', start, value.end, [type, value]));
  }
  if (/^(?:|[;,)\]}:?=])$/.test(r.token.text) && r.token.kind === Kind.Punctuation)
    return node('type_value', start, r.endOfLast);
  const value = as('value', readUnary(r));
  return node('cast_expression', start, value.end, [type, value]);
}

function readPostfix(r: Reader): Node {
  return readSuffixes(r, readPrimary(r));
}

function readSuffixes(r: Reader, primary: Node): Node {
  let left = primary;
  for (let count = 0; count < MAX_CHAIN; count++) {
    const { token } = r;
    if (token.kind !== Kind.Punctuation) return left;
    switch (token.text) {
      case '(': {
        const list = as(
          'arguments',
          r.nested(() => readArguments(r)),
        );
        left = node('call_expression', left.start, list.end, [as('function', left), list]);
        break;
      }
      case '[': {
        r.at += 1;
        const index = as(
          'index',
          r.nested(() => readExpression(r)),
        );
        const rest = closeWith(r, ']');
        left = node('subscript_expression', left.start, r.endOfLast, [as('argument', left), index, ...rest]);
        break;
      }
      case '.':
      case '->': {
        const operator = sign(r.next());
        const name = r.token;
        if (name.kind !== Kind.Name)
          return node('ERROR', left.start, operator.end, [left, bad(operator.end, operator.end)]);
        r.at += 1;
        const field = as('field', node('field_identifier', name.start, name.end));
        left = node('field_expression', left.start, field.end, [as('argument', left), operator, field]);
        break;
      }
      case '++':
      case '--': {
        const operator = as('operator', sign(r.next()));
        left = node('update_expression', left.start, operator.end, [as('argument', left), operator]);
        break;
      }
      default:
        return left;
    }
  }
  return left;
}

/** Goes past `bracket`, over text that does not belong there; what could not be read. */
function closeWith(r: Reader, bracket: string): readonly Node[] {
  if (r.eat(bracket)) return [];
  const from = r.endOfLast;
  while (!r.isDone && !r.is(bracket) && !r.is(';') && !r.is('{') && !r.is('}')) {
    if (r.is('(') || r.is('[')) r.skipBrackets();
    else r.at += 1;
  }
  r.eat(bracket);
  return [bad(from, r.endOfLast)];
}

function readPrimary(r: Reader): Node {
  const { token } = r;
  switch (token.kind) {
    case Kind.Number:
      r.at += 1;
      return node(r.text[token.end - 1] === "'" ? 'char_literal' : 'number_literal', token.start, token.end);
    case Kind.String:
      return readString(r);
    case Kind.Name:
      // `DRV "x"`, `KERN_ERR DRV "x"`
      if (r.ahead(1).kind === Kind.String || (r.ahead(1).kind === Kind.Name && isPasted(r))) return readString(r);
      r.at += 1;
      if (token.text === 'offsetof' || token.text === '_Generic' || token.text === '__builtin_offsetof') {
        if (r.is('(')) r.skipBrackets();
        return node('offsetof_expression', token.start, r.endOfLast);
      }
      if (TYPE_START.has(token.text)) return readTypeName(r, token);
      return node('identifier', token.start, token.end);
    case Kind.Punctuation:
      if (token.text === '(') return r.nested(() => readParenthesized(r));
      if (token.text === '{') return r.nested(() => readInitializer(r));
      break;
    default:
  }
  return bad(r.endOfLast, r.endOfLast);
}

/** `typeof(x)` or a type's name where a value should be: nothing is known of it. */
function readTypeName(r: Reader, first: Token): Node {
  if (r.is('(')) r.skipBrackets();
  while (r.token.kind === Kind.Name) r.at += 1;
  while (r.is('*')) r.at += 1;
  return node('type_value', first.start, r.endOfLast);
}

/** Two names in a row, the way to a string: a log level and a prefix. */
function isPasted(r: Reader): boolean {
  return r.ahead(2).kind === Kind.String || r.token.text.startsWith('KERN_');
}

/** `"a" PRIx64 "b"`, `KERN_ERR "x" __stringify(y)`: strings glued together, with macros among them. */
function readString(r: Reader): Node {
  const { start } = r.token;
  let isChar = false;
  for (let count = 0; ; count++) {
    const { token } = r;
    if (token.kind === Kind.String) {
      isChar = count === 0 && r.text[token.start] === "'";
      r.at += 1;
    } else if (token.kind === Kind.Name) {
      r.at += 1;
      if (r.is('(')) r.skipBrackets();
    } else {
      break;
    }
  }
  return node(isChar ? 'char_literal' : 'string_literal', start, r.endOfLast);
}

/** `(x)`, or a statement expression `({ ...; x; })`. */
function readParenthesized(r: Reader): Node {
  const open = r.next();
  if (r.is('{')) {
    const block = readBlock(r);
    const isClosed = r.eat(')');
    return node(
      'parenthesized_expression',
      open.start,
      r.endOfLast,
      isClosed ? [block] : [block, bad(block.end, block.end)],
    );
  }
  const inner = readExpression(r);
  const rest = closeWith(r, ')');
  return node('parenthesized_expression', open.start, r.endOfLast, [inner, ...rest]);
}
