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

/** The pieces of `pieces` that can matter. */
export function relevantPieces(text: string, pieces: readonly Piece[]): ReadonlySet<Piece> {
  const chosen = new Set<Piece>();
  const others: { readonly piece: Piece; readonly code: string }[] = [];
  const names = new Set<string>();
  const fields = new Set<string>();
  const mapped = [...new Set([...text.matchAll(MAPS_NAMED)].map(([, name]) => name))].join('|');
  const declaresMapped =
    mapped === '' ? undefined : new RegExp(`^(?:static|const)\\b[^=;({]*\\b(?:${mapped})\\s*(?:[[=;]|__)`);
  for (const piece of pieces) {
    if (piece.kind === 'define') {
      chosen.add(piece);
      continue;
    }
    const code = text.slice(piece.start, piece.end);
    if (piece.kind === 'declaration') {
      if (DEFINES_STRUCT.test(code) || DECLARES.test(code) || declaresMapped?.test(code)) chosen.add(piece);
    } else if (MENTIONS_DMA.test(code) || HANDLES_LISTS.test(code)) {
      chosen.add(piece);
      if (!MAPS.test(code)) continue;
      names.add(piece.name);
      collectFields(code, fields);
    } else {
      others.push({ piece, code });
    }
  }
  const parts: string[] = [];
  names.delete('');
  if (0 < names.size) parts.push(`\\b(?:${[...names].join('|')})\\b`);
  if (0 < fields.size) parts.push(`(?:->|\\.)(?:${[...fields].join('|')})\\s*(?:=[^=]|[-+*/|&]=|\\+\\+|--)`);
  if (parts.length === 0) return chosen;
  const touches = new RegExp(parts.join('|'));
  for (const { piece, code } of others) if (touches.test(code)) chosen.add(piece);
  return chosen;
}

/** The fields that stand in the arguments of calls that map or release. */
function collectFields(code: string, fields: Set<string>): void {
  const calls = new RegExp(`(?:${MAPS.source})\\w*\\s*\\(`, 'g');
  for (let call = calls.exec(code); call; call = calls.exec(code)) {
    const end = code.indexOf(';', calls.lastIndex);
    for (const [, name] of code.slice(calls.lastIndex, end === -1 ? undefined : end).matchAll(FIELD)) {
      if (name !== undefined && !COMMON.has(name)) fields.add(name);
    }
  }
}
