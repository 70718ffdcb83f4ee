/** Statements of kernel C: those of the language, and macros that open a loop, a scope or stand alone. */

import { LOOP_NAME, SCOPE_NAME } from '../dialectTables';
import { Kind, type Token } from '../tokens';
import { readArguments } from './arguments';
import { isDeclaration, readDeclaration } from './declarations';
import { readExpression } from './expressions';
import { as, bad, type Node, node, type Reader } from './reader';

/** `{ ... }`. */
export function readBlock(r: Reader): Node {
  return r.nested(() => {
    const close = r.closing(r.at);
    const { start } = r.next();
    const children = readStatements(r, close);
    if (r.tokens.length <= close) children.push(bad(r.endOfLast, r.endOfLast));
    else r.at = close + 1;
    return node('compound_statement', start, r.endOfLast, children);
  });
}

/** Statements up to the token at index `end`. */
function readStatements(r: Reader, end: number): Node[] {
  const children: Node[] = [];
  while (r.at < end && !r.isDone) {
    const before = r.at;
    const statement = readStatement(r, end);
    if (statement) children.push(statement);
    if (r.at === before) {
      children.push(bad(r.token.start, r.token.end));
      r.at += 1;
    }
  }
  return children;
}

/** One statement; undefined for what is none, such as a lone `;` or a directive. */
function readStatement(r: Reader, end: number): Node | undefined {
  const { token } = r;
  if (token.kind === Kind.Directive) return /^if/.test(token.text) ? readConditional(r, end) : skipToken(r);
  if (token.kind === Kind.Name) {
    const known = readKeyword(r, end, token);
    if (known !== 'none') return known;
    if (r.ahead(1).text === ':' && r.ahead(1).kind === Kind.Punctuation) return readLabel(r, end);
    if (isDeclaration(r)) return readDeclaration(r);
    if (r.ahead(1).text === '(') {
      const macro = readMacro(r, end, token);
      if (macro) return macro;
    }
  } else if (token.kind === Kind.Punctuation) {
    if (token.text === '{') return readBlock(r);
    if (token.text === ';') return skipToken(r);
    if (token.text === '}' || token.text === ')' || token.text === ']') return undefined;
  }
  return readExpressionStatement(r);
}

function skipToken(r: Reader): undefined {
  r.at += 1;
  return undefined;
}

function readKeyword(r: Reader, end: number, token: Token): Node | undefined | 'none' {
  const { start } = token;
  switch (token.text) {
    case 'if':
      return r.nested(() => readIf(r, end));
    case 'while': {
      r.at += 1;
      const condition = as('condition', readCondition(r));
      const body = readBody(r, end);
      return node('while_statement', start, r.endOfLast, [condition, ...body]);
    }
    case 'for':
      return readFor(r, end);
    case 'do': {
      r.at += 1;
      const body = readBody(r, end);
      const children = [...body];
      if (r.isName('while')) {
        r.at += 1;
        children.push(as('condition', readCondition(r)));
      } else {
        children.push(bad(r.endOfLast, r.endOfLast));
      }
      r.eat(';');
      return node('do_statement', start, r.endOfLast, children);
    }
    case 'switch': {
      r.at += 1;
      const condition = as('condition', readCondition(r));
      const body = readBody(r, end);
      return node('switch_statement', start, r.endOfLast, [condition, ...body]);
    }
    case 'case': {
      r.at += 1;
      const value = as('value', readExpression(r));
      if (r.is('...')) {
        r.at += 1;
        const last = readExpression(r);
        r.eat(':');
        return node('case_statement', start, r.endOfLast, [
          as('value', node('case_range', value.start, last.end, [value, last])),
        ]);
      }
      const isClosed = r.eat(':');
      return node('case_statement', start, r.endOfLast, isClosed ? [value] : [value, bad(r.endOfLast, r.endOfLast)]);
    }
    case 'default':
      r.at += 1;
      r.eat(':');
      return node('case_statement', start, r.endOfLast);
    case 'goto': {
      r.at += 1;
      const label =
        r.token.kind === Kind.Name ? [as('label', node('statement_identifier', r.token.start, r.token.end))] : [];
      return endStatement(r, 'goto_statement', start, label);
    }
    case 'return': {
      r.at += 1;
      const value = r.is(';') || r.is('}') ? [] : [readExpression(r)];
      return endStatement(r, 'return_statement', start, value);
    }
    case 'break':
    case 'continue':
      r.at += 1;
      return endStatement(r, `${token.text}_statement`, start, []);
    case 'else':
      r.at += 1;
      return bad(start, r.endOfLast);
    case 'asm':
    case '__asm__':
    case '__asm':
      while (!r.isDone && !r.is(';') && !r.is('{') && !r.is('}')) {
        if (r.is('(')) r.skipBrackets();
        else r.at += 1;
      }
      r.eat(';');
      return undefined;
    default:
      return 'none';
  }
}

