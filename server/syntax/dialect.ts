/**
 * Makes kernel C readable for a plain C grammar by overwriting what it cannot read with text of the same length, so
 * that every offset still points into the user's file. Newlines, strings and comments stay as they are. One pass over
 * the tokens per step: linear. Names must be read from the original text.
 */

import { resolveConditionals } from './conditionals';
import {
  ANNOTATION_CALLS,
  ANNOTATIONS,
  CONTROL,
  LOOP_NAME,
  NO_ANNOTATION_AFTER,
  SCOPE_NAME,
  TYPE_WORDS,
} from './dialectTables';
import {
  beginsStatementArgument,
  blankArguments,
  blankFileMacro,
  endOfArguments,
  isListMacro,
  isOperatorArgument,
  isStaticMacro,
  startsOnNewLine,
} from './macroStatements';
import { applyEdits, blank, type Edit, overwrite, type Paren } from './rewrite';
import { Kind, type Token, tokenize } from './tokens';
import { isTypeof, rewriteTypeArgument } from './typeArguments';

/** The rewritten text, of the same length and with the same newlines. */
export function rewriteDialect(text: string): string {
  const edits: Edit[] = [];
  const wipe = (start: number, end: number) => edits.push(blank(text, start, end));
  const tokens = resolveConditionals(text, withoutStrayArms(tokenize(text), wipe), wipe);
  rewriteTokens(text, tokens, edits);
  return applyEdits(text, edits);
}

/** A piece that begins inside an `#if` may hold its `#else`, and the arm behind that is no part of it. */
function withoutStrayArms(tokens: readonly Token[], wipe: (start: number, end: number) => void): readonly Token[] {
  if (!tokens.some((token) => token.kind === Kind.Directive)) return tokens;
  const kept: Token[] = [];
  let depth = 0;
  let dropped = 0;
  for (const token of tokens) {
    const directive = token.kind === Kind.Directive ? token.text : '';
    const opens = /^if/.test(directive);
    const closes = directive === 'endif';
    const isStray = /^(?:el|endif)/.test(directive) && depth === 0;
    if (0 < dropped || isStray) {
      wipe(token.start, token.end);
      if (opens || (isStray && dropped === 0 && !closes)) dropped += 1;
      else if (closes && 0 < dropped) dropped -= 1;
      continue;
    }
    if (opens) depth += 1;
    else if (closes) depth -= 1;
    kept.push(token);
  }
  return kept;
}

/** A macro, by its looks. */
const CAPITALS = /^[A-Z][A-Z_0-9]+$/;
/** `static SBA_INLINE void`: a driver's own word for `inline`. */
const INLINE = /^[A-Z][A-Z_0-9]*_INLINE$/;
const ALIGNMENT = /^(?:__alignof__|__alignof|_Alignof|alignof)$/;
const C_NUMBER = /^(?:0[xX][\da-fA-F]+|0[bB][01]+|\d+|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)[uUlLfF]*$/;

function rewriteTokens(text: string, tokens: readonly Token[], edits: Edit[]): void {
  const partner = matchBrackets(tokens);
  const stack: Paren[] = [];
  let braces = 0;
  let previous: Token | undefined;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (!token) continue;
    if (token.kind === Kind.Directive) {
      // Definitions are pieces of their own.
      const isGone = 0 < stack.length && /^(?:pragma|include|error|warning|line)$/.test(token.text);
      if (isGone || /^(?:define|undef)$/.test(token.text)) edits.push(blank(text, token.start, token.end));
      if (stack.length === 0) previous = undefined;
      continue;
    }
    const next = tokens[i + 1];
    const isStatement = 0 < braces && beginsStatementArgument(tokens, i, previous, stack);
    const argumentsEnd = isStatement ? endOfArguments(partner, stack) : -1;
    if (argumentsEnd !== -1) {
      edits.push(blankArguments(text, previous, token, tokens[argumentsEnd]));
      i = argumentsEnd - 1;
      continue;
    }
    if (token.kind === Kind.Name) {
      const skipped = rewriteName(text, tokens, partner, i, previous, stack, braces, edits);
      if (skipped !== undefined) {
        // What is blanked leaves no trace: the token before it stays the previous one.
        i = skipped;
        continue;
      }
    } else if (token.kind === Kind.Number) {
      // A name that only token pasting makes whole, such as `5780_CLASS`.
      if (!C_NUMBER.test(text.slice(token.start, token.end))) edits.push({ start: token.start, text: 'N' });
    } else if (token.kind === Kind.Punctuation) {
      if (token.text === '(' || token.text === '[' || token.text === '{') {
        const callee =
          token.text === '(' && previous?.kind === Kind.Name && !CONTROL.has(previous.text) ? previous.text : undefined;
        stack.push({ open: token.text, at: i, callee });
        if (token.text === '{') braces += 1;
      } else if (token.text === ')' || token.text === ']' || token.text === '}') {
        stack.pop();
        if (token.text === '}') braces = Math.max(0, braces - 1);
      } else if (token.text === '...' && stack.at(-1)?.open === '{') {
        edits.push({ start: token.start, text: ' | ' });
      } else if (token.text === '&&' && next?.kind === Kind.Name && /^[{,=]$/.test(previous?.text ?? '')) {
        // The address of a label.
        edits.push({ start: token.start, text: ' &' });
      } else if (isOperatorArgument(token, previous, next, stack)) {
        edits.push(overwrite(text, token.start, token.end, '0'));
      } else if (token.text === '*' && isTypeStar(previous, next, stack, braces)) {
        edits.push({ start: token.start, text: ' ' });
        continue;
      }
    }
    previous = token;
  }
}

