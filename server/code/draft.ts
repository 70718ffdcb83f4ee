/** A file that is being edited: what was lowered stays for as long as the text of its piece does. */

import { type Arrangement, arrange, type Slot } from '../syntax/arrangement';
import { outlineOf, type Select } from '../syntax/outline';
import type { Parser } from '../syntax/parser';
import type { FileIr } from './ir';
import { joinPieces, lowerPiece, type PieceIr } from './lower';

export interface Draft {
  readonly ir: FileIr;
  /** Where the offsets of `ir` stand in the text. */
  readonly arrangement: Arrangement;
}

/** Lowers one text after the other; each costs what has changed since the last one. */
export function createDrafts(parser: Parser, select: Select): (text: string) => Draft {
  const lowered = new WeakMap<Slot, PieceIr>();
  let arrangement: Arrangement | undefined;
  const irOf = (slot: Slot): PieceIr => {
    const known = lowered.get(slot) ?? lowerPiece(parser, slot.code, slot.kind, slot.place);
    lowered.set(slot, known);
    return known;
  };
  return (text) => {
    const pieces = outlineOf(text);
    const wanted = select(text, pieces);
    arrangement = arrange(text, pieces, arrangement);
    const used = arrangement.pieces.filter((_slot, index) => {
      const piece = pieces[index];
      return piece !== undefined && wanted.has(piece);
    });
    return { ir: joinPieces(used.map(irOf), pieces), arrangement };
  };
}
