/** The fix that puts a test behind an assignment, for the rules that miss one. */

import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { CallFact } from '../facts/flow';
import type { Fix, SourceText, Span } from '../types';

/**
 * Offers to test `name`, which the statement of `map` sets, and to leave the function where `condition` holds. None
 * where that is not the whole of it: something else would have to be undone, or the statement stands in a declaration
 * or under an `if` without braces.
 */
export function testBehind(
  fn: FunctionFacts,
  file: FileFacts,
  map: CallFact,
  keeper: Span,
  condition: string,
): readonly Fix[] {
  const { source } = file;
  const leave = /^(?:static\s+|inline\s+)*int$/.test(fn.flow.ir.returnType)
    ? 'return -ENOMEM;'
    : fn.flow.ir.returnType === 'void'
      ? 'return;'
      : undefined;
  const end = /^\s*;/.exec(source.slice(map.call.span.end))?.[0].length;
  if (!leave || hasMoreToUndo(fn, map) || end === undefined || !beginsStatement(source, keeper.start)) return [];
  const at = map.call.span.end + end;
  const lineStart = source.lastIndexOf('\n', keeper.start - 1) + 1;
  const { indent, step, newline } = layoutAt(source, lineStart);
  const newText = `${newline}${indent}if (${condition})${newline}${indent}${step}${leave}`;
  return [
    {
      title: `Test it and ${leave.slice(0, -1)}; what must be undone first is for you to say`,
      automatic: false,
      edits: [{ span: { start: at, end: at }, newText }],
    },
  ];
}

/** The function takes something else than the mapping, which it would have to give back. */
export function hasMoreToUndo(fn: FunctionFacts, map: CallFact): boolean {
  return fn.flow.calls.some(
    (call) =>
      call !== map &&
      (call.api?.role === 'map' || call.api?.role === 'allocate' || /alloc|_get$|lock/.test(call.call.name ?? '')),
  );
}

/** How the file indents the line that begins at `lineStart`, what a step further is, and how its lines end. */
export function layoutAt(
  source: SourceText,
  lineStart: number,
): { readonly indent: string; readonly step: string; readonly newline: string } {
  const indent = /^[ \t]*/.exec(source.slice(lineStart))?.[0] ?? '';
  const step = indent.startsWith('\t') || indent === '' ? '\t' : '    ';
  return { indent, step, newline: source.includes('\r\n') ? '\r\n' : '\n' };
}

/** What stands in front of `start` is the end of another statement, of a comment, or the beginning of a block. */
export function beginsStatement(source: SourceText, start: number): boolean {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1;
  if (source.slice(lineStart, start).trim() !== '') return false;
  return /(?:[;{}]|\*\/)\s*$/.test(source.slice(0, lineStart));
}
