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
/** What a function takes and has to give back: its callees may do that. */
const TAKES = /map|alloc/;
/** Names of the API, each with what it is about. */
const DMA_NAMES = new RegExp(`\\b\\w*(?:${MENTIONS_DMA.source})\\w*`, 'g');
const SETS_MASK = /_set_(?:consistent_|coherent_)?(?:dma_)?mask/;
const FREES = /^(?:dmam?_(?:free_\w+|pool_free|pool_destroy)|pci_free_consistent|pci_pool_(?:free|destroy))$/;
/** A mask whose result nobody looks at. */
const DROPS_MASK = /(?:^|[;{})/])\s*(?:dma|pci)_\w*set_\w*mask\w*\s*\(/m;
/** `dma_alloc_coherent(dev, SIZE, ...)`, `dma_free_coherent(dev, SIZE, ...)`. */
const SIZED =
  /\b(?:dmam?|pci)_z?(?:alloc|free)_\w+\s*\([^,;()]*(?:\([^;()]*\)[^,;()]*)*,([^,;()]*(?:\([^;()]*\)[^,;()]*)*),/g;
const RETURNS_NOTHING = /^[^({]*\bvoid\s+(?:__\w+\s+)*\w+\s*\(/;
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
  /**
   * Whether it matters: in any case; where a function that maps or allocates calls it; where lists are mapped, since it
   * says what the device takes; only for what it does with others.
   */
  readonly matters: 'always' | 'called' | 'for limits' | 'no';
  /** Memory that is mapped by its name. */
  readonly mapped: readonly string[];
  /** What the file's other functions matter for: a call of this one, a write of one of the fields. */
  readonly hands:
    | { readonly name: string; readonly isNothing: boolean; readonly fields: ReadonlySet<string> }
    | undefined;
  /** It maps or allocates. */
  readonly takes: boolean;
  readonly handlesLists: boolean;
  /** Sizes of coherent memory that it allocates or frees, in its words. */
  readonly sizes: readonly string[];
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
  const words = (piece: CodedPiece) => {
    const found = known.get(piece) ?? wordsOf(piece);
    known.set(piece, found);
    return found;
  };
  /** By the patterns of the last time. */
  let answers: ReadonlyMap<string, WeakMap<CodedPiece, boolean>> = new Map();
  return (pieces) => {
    const asked = new Map<RegExp, WeakMap<CodedPiece, boolean>>();
    const test = (pattern: RegExp, piece: CodedPiece) => {
      const byPiece = asked.get(pattern) ?? answers.get(pattern.source) ?? new WeakMap<CodedPiece, boolean>();
      asked.set(pattern, byPiece);
      const answer = byPiece.get(piece) ?? pattern.test(piece.code);
      byPiece.set(piece, answer);
      return answer;
    };
    const wanted = mattering(pieces, words, test);
    answers = new Map([...asked].map(([pattern, byPiece]) => [pattern.source, byPiece]));
    return wanted;
  };
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
  const touches = touching(words, (hands) => !hands.isNothing);
  const callsOnly = touching(words, (hands) => hands.isNothing);
  const takers = pieces.filter((_piece, index) => words[index]?.takes);
  const fields = [...new Set(words.flatMap((one) => [...(one.hands?.fields ?? [])]))];
  const reads = fields.length === 0 ? undefined : new RegExp(`(?:->|\\.)(?:${fields.join('|')})\\b`);
  const isCalled = ({ name }: CodedPiece) => takers.some((one) => one.name !== name && one.code.includes(name));
  const hasLists = words.some((one) => one.handlesLists);
  const allocated = new Set(words.flatMap((one) => (one.takes ? one.sizes : [])));
  const wanted = pieces.map((piece, index) => {
    const own = words[index];
    if (!own) return false;
    if (piece.kind === 'declaration')
      return own.matters === 'always' || (declares !== undefined && test(declares, piece));
    if (own.matters === 'always' || (own.matters === 'for limits' && hasLists)) return true;
    if (own.matters === 'called' && (isCalled(piece) || !own.sizes.every((size) => allocated.has(size)))) return true;
    if (touches !== undefined && test(touches, piece)) return true;
    if (callsOnly === undefined || !test(callsOnly, piece)) return false;
    return isCalled(piece) || (reads !== undefined && test(reads, piece));
  });
  // What a file says about types and limits matters for its functions.
  return pieces.some((piece, index) => piece.kind === 'function' && wanted[index]) ? wanted : pieces.map(() => false);
}

/** A call of, or a reference to, a function that hands on; a write of a field that a mapping is made or released with. */
function touching(
  words: readonly Words[],
  isMeant: (hands: NonNullable<Words['hands']>) => boolean,
): RegExp | undefined {
  const names = new Set<string>();
  const fields = new Set<string>();
  for (const { hands } of words) {
    if (!hands || !isMeant(hands)) continue;
    if (hands.name !== '') names.add(hands.name);
    for (const field of hands.fields) fields.add(field);
  }
  const parts: string[] = [];
  if (0 < names.size) parts.push(`\\b(?:${[...names].join('|')})\\b`);
  if (0 < fields.size) parts.push(`(?:->|\\.)(?:${[...fields].join('|')})\\s*(?:=[^=]|[-+*/|&]=|\\+\\+|--)`);
  return parts.length === 0 ? undefined : new RegExp(parts.join('|'));
}

const NOTHING = { mapped: [], hands: undefined, takes: false, handlesLists: false, sizes: [] };

function wordsOf({ kind, name, code }: CodedPiece): Words {
  const mapped = [...code.matchAll(MAPS_NAMED)].flatMap(([, found]) => found ?? []);
  if (kind === 'define') return { ...NOTHING, matters: 'always', mapped };
  if (kind === 'declaration')
    return { ...NOTHING, matters: DEFINES_STRUCT.test(code) || DECLARES.test(code) ? 'always' : 'no', mapped };
  const handlesLists = HANDLES_LISTS.test(code);
  const used = code.match(DMA_NAMES);
  if (!used) return { ...NOTHING, matters: handlesLists ? 'always' : 'no', mapped, handlesLists };
  const takes = used.some((one) => TAKES.test(one) && !/unmap/.test(one));
  const sizes = [...code.matchAll(SIZED)].map(([, size]) => (size ?? '').replace(/\s+/g, ''));
  const hands = MAPS.test(code)
    ? { name, isNothing: !takes && RETURNS_NOTHING.test(code), fields: fieldsGiven(code) }
    : undefined;
  return {
    matters: hands || handlesLists ? 'always' : mattersFor(used, code),
    mapped,
    hands,
    takes,
    handlesLists,
    sizes,
  };
}

/** Of a function that maps nothing. */
function mattersFor(used: readonly string[], code: string): Words['matters'] {
  const masks = used.filter((one) => SETS_MASK.test(one)).length;
  if (1 < masks || (masks === 1 && DROPS_MASK.test(code))) return 'always';
  const others = used.filter((one) => !SETS_MASK.test(one));
  if (!others.every((one) => FREES.test(one))) return 'always';
  return 0 < others.length ? 'called' : 'for limits';
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