/** Goes to the `;`; text before it that does not belong there makes the statement bad. */
function endStatement(r: Reader, type: string, start: number, children: readonly Node[]): Node {
  if (r.eat(';')) return node(type, start, r.endOfLast, children);
  if (type === 'goto_statement') {
    // `goto label;`, or a computed one: `goto *table[i];`
    while (!r.isDone && !r.is(';') && !r.is('}')) r.at += 1;
    if (r.eat(';')) return node(type, start, r.endOfLast, children);
  }
  const from = r.endOfLast;
  return node(type, start, from, [...children, skipTo(r, from)]);
}

/** Passes over what cannot be read, to the end of the statement or to a line that begins another one. */
function skipTo(r: Reader, from: number): Node {
  while (!r.isDone && !r.is(';') && !r.is('{') && !r.is('}')) {
    if (
      /^(?:if|for|while|do|switch|case|goto|return|break|continue|else)$/.test(r.token.text) &&
      r.token.kind === Kind.Name
    )
      break;
    if (r.is('(') || r.is('[')) r.skipBrackets();
    else r.at += 1;
  }
  r.eat(';');
  return bad(from, Math.max(from, r.endOfLast));
}

/** `( ... )` behind a keyword. */
function readCondition(r: Reader): Node {
  if (!r.is('(')) return bad(r.endOfLast, r.endOfLast);
  const close = r.closing(r.at);
  const open = r.next();
  const inner = r.is('{') ? readBlock(r) : readExpression(r);
  const children: Node[] = [inner];
  if (r.tokens.length <= close) {
    children.push(bad(r.endOfLast, r.endOfLast));
    r.eat(')');
  } else {
    if (r.at !== close) children.push(bad(r.endOfLast, r.tokenAt(close).start));
    r.at = close + 1;
  }
  return node('parenthesized_expression', open.start, r.endOfLast, children);
}

/** The statement that a keyword governs. */
function readBody(r: Reader, end: number): readonly Node[] {
  const body = r.nested(() => readStatement(r, end) ?? node('empty_statement', r.endOfLast, r.endOfLast));
  return [as('body', body)];
}

function readIf(r: Reader, end: number): Node {
  const { start } = r.next();
  const children: Node[] = [
    as('condition', readCondition(r)),
    as('consequence', readBody(r, end)[0] ?? bad(start, start)),
  ];
  if (r.isName('else')) {
    const from = r.next().start;
    const [body] = readBody(r, end);
    if (body) children.push(as('alternative', node('else_clause', from, r.endOfLast, [body])));
  }
  return node('if_statement', start, r.endOfLast, children);
}

function readFor(r: Reader, end: number): Node {
  const { start } = r.next();
  const children: Node[] = [];
  if (r.is('(')) {
    const close = r.closing(r.at);
    r.at += 1;
    if (isDeclaration(r)) children.push(as('initializer', readDeclaration(r)));
    else readPart(r, 'initializer', children, ';');
    readPart(r, 'condition', children, ';');
    readPart(r, 'update', children, ')');
    if (r.at !== close + 1) {
      children.push(bad(r.endOfLast, r.endOfLast));
      if (close < r.tokens.length) r.at = close + 1;
    }
    children.push({ ...node(')', r.endOfLast - 1, r.endOfLast), named: false });
  } else {
    children.push(bad(r.endOfLast, r.endOfLast));
  }
  return node('for_statement', start, r.endOfLast, [...children, ...readBody(r, end)]);
}

function readPart(r: Reader, field: string, children: Node[], sign: string): void {
  if (!r.is(sign)) children.push(as(field, readExpression(r)));
  if (!r.eat(sign)) children.push(bad(r.endOfLast, r.endOfLast));
}