/** `u8 *` as the argument of a macro: a star that nothing follows. */
function isTypeStar(
  previous: Token | undefined,
  next: Token | undefined,
  stack: readonly Paren[],
  braces: number,
): boolean {
  if (braces === 0 || stack.at(-1)?.callee === undefined || previous?.kind !== Kind.Name) return false;
  return next?.kind === Kind.Punctuation && (next.text === ')' || next.text === ',' || next.text === '*');
}

/** Rewrites what begins with the name at `i`; returns the index of the last token that was blanked, if any. */
function rewriteName(
  text: string,
  tokens: readonly Token[],
  partner: Int32Array,
  i: number,
  previous: Token | undefined,
  stack: readonly Paren[],
  braces: number,
  edits: Edit[],
): number | undefined {
  const token = tokens[i];
  const next = tokens[i + 1];
  if (!token) return undefined;
  const name = token.text;
  const opens = next?.kind === Kind.Punctuation && next.text === '(';
  const close = opens ? (partner[i + 1] ?? -1) : -1;
  const closing = close === -1 ? undefined : tokens[close];

  if (closing && ANNOTATION_CALLS.has(name)) {
    edits.push(blank(text, token.start, closing.end));
    return close;
  }
  if (closing && isPasted(previous, tokens[close + 1], stack)) {
    edits.push(blank(text, token.start, closing.end));
    return close;
  }
  if (!opens && isPastedName(name, previous, next, stack)) {
    edits.push(blank(text, token.start, token.end));
    return i;
  }
  // `goto *labels[i]`: what is left is no jump; code/ asks the original.
  if (name === 'goto' && next?.text === '*') edits.push(blank(text, token.start, token.end));
  if (name === 'offsetof' && opens) edits.push({ start: token.start, text: 'Offsetof' });
  if (opens && ALIGNMENT.test(name)) edits.push(overwrite(text, token.start, token.end, 'sizeof'));
  if (
    !opens &&
    (ANNOTATIONS.has(name) ||
      (stack.length === 0 && next?.kind === Kind.Name && INLINE.test(name)) ||
      isAnnotationByShape(name, isDeclared(tokens, i), previous, next))
  ) {
    edits.push(blank(text, token.start, token.end));
    return i;
  }
  const isStart = isStatementStart(previous);
  if (isStart && (isListMacro(tokens, i) || (0 < braces && isStaticMacro(text, tokens, partner, i)))) {
    edits.push(blank(text, token.start, token.end));
    return i;
  }
  if (braces === 0 && isStart && stack.length === 0 && isExportMark(name, next, tokens[i + 2])) {
    edits.push(blank(text, token.start, token.end));
    return i;
  }
  if (closing && braces === 0 && isStart && stack.length === 0) return blankFileMacro(text, tokens, i, close, i, edits);
  if (braces === 0 && stack.length === 0 && name === 'static' && isStart) {
    const after = tokens[i + 2];
    if (next?.kind === Kind.Name && after?.text === '(' && /^[A-Z_0-9]+$/.test(next.text)) {
      const end = partner[i + 2] ?? -1;
      if (end !== -1) return blankFileMacro(text, tokens, i + 1, end, i, edits);
    }
  }
  if (isTypeof(name, isStart, previous, stack, closing, tokens[close + 1])) {
    edits.push({ start: token.start, text: 'int' }, blank(text, token.start + 3, closing?.end ?? token.end));
    return undefined;
  }
  if (closing && 0 < braces && isStart && !CONTROL.has(name)) {
    const following = tokens[close + 1];
    const isBlock = following?.kind === Kind.Punctuation && following.text === '{';
    const isLoop = isBlock || (LOOP_NAME.test(name) && startsStatement(following));
    if (!isLoop && CAPITALS.test(name) && startsOnNewLine(text, closing, following)) {
      const isNeeded = previous?.text === ')' || previous?.kind === Kind.Name;
      edits.push(overwrite(text, token.start, closing.end, isNeeded ? ';' : ''));
      return close;
    }
    const declared = following?.text === '=' && /^(?:DECLARE|DEFINE)_/.test(name) ? tokens[i + 2] : undefined;
    if (declared?.kind === Kind.Name) {
      edits.push(overwrite(text, token.start, declared.start, 'int'), blank(text, declared.end, closing.end));
      return close;
    }
    if (isLoop || following?.kind === Kind.Name) {
      const keyword = headWord(tokens, i + 1, close, name);
      if (keyword.length <= name.length) edits.push({ start: token.start, text: keyword.padEnd(name.length) });
      return undefined;
    }
  }
  return rewriteTypeArgument(text, tokens, i, previous, stack, braces, edits);
}

