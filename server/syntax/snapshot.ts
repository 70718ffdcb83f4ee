/**
 * Copies a tree-sitter tree to plain nodes in one cursor walk. Each step into the parser costs more than parsing what it
 * returns, so that a node takes three or four of them: kinds and fields are asked for by number, and their names only
 * once; what follows from the neighbours or from the text is not asked for at all.
 */

import type { SyntaxNode } from './node';

/** What the cursors of both bindings have in common. */
export interface Cursor {
  readonly nodeType: string;
  readonly nodeTypeId: number;
  readonly nodeIsNamed: boolean;
  readonly nodeIsMissing: boolean;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly currentFieldId: number;
  readonly currentFieldName: string | null | undefined;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

interface NodeKind {
  readonly type: string;
  readonly named: boolean;
  /** Never has children that matter. */
  readonly isLeaf: boolean;
  readonly isString: boolean;
  /** Its children may be fields of it. */
  readonly hasFields: boolean;
  /** Stands for its own text, as signs and keywords do. */
  readonly isLiteral: boolean;
  /** Ends where its last child ends. */
  readonly endsWithChild: boolean;
}

/** What the numbers of a grammar stand for, learnt while walking. */
export interface GrammarNames {
  readonly kinds: Map<number, NodeKind>;
  readonly fields: Map<number, string | undefined>;
}

/** Deeper nesting than any code that people write; what lies below is left out. */
const MAX_DEPTH = 600;

/** No children: signs and words, which are most of the nodes. */
const NONE: readonly SyntaxNode[] = [];
const LEAF = /^(?:identifier|field_identifier|type_identifier|primitive_type|number_literal|comment|true|false|null)$/;
/** The grammar names no fields here. */
const WITHOUT_FIELDS =
  /^(?:translation_unit|compound_statement|argument_list|parameter_list|expression_statement|return_statement|parenthesized_expression|field_declaration_list|initializer_list|else_clause)$/;

/** The node at the cursor and all below it, made of `code`; `shift` is added to every offset. */
export function snapshot(cursor: Cursor, names: GrammarNames, code: string, shift: number): SyntaxNode {
  return copy(cursor, names, code, shift, 0, cursor.startIndex, undefined);
}

function copy(
  cursor: Cursor,
  names: GrammarNames,
  code: string,
  shift: number,
  depth: number,
  start: number,
  field: string | undefined,
): SyntaxNode {
  const kind = kindOf(cursor, names);
  const { type, named } = kind;
  const isTooDeep = MAX_DEPTH < depth;
  let end = -1;
  let children = NONE;
  if (kind.isLiteral) {
    // One that was made up stands before something else, and is empty.
    if (code.startsWith(type, start)) end = start + type.length;
  } else if (kind.isString) {
    end = cursor.endIndex;
  }
  const isEntered = named && !kind.isLeaf && !isTooDeep && !(kind.isString && isWholeString(code, start, end));
  if (isEntered && cursor.gotoFirstChild()) {
    const found: SyntaxNode[] = [];
    // A node begins with its first child; only that of a whole text may have white space before it.
    const next = (at: number) =>
      copy(cursor, names, code, shift, depth + 1, at, kind.hasFields ? fieldOf(cursor, names) : undefined);
    found.push(next(depth === 0 ? cursor.startIndex : start));
    while (cursor.gotoNextSibling()) found.push(next(cursor.startIndex));
    cursor.gotoParent();
    children = found;
    if (kind.endsWithChild) end = (found[found.length - 1]?.end ?? shift - 1) - shift;
  }
  if (end === -1) end = cursor.endIndex;
  return {
    type,
    start: start + shift,
    end: end + shift,
    field,
    named,
    // Only a node without any text can have been made up.
    isBad: type === 'ERROR' || isTooDeep || (start === end && cursor.nodeIsMissing),
    children,
  };
}

/** A string that is closed: what it holds is of no interest. */
function isWholeString(code: string, start: number, end: number): boolean {
  return start + 1 < end && code[start] === '"' && code[end - 1] === '"' && code[end - 2] !== '\\';
}

function kindOf(cursor: Cursor, { kinds }: GrammarNames): NodeKind {
  const id = cursor.nodeTypeId;
  const known = kinds.get(id);
  if (known) return known;
  const [type, named] = [cursor.nodeType, cursor.nodeIsNamed];
  const kind = {
    type,
    named,
    isLeaf: LEAF.test(type),
    isString: type === 'string_literal',
    hasFields: !WITHOUT_FIELDS.test(type),
    // A directive may have white space behind its `#`.
    isLiteral: !named && /^(?:\w+|[^\s#\w]+)$/.test(type),
    // A directive takes the end of its line with it.
    endsWithChild: type !== 'translation_unit' && !type.startsWith('preproc') && type !== 'ERROR',
  };
  kinds.set(id, kind);
  return kind;
}

function fieldOf(cursor: Cursor, { fields }: GrammarNames): string | undefined {
  const id = cursor.currentFieldId;
  // The native cursor answers nothing where there is no field, the other one 0.
  if (!id) return undefined;
  if (!fields.has(id)) fields.set(id, cursor.currentFieldName ?? undefined);
  return fields.get(id);
}
