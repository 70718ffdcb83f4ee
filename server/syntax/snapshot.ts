/**
 * Copies a tree-sitter tree to plain nodes in one cursor walk. Each step into the parser costs more than parsing what it
 * returns, so that a node takes four of them: kinds and fields are asked for by number, and their names only once.
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

/** The node at the cursor and all below it; `shift` is added to every offset. */
export function snapshot(cursor: Cursor, names: GrammarNames, shift: number, depth = 0): SyntaxNode {
  const { type, named } = kindOf(cursor, names);
  const start = cursor.startIndex;
  const end = cursor.endIndex;
  const isTooDeep = MAX_DEPTH < depth;
  let children = NONE;
  if (named && !isTooDeep && !LEAF.test(type) && cursor.gotoFirstChild()) {
    const found: SyntaxNode[] = [];
    do found.push(snapshot(cursor, names, shift, depth + 1));
    while (cursor.gotoNextSibling());
    cursor.gotoParent();
    children = found;
  }
  return {
    type,
    start: start + shift,
    end: end + shift,
    field: fieldOf(cursor, names),
    named,
    // Only a node without any text can have been made up.
    isBad: type === 'ERROR' || isTooDeep || (start === end && cursor.nodeIsMissing),
    children,
  };
}

function kindOf(cursor: Cursor, { kinds }: GrammarNames): NodeKind {
  const id = cursor.nodeTypeId;
  const known = kinds.get(id);
  if (known) return known;
  const kind = { type: cursor.nodeType, named: cursor.nodeIsNamed };
  kinds.set(id, kind);
  return kind;
}

function fieldOf(cursor: Cursor, { fields }: GrammarNames): string | undefined {
  const id = cursor.currentFieldId;
  if (id === 0) return undefined;
  if (!fields.has(id)) fields.set(id, cursor.currentFieldName ?? undefined);
  return fields.get(id);
}
