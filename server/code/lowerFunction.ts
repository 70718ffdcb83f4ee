/** One function definition to its IR. */

import type { SyntaxNode } from '../syntax/parser';
import { Builder } from './builder';
import { declaratorShape, declaredVariables, fieldOf, type Source, textOf, typeText } from './declarations';
import type { FunctionIr, Variable } from './ir';
import { lowerStatement } from './statements';

/** Undefined when what looked like a function has no name or body. */
export function lowerFunction(node: SyntaxNode, source: Source): FunctionIr | undefined {
  const body = fieldOf(node, 'body');
  const head = functionDeclarator(node);
  const name = head && fieldOf(head, 'declarator');
  if (!body || !head || !name) return undefined;
  const shape = declaratorShape(name, source);
  if (!shape) return undefined;
  const builder = new Builder(source);
  lowerStatement(builder, body);
  const { blocks, loops } = builder.finish(body.end);
  const bad = firstBad(node);
  return {
    name: shape.name,
    nameSpan: shape.span,
    span: { start: node.start, end: node.end },
    isStatic: node.children.some(
      (child) => child.type === 'storage_class_specifier' && textOf(child, source) === 'static',
    ),
    returnType: `${typeText(node, source)}${' *'.repeat(starsAbove(node))}`,
    params: parametersOf(head, source),
    locals: builder.locals,
    blocks,
    loops,
    ...(bad && { errorAt: bad.start }),
  };
}

function functionDeclarator(node: SyntaxNode): SyntaxNode | undefined {
  let at = fieldOf(node, 'declarator');
  while (at && at.type !== 'function_declarator') at = fieldOf(at, 'declarator');
  // `int (*f(void))(int)`: the inner one has the parameters.
  for (let inner = at && fieldOf(at, 'declarator'); inner; inner = fieldOf(inner, 'declarator')) {
    if (inner.type === 'function_declarator') at = inner;
  }
  return at;
}

function starsAbove(node: SyntaxNode): number {
  let stars = 0;
  for (let at = fieldOf(node, 'declarator'); at && at.type !== 'function_declarator'; at = fieldOf(at, 'declarator')) {
    if (at.type === 'pointer_declarator') stars += 1;
  }
  return stars;
}

function parametersOf(head: SyntaxNode, source: Source): readonly Variable[] {
  const list = fieldOf(head, 'parameters');
  if (!list) return [];
  return list.children
    .filter((child) => child.type === 'parameter_declaration')
    .flatMap((child) => declaredVariables(child, source).map((one) => one.variable));
}

/** The first node that is no C, or that had to be made up. */
function firstBad(node: SyntaxNode): SyntaxNode | undefined {
  if (node.isBad) return node;
  for (const child of node.children) {
    const bad = firstBad(child);
    if (bad) return bad;
  }
  return undefined;
}
