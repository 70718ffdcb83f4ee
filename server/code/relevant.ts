/**
 * Decides from words alone which pieces of a file can matter, so that only those are parsed and analysed: functions that
 * use the DMA API or handle scatterlists, functions that call or are given what these hand on, functions that write a
 * field which a mapping is made or released with, and declarations of structs, limits and mapped memory.
 */

import { MENTIONS_DMA } from '../dmaApi';
import type { Piece } from '../syntax/outline';

/** Scatterlists are also built and walked by functions that map nothing. */
const HANDLES_LISTS = /\bscatterlist\b|\bsg_tables?\b|\bsgl\b|\bsgt\b|for_each_sg|\bsg_[a-z_]+\(|max_seg|sg_tablesize/;
/** Calls that make, use, test or release a mapping: who calls a function that does so, and who writes the fields, matters. */
const MAPS =
  /(?:dma|pci)_(?:p2pdma_)?(?:map|unmap|sync)_|dma_mapping_error|sg_dma_|dma_address|scsi_dma_|_dma_sg\b|dma_buf_\w*map|vb2_dma_|prime_get_contiguous|dma_set_(?:max_seg|seg_)|dma_iova_|host1x_bo_pin/;
const DECLARES = /max_seg|sg_tablesize/;
/** Memory of the file's own that is mapped: `dma_map_single(dev, pattern, ...)`. */
const MAPS_NAMED = /(?:dma|pci)_map_single\w*\s*\([^,;]*,\s*&?\s*([A-Za-z_]\w*)\s*[,[.]/g;
/** A struct says which types its fields are of. */
const DEFINES_STRUCT = /^(?:(?:typedef|static|const)\s+)*(?:struct|union)\b[^=;(]*\{/;
const FIELD = /(?:->|\.)\s*([A-Za-z_]\w*)/g;
/** Fields that every struct has say nothing about who writes what. */
const COMMON = new Set(['dev', 'pdev', 'device', 'parent', 'base', 'priv', 'data', 'pci_dev', 'dma_dev', 'hw']);

/** A piece with its own text. */
export type CodedPiece = Pick<Piece, 'kind' | 'name'> & { readonly code: string };

/** What the words of one piece say. */
interface Words {
  /** Memory that is mapped by its name. */
  readonly mapped: readonly string[];
  /** It matters whatever stands elsewhere. */
  readonly isChosen: boolean;
  /** What the file's other functions matter for: a call of this one, a write of one of the fields. */
  readonly hands: { readonly name: string; readonly fields: ReadonlySet<string> } | undefined;
}

/** The pieces of `pieces` that can matter. */
export function relevantPieces(text: string, pieces: readonly Piece[]): ReadonlySet<Piece> {
  const coded = pieces.map((piece) => ({
    kind: piece.kind,
    name: piece.name,
    code: text.slice(piece.start, piece.end),
  }));
  const matters = mattering(coded, wordsOf, (pattern, { code }) => pattern.test(code));
  return new Set(pieces.filter((_piece, index) => matters[index]));
}

/** Tells of one list of pieces after the other which can matter, and looks only at those that it has not seen. */
export function createRelevance(): (pieces: readonly CodedPiece[]) => readonly boolean[] {
  const known = new WeakMap<CodedPiece, Words>();
  const answers = new WeakMap<CodedPiece, { readonly pattern: string; readonly answer: boolean }>();
  const words = (piece: CodedPiece) => {
    const found = known.get(piece) ?? wordsOf(piece);
    known.set(piece, found);
    return found;
  };
  const test = (pattern: RegExp, piece: CodedPiece) => {
    const before = answers.get(piece);
    if (before?.pattern === pattern.source) return before.answer;
    const answer = pattern.test(piece.code);
    answers.set(piece, { pattern: pattern.source, answer });
    return answer;
  };
  return (pieces) => mattering(pieces, words, test);
}

function mattering(
  pieces: readonly CodedPiece[],
  wordsIn: (piece: CodedPiece) => Words,
  test: (pattern: RegExp, piece: CodedPiece) => boolean,
): readonly boolean[] {
  const words = pieces.map(wordsIn);
  const mapped = [...new Set(words.flatMap((one) => one.mapped))].join('|');
  const declares =
    mapped === '' ? undefined : new RegExp(`^(?:static|const)\\b[^=;({]*\\b(?:${mapped})\\s*(?:[[=;]|__)`);
  const touches = touching(words);
  return pieces.map((piece, index) => {
    if (words[index]?.isChosen !== false) return true;
    const pattern = piece.kind === 'declaration' ? declares : touches;
    return pattern !== undefined && test(pattern, piece);
  });
}

/** A call of, or a reference to, a function that maps; a write of a field that a mapping is made or released with. */
function touching(words: readonly Words[]): RegExp | undefined {
  const names = new Set<string>();
  const fields = new Set<string>();
  for (const { hands } of words) {
    if (!hands) continue;
    if (hands.name !== '') names.add(hands.name);
    for (const field of hands.fields) fields.add(field);
  }
  const parts: string[] = [];
  if (0 < names.size) parts.push(`\\b(?:${[...names].join('|')})\\b`);
  if (0 < fields.size) parts.push(`(?:->|\\.)(?:${[...fields].join('|')})\\s*(?:=[^=]|[-+*/|&]=|\\+\\+|--)`);
  return parts.length === 0 ? undefined : new RegExp(parts.join('|'));
}

function wordsOf({ kind, name, code }: CodedPiece): Words {
  const mapped = [...code.matchAll(MAPS_NAMED)].flatMap(([, found]) => found ?? []);
  if (kind === 'define') return { mapped, isChosen: true, hands: undefined };
  if (kind === 'declaration')
    return { mapped, isChosen: DEFINES_STRUCT.test(code) || DECLARES.test(code), hands: undefined };
  const isChosen = MENTIONS_DMA.test(code) || HANDLES_LISTS.test(code);
  if (!isChosen || !MAPS.test(code)) return { mapped, isChosen, hands: undefined };
  return { mapped, isChosen, hands: { name, fields: fieldsGiven(code) } };
}

/** The fields that stand in the arguments of calls that map or release. */
function fieldsGiven(code: string): ReadonlySet<string> {
  const fields = new Set<string>();
  const calls = new RegExp(`(?:${MAPS.source})\\w*\\s*\\(`, 'g');
  for (let call = calls.exec(code); call; call = calls.exec(code)) {
    const end = code.indexOf(';', calls.lastIndex);
    for (const [, name] of code.slice(calls.lastIndex, end === -1 ? undefined : end).matchAll(FIELD)) {
      if (name !== undefined && !COMMON.has(name)) fields.add(name);
    }
  }
  return fields;
}
