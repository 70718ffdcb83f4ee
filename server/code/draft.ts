/** A file that is being edited: what was lowered stays for as long as the text of its piece does. */

import { type Arrangement, arrange, type Slot } from '../syntax/arrangement';
import { createOutliner } from '../syntax/outline';
import type { Parser } from '../syntax/parser';
import type { FileIr } from './ir';
import { joinPieces, lowerPiece, type PieceIr } from './lower';
import { createRelevance } from './relevant';

export interface Draft {
  readonly ir: FileIr;
  /** Where the offsets of `ir` stand in the text. */
  readonly arrangement: Arrangement;
}

/** Lowers the pieces of one text after the other that can matter; each costs what has changed since the last one. */
export function createDrafts(parser: Parser): (text: string) => Draft {
  const outline = createOutliner();
  const matters = createRelevance();
  const lowered = new WeakMap<Slot, PieceIr>();
  let arrangement: Arrangement | undefined;
  const irOf = (slot: Slot): PieceIr => {
    const known = lowered.get(slot) ?? lowerPiece(parser, slot.code, slot.kind, slot.place);
    lowered.set(slot, known);
    return known;
  };
  return (text) => {
    const pieces = outline(text);
    arrangement = arrange(text, pieces, arrangement);
    const wanted = matters(arrangement.pieces);
    const used = arrangement.pieces.filter((_slot, index) => wanted[index]);
    return { ir: joinPieces(used.map(irOf), pieces), arrangement };
  };
}