function readLabel(r: Reader, end: number): Node {
  const { start, end: to } = r.next();
  r.at += 1;
  const label = as('label', node('statement_identifier', start, to));
  const hasStatement = r.at < end && !r.is('}') && !r.isName('case') && !r.isName('default');
  const body = hasStatement ? r.nested(() => readStatement(r, end) ?? node('empty_statement', to, to)) : undefined;
  return node('labeled_statement', start, r.endOfLast, body ? [label, body] : [label]);
}

/** A macro that heads a block, a loop over the next statement, or stands alone without a semicolon. */
function readMacro(r: Reader, end: number, name: Token): Node | undefined {
  const close = r.closing(r.at + 1);
  const following = r.tokenAt(close + 1);
  if (r.tokens.length <= close) return undefined;
  const opensBlock = following.kind === Kind.Punctuation && following.text === '{';
  const isLoop = !opensBlock && close + 1 < end && LOOP_NAME.test(name.text) && startsStatement(following);
  if (!opensBlock && !isLoop) return undefined;
  r.at += 1;
  const called = as('function', node('identifier', name.start, name.end));
  const list = as('arguments', readArguments(r));
  const isScope = opensBlock && (SCOPE_NAME.test(name.text) || (name.text.length < 5 && !LOOP_NAME.test(name.text)));
  return node(isScope ? 'macro_scope' : 'macro_loop', name.start, r.endOfLast, [called, list, ...readBody(r, end)]);
}

function startsStatement(token: Token): boolean {
  if (token.kind === Kind.Punctuation) return /^(?:\(|\*|\+\+|--)$/.test(token.text);
  return token.kind === Kind.Name || token.kind === Kind.Directive;
}

function readExpressionStatement(r: Reader): Node {
  const { start } = r.token;
  const expression = readExpression(r);
  if (r.eat(';')) return node('expression_statement', start, r.endOfLast, [expression]);
  const from = r.endOfLast;
  // A macro that brings its own semicolon, or that is the last thing in a block.
  const isMacro = expression.type === 'call_expression' || expression.type === 'identifier';
  const isApart = r.is('}') || r.isDone || r.text.slice(from, r.token.start).includes('\n');
  if (isMacro && isApart && start < from) return node('expression_statement', start, from, [expression]);
  return node('expression_statement', start, from, [expression, skipTo(r, from)]);
}

/** `#if` around whole statements: each arm holds the statements between its directives. */
function readConditional(r: Reader, end: number): Node {
  const directive = r.next();
  const condition = conditionOf(r, directive);
  const children: Node[] = condition ? [as('condition', condition)] : [];
  while (r.at < end && !r.isDone) {
    const { token } = r;
    if (token.kind === Kind.Directive && /^(?:el|endif)/.test(token.text)) break;
    const before = r.at;
    const statement = readStatement(r, end);
    if (statement) children.push(statement);
    if (r.at === before) r.at += 1;
  }
  const { token } = r;
  if (token.text.startsWith('elif')) {
    children.push(
      as(
        'alternative',
        r.nested(() => readConditional(r, end)),
      ),
    );
  } else if (token.text === 'else' && token.kind === Kind.Directive) {
    children.push(as('alternative', readElse(r, end)));
  } else if (token.kind === Kind.Directive) {
    r.at += 1;
  }
  return node('preproc_if', directive.start, r.endOfLast, children);
}

function readElse(r: Reader, end: number): Node {
  const { start } = r.next();
  const children: Node[] = [];
  while (r.at < end && !r.isDone && !(r.token.kind === Kind.Directive && r.token.text === 'endif')) {
    const before = r.at;
    const statement = readStatement(r, end);
    if (statement) children.push(statement);
    if (r.at === before) r.at += 1;
  }
  if (r.at < end) r.at += 1;
  return node('preproc_else', start, r.endOfLast, children);
}

/** The condition of `#if CONDITION`, as text. */
function conditionOf(r: Reader, directive: Token): Node | undefined {
  const text = r.text.slice(directive.start, directive.end);
  const head = /^#\s*\w+\s*/.exec(text)?.[0].length ?? 0;
  const body = text.slice(head).replace(/\s*(?:\/\*[\s\S]*|\/\/.*)?$/, '');
  const start = directive.start + head;
  return body === '' ? undefined : node('preproc_condition', start, start + body.length);
}
