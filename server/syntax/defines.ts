/** `#define` lines, which need no grammar: a name, perhaps parameters, and the rest of the line. */

import type { SyntaxNode } from './node';

const DEFINE = /^#[ \t]*define[ \t]+(\w+)(\([^)]*\))?([\s\S]*)$/;

/** The node of `#define NAME value` or `#define NAME(a, b) value`, which stands at `start`. */
export function defineNode(code: string, start: number): SyntaxNode {
  const end = start + code.length;
  const match = DEFINE.exec(code);
  if (!match) return node('preproc_def', undefined, start, end);
  const [, name = '', params, rest = ''] = match;
  const nameStart = start + code.indexOf(name, code.indexOf('define') + 'define'.length);
  const children: SyntaxNode[] = [node('identifier', 'name', nameStart, nameStart + name.length)];
  let from = nameStart + name.length;
  if (params !== undefined) {
    const names: SyntaxNode[] = [];
    for (const one of params.matchAll(/\w+|\.\.\./g)) {
      const at = from + one.index;
      names.push(node(one[0] === '...' ? 'variadic' : 'identifier', undefined, at, at + one[0].length));
    }
    children.push(node('preproc_params', 'parameters', from, from + params.length, names));
    from += params.length;
  }
  const comment = /\/[/*]/.exec(rest);
  const value = comment ? rest.slice(0, comment.index) : rest;
  const lead = value.length - value.trimStart().length;
  const body = value.trim();
  if (body !== '') children.push(node('preproc_arg', 'value', from + lead, from + lead + body.length));
  return node(params === undefined ? 'preproc_def' : 'preproc_function_def', undefined, start, end, children);
}

function node(
  type: string,
  field: string | undefined,
  start: number,
  end: number,
  children: readonly SyntaxNode[] = [],
): SyntaxNode {
  return { type, start, end, field, named: true, isBad: false, children };
}
