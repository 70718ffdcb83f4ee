/** The parser as the rest of the program sees it: text in, a tree of plain nodes out. */

import type { SyntaxNode } from './grammar/reader';
import { type ParsedFile, parseKernelC, type Select } from './kernelParser';

export type { SyntaxNode };

export interface Parser {
  /** Its name, for reports about the program itself. */
  readonly engine: string;
  /** Parses kernel C: all of it, or the pieces that `select` wants. Never throws for what the text holds. */
  parse(text: string, select?: Select): ParsedFile;
}

/** The parser; nothing needs to be loaded for it. */
export async function createParser(): Promise<Parser> {
  return { engine: 'kernel-c', parse: parseKernelC };
}
