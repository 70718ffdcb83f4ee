/** What somebody may have meant. */

/** The known words that are fewest edits away, unless even they are far off. */
export function nearest(word: string, known: readonly string[]): readonly string[] {
  const ranked = known.map((one) => ({ one, edits: distance(word, one) }));
  const fewest = Math.min(...ranked.map(({ edits }) => edits));
  if (Math.max(2, Math.floor(word.length / 3)) < fewest) return [];
  return ranked.filter(({ edits }) => edits === fewest).map(({ one }) => one);
}

/** Edits from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_one, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
