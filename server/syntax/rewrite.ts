/** Overwriting parts of a text with text of the same length. */

/** Text that takes the place of as much of the original. */
export interface Edit {
  readonly start: number;
  readonly text: string;
}

/** A bracket that is open where a token stands. */
export interface Paren {
  readonly open: string;
  /** Its index among the tokens. */
  readonly at: number;
  /** The name before `(` when this is a call of a plain name. */
  readonly callee: string | undefined;
}

/** White space over a range; its newlines stay. */
export function blank(text: string, start: number, end: number): Edit {
  return { start, text: text.slice(start, end).replace(/[^\n\r]/g, ' ') };
}

/** As much of `words` as white space, and newlines where they are, leave room for: the words, then white space. */
export function overwrite(text: string, start: number, end: number, words: string): Edit {
  return { start, text: `${words}${blank(text, start, end).text.slice(words.length)}` };
}

/** The text with all edits made; of two that overlap the first one counts. */
export function applyEdits(text: string, edits: Edit[]): string {
  edits.sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits) {
    if (edit.start < at) continue;
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.start + edit.text.length;
  }
  parts.push(text.slice(at));
  return parts.join('');
}
