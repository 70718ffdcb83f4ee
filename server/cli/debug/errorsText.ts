/** Where the parser lost its way, a line each. */

import type { FileIr } from '../../code/ir';
import { MENTIONS_DMA } from '../../dmaApi';
import { indexLines } from '../../report/lines';

/** `drivers/foo.c:12: foo_map() touches DMA: static u8 }` for each function of a file, or that called `name`, that holds a parse error. */
export function errorsText(file: string, text: string, ir: FileIr, name?: string): string {
  const lines = indexLines(text);
  const names = new Map(ir.defined.map((one) => [one.start, one.name]));
  return ir.errors
    .filter((error) => name === undefined || names.get(error.start) === name)
    .map((error) => {
      const { line } = lines.positionAt(error.at);
      const touches = MENTIONS_DMA.test(text.slice(error.start, error.end)) ? ' touches DMA' : '';
      return `${file}:${line}: ${names.get(error.start)}()${touches}: ${lines.lineText(line).trim()}\n`;
    })
    .join('');
}
