/** Declarations: names, types as written, initialisers. */

import type { SyntaxNode } from '../syntax/parser';
import type { Span } from '../types';
import type { Variable } from './ir';

/** The user's text of a piece. Names are read from it, never from the rewritten text. */
export interface Source {
  readonly text: string;
  /** The offset of its first character. */
  readonly start: number;
}

export function textOf({ start, end }: Span, source: Source): string {
  return source.text.slice(start - source.start, end - source.start);
}

export function fieldOf(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((child) => child.field === field);
}

/** The tag of a struct or union specifier. */
export function tagOf(specifier: SyntaxNode, source: Source): string | undefined {
  const name = fieldOf(specifier, 'name');
  return name && textOf(name, source);
}

export interface Declared {
  readonly variable: Variable;
  readonly value: SyntaxNode | undefined;
}

/** The variables of a declaration, parameter or field; prototypes are left out. */
export function declaredVariables(node: SyntaxNode, source: Source): readonly Declared[] {
  const type = typeText(node, source);
  const isStatic = node.children.some(
    (child) => child.type === 'storage_class_specifier' && textOf(child, source) === 'static',
  );
  const found: Declared[] = [];
  node.children.forEach((child, index) => {
    if (child.field !== 'declarator') return;
    const value = child.type === 'init_declarator' ? fieldOf(child, 'value') : undefined;
    const shape = declaratorShape(child, source);
    if (!shape) return;
    const until = node.children[index + 1]?.start ?? node.end;
    const cleanup = /\b__free\(\s*(\w+)\s*\)/.exec(
      textOf({ start: child.start, end: value?.start ?? until }, source),
    )?.[1];
    found.push({
      variable: {
        name: shape.name,
        type,
        pointers: shape.pointers,
        array: shape.array,
        isStatic,
        ...(cleanup !== undefined && { cleanup }),
        span: shape.span,
      },
      value,
    });
  });
  return found;
}

/** The type as written: `struct scatterlist`, `unsigned int`. */
export function typeText(node: SyntaxNode, source: Source): string {
  const type = fieldOf(node, 'type');
  if (!type) return '';
  const tag = /^(?:struct|union|enum)_specifier$/.test(type.type) ? tagOf(type, source) : undefined;
  const text = tag === undefined ? plainType(type, source) : `${type.type.replace('_specifier', '')} ${tag}`;
  return text.replace(/\s+/g, ' ').slice(0, 80);
}

/** The text of a type; what stands for a `typeof(x)` is shorter than it. */
export function plainType(type: SyntaxNode, source: Source): string {
  const text = textOf(type, source);
  return /^(?:typ|__t)$/.test(text) ? 'typeof' : text;
}

interface Shape {
  readonly name: string;
  readonly pointers: number;
  readonly array: boolean;
  readonly span: { readonly start: number; readonly end: number };
}

/** Name and shape behind stars, brackets and parentheses; undefined for a prototype. */
export function declaratorShape(declarator: SyntaxNode, source: Source): Shape | undefined {
  let pointers = 0;
  let array = false;
  let isFunction = false;
  for (let node: SyntaxNode | undefined = declarator; node; ) {
    switch (node.type) {
      case 'identifier':
      case 'field_identifier':
      case 'type_identifier':
        if (isFunction && pointers === 0) return undefined;
        return { name: textOf(node, source), pointers, array, span: { start: node.start, end: node.end } };
      case 'pointer_declarator':
        pointers += 1;
        break;
      case 'array_declarator':
        array = true;
        break;
      case 'function_declarator':
        isFunction = true;
        pointers = 0;
        break;
      default:
        break;
    }
    node =
      fieldOf(node, 'declarator') ??
      node.children.find((child) => child.named && /declarator$|identifier$/.test(child.type));
  }
  return undefined;
}