function isAnnotationByShape(
  name: string,
  isDeclared: boolean,
  previous: Token | undefined,
  next: Token | undefined,
): boolean {
  if (!/^__[a-z]/.test(name) || isDeclared || previous?.kind !== Kind.Name || NO_ANNOTATION_AFTER.has(previous.text))
    return false;
  return next?.kind === Kind.Name || (next?.kind === Kind.Punctuation && /^[*;=,){]$/.test(next.text));
}

/** The keyword that reads a macro with a block: `for` where the arguments are those of a `for`. */
function headWord(tokens: readonly Token[], open: number, close: number, name: string): string {
  let depth = 0;
  for (let i = open; i < close; i++) {
    const text = tokens[i]?.kind === Kind.Punctuation ? tokens[i]?.text : undefined;
    if (text === '(' || text === '{') depth += 1;
    else if (text === ')' || text === '}') depth -= 1;
    else if (text === ';' && depth === 1) return 'for';
  }
  return SCOPE_NAME.test(name) || name.length < 5 ? 'if' : 'while';
}

/** `"a" __stringify(x) "b"`, `KERN_DEBUG pr_fmt("x")`: a macro among strings that are glued together. */
function isPasted(previous: Token | undefined, following: Token | undefined, stack: readonly Paren[]): boolean {
  if (previous?.kind === Kind.String || following?.kind === Kind.String) return true;
  return isPastedName('', previous, following, stack);
}

/** `KERN_ERR DRV_NAME "x"`, `VERSION BUILD_DATE`: a second name in a row. */
function isPastedName(
  name: string,
  previous: Token | undefined,
  following: Token | undefined,
  stack: readonly Paren[],
): boolean {
  if (previous?.kind !== Kind.Name || stack.at(-1)?.open !== '(') return false;
  if (/^KERN_/.test(previous.text)) return true;
  const isEnd = following?.kind === Kind.Punctuation && (following.text === ')' || following.text === ',');
  if (isEnd && 1 < stack.length && CAPITALS.test(name) && CAPITALS.test(previous.text)) return true;
  return following?.kind === Kind.String && !NO_ANNOTATION_AFTER.has(previous.text);
}

/** `I915_SELFTEST_EXPORT int foo(void)`: a mark in capitals before a declaration. */
function isExportMark(name: string, next: Token | undefined, after: Token | undefined): boolean {
  if (!CAPITALS.test(name) || next?.kind !== Kind.Name) return false;
  return after?.kind === Kind.Name || after?.text === '*';
}

/** The name before is a type, so that this one is what is declared. */
function isDeclared(tokens: readonly Token[], i: number): boolean {
  const following = tokens[i + 1]?.text ?? '';
  if (!/^[;=,)]$/.test(following)) return false;
  if (TYPE_WORDS.has(tokens[i - 1]?.text ?? '')) return true;
  const before = tokens[i - 2];
  if (before?.kind !== Kind.Name) return before?.text !== '*' && before?.text !== ')';
  return /^(?:struct|union|enum|static|extern|const|volatile|register)$/.test(before.text);
}

function isStatementStart(previous: Token | undefined): boolean {
  if (!previous) return true;
  if (previous.kind === Kind.Name) return previous.text === 'else' || previous.text === 'do';
  return previous.kind === Kind.Punctuation && /^[;{}:)]$/.test(previous.text);
}

function startsStatement(token: Token | undefined): boolean {
  if (!token) return false;
  if (token.kind === Kind.Punctuation) return /^(?:\{|\(|\*|\+\+|--)$/.test(token.text);
  return token.kind === Kind.Name;
}

/** For each opening bracket the index of its closing one, -1 where there is none. */
function matchBrackets(tokens: readonly Token[]): Int32Array {
  const partner = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== Kind.Punctuation) continue;
    if (token.text === '(' || token.text === '[' || token.text === '{') {
      open.push(i);
    } else if (token.text === ')' || token.text === ']' || token.text === '}') {
      const wanted = token.text === ')' ? '(' : token.text === ']' ? '[' : '{';
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
