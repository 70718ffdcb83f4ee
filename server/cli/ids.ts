/** Lists of ids on the command line. */

import { nearest } from '../nearest';
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
