/** What hands do to a file: type a line sign by sign, take it back, cut and paste, break a bracket and mend it. */

import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Random } from '../fuzz/random';

/** One change as the protocol says it. */
export interface Change {
  readonly range: { readonly start: Place; readonly end: Place };
  readonly text: string;
}

interface Place {
  readonly line: number;
  readonly character: number;
}

/** A text that is edited; all that is typed into it is taken back again some time. */
export interface Typist {
  readonly document: TextDocument;
  /** The next change, already made to the document. */
  next(): Change;
  /** True when the text is the one that it began with. */
  isRestored(): boolean;
}

const LINES = [
  '\tmapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);\n',
  '\tif (dma_mapping_error(dev, addr))\n\t\treturn -ENOMEM;\n',
  '\tdma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);\n',
  '\tfor_each_sg(sgl, sg, mapped, i)\n\t\twritel(sg_dma_address(sg), base);\n',
  '\t/* wait for the engine */\n',
  '\tretries += 1;\n',
];
const PASTED = 400;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where a line is begun: the offset of its first sign. */
export type ChooseLine = (text: string, random: Random) => number;

/** Begins with a document that was just opened. */
export function createTypist(uri: string, text: string, random: Random, choose: ChooseLine = anyLine): Typist {
  const document = TextDocument.create(uri, 'c', 1, text);
  /** What is still to be done, the next one last. */
  let pending: Edit[] = [];
  return {
    document,
    next() {
      if (pending.length === 0) pending = gesture(document.getText(), random, choose).reverse();
      const { start, end, text: typed } = pending.pop() ?? { start: 0, end: 0, text: '' };
      const range = { start: document.positionAt(start), end: document.positionAt(end) };
      const change = { range, text: typed };
      TextDocument.update(document, [change], document.version + 1);
      return change;
    },
    isRestored: () => pending.length === 0,
  };
}

/** Edits that leave the text as it was, in their order. */
function gesture(text: string, random: Random, choose: ChooseLine): Edit[] {
  return random.pick([typeLine, typeLine, cutAndPaste, breakBracket])(text, choose(text, random), random);
}

function anyLine(text: string, random: Random): number {
  const line = text.indexOf('\n', random.below(text.length)) + 1;
  return line === 0 ? text.length : line;
}

/** In front of a statement of some function. */
export function statementLine(text: string, random: Random): number {
  for (let tries = 0; tries < 1000; tries++) {
    const line = anyLine(text, random);
    if (/[;{}]\n$/.test(text.slice(line - 3, line)) && /^\t+[a-z}][^\n]*[;{]\n/.test(text.slice(line, line + 200)))
      return line;
  }
  return anyLine(text, random);
}

/** Types a line sign by sign, and deletes it word by word. */
function typeLine(_text: string, at: number, random: Random): Edit[] {
  const line = random.pick(LINES);
  const typed = [...line].map((sign, i) => ({ start: at + i, end: at + i, text: sign }));
  const words = line.match(/\w+|\W+/g) ?? [];
  let end = at + line.length;
  const deleted = words.reverse().map((word) => {
    end -= word.length;
    return { start: end, end: end + word.length, text: '' };
  });
  return [...typed, ...deleted];
}

function cutAndPaste(text: string, at: number, random: Random): Edit[] {
  const cut = text.slice(at, at + random.below(PASTED));
  return [
    { start: at, end: at + cut.length, text: '' },
    { start: at, end: at, text: cut + cut },
    { start: at, end: at + cut.length, text: '' },
  ];
}

function breakBracket(text: string, at: number): Edit[] {
  const found = text.slice(at).search(/[{}()]/);
  const bracket = found === -1 ? text.length : at + found;
  const sign = text.slice(bracket, bracket + 1);
  return [
    { start: bracket, end: bracket + sign.length, text: '' },
    { start: bracket, end: bracket, text: sign },
  ];
}
