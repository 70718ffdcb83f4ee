/** The native parser against the WASM one: the same pieces and the same nodes, of all pieces of all files. */

import { resolve } from 'node:path';
import { createParser, type SyntaxNode } from '../../server/syntax/parser';
import { findFiles, readSource } from '../../server/workspace/files';
import type { Ground, Part } from './part';

export const parsers: Part = async (ground) => {
  const native = await createParser({ engine: 'native' });
  const wasm = await createParser({ engine: 'wasm' });
  const differences: string[] = [];
  let nodes = 0;
  const files = dmaFiles(ground);
  for (const { file, text } of files) {
    const [one, other] = [native.parse(text), wasm.parse(text)];
    const counted = countEqual(one.nodes, other.nodes);
    if (counted === undefined || JSON.stringify(one.pieces) !== JSON.stringify(other.pieces)) differences.push(file);
    nodes += counted ?? 0;
  }
  return { compared: `${files.length} files with DMA, ${nodes} nodes`, differences };
};

/** The files that mention the DMA API, relative to the top folder. */
export function dmaFiles({ root, paths }: Ground): readonly { readonly file: string; readonly text: string }[] {
  const { files } = findFiles(paths.map((path) => resolve(root, path)));
  return files.flatMap((file) => {
    const source = readSource(file);
    return source.kind === 'text' ? [{ file: file.slice(root.length + 1), text: source.text }] : [];
  });
}

/** How many nodes there are in two trees; undefined when they differ. */
function countEqual(ones: readonly SyntaxNode[], others: readonly SyntaxNode[]): number | undefined {
  const pending = [[ones, others] as const];
  let count = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [left, right] = next;
    if (left.length !== right.length) return undefined;
    for (const [i, a] of left.entries()) {
      const b = right[i];
      if (!b || !isEqual(a, b)) return undefined;
      pending.push([a.children, b.children]);
    }
    count += left.length;
  }
  return count;
}

function isEqual(a: SyntaxNode, b: SyntaxNode): boolean {
  const isSamePlace = a.start === b.start && a.end === b.end && a.field === b.field;
  return isSamePlace && a.type === b.type && a.named === b.named && a.isBad === b.isBad;
}
