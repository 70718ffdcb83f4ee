/** A node of a syntax tree as plain data, which outlives the parser's own tree. Offsets are UTF-16 units of the file. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** The field of the parent that this node is, such as `condition`. */
  readonly field: string | undefined;
  readonly named: boolean;
  /** The text could not be read here, or the node was made up to go on after an error. */
  readonly isBad: boolean;
  readonly children: readonly SyntaxNode[];
}
