/** The parser as the rest of the program sees it: text in, a tree of plain nodes out. */

import type { SyntaxNode } from './grammar/reader';
import { parseKernelC, type Skip } from './kernelParser';

export type { SyntaxNode };

export interface Parser {
  /** Its name, for reports about the program itself. */
  readonly engine: string;
  /** Parses kernel C. `skip` tells which nodes to take without their children. Never throws for what the text holds. */
  parse(text: string, skip?: Skip): SyntaxNode;
}

/** The parser; nothing needs to be loaded for it. */
export async function createParser(): Promise<Parser> {
  return { engine: 'kernel-c', parse: parseKernelC };
}
