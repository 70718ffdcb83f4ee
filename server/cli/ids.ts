/** Lists of ids on the command line. */

import { UsageError } from './usage';

/** The ids of `text`, separated by commas; an unknown one is a usage error that names the nearest. */
export function knownIds(text: string, known: readonly string[], what: string): readonly string[] {
  const ids = text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0) throw new UsageError(`no ${what} given; known: ${known.join(', ')}`);
  for (const id of ids) {
    if (known.includes(id)) continue;
    const near = nearest(id, known);
    const hint = near.length === 0 ? `known: ${known.join(', ')}` : `did you mean ${near.join(' or ')}?`;
    throw new UsageError(`unknown ${what} '${id}'; ${hint}`);
  }
  return ids;
}

/** The known ids that are fewest edits away, unless even they are far off. */
function nearest(id: string, known: readonly string[]): readonly string[] {
  const ranked = known.map((one) => ({ one, edits: distance(id, one) }));
  const fewest = Math.min(...ranked.map(({ edits }) => edits));
  if (Math.max(2, Math.floor(id.length / 3)) < fewest) return [];
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
