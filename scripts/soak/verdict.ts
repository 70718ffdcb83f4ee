/** Whether a server has stayed as it was. */

import type { Soak } from './soak';

/** A heap moves a little with what happens to be cached. */
const GROWTH = 1.1;
const GROWTH_BYTES = 8 * 2 ** 20;
/** Other programs run on the machine too. */
const SLOWER = 1.5;
const SLOWER_MS = 5;

/** What has grown or slowed; empty when nothing has. */
export function judgeSoak({ weights, first, last }: Pick<Soak, 'weights' | 'first' | 'last'>): readonly string[] {
  const complaints: string[] = [];
  const [early, late] = [weights[0]?.weight, weights.at(-1)?.weight];
  if (early && late) {
    const [before, after] = [early.heapUsed + early.external, late.heapUsed + late.external];
    if (before * GROWTH + GROWTH_BYTES < after) complaints.push(`memory in use grew from ${before} to ${after} bytes`);
    if (early.descriptors < late.descriptors) {
      complaints.push(`open files grew from ${early.descriptors} to ${late.descriptors}`);
    }
    for (const [kind, count] of Object.entries(late.handles)) {
      if (kind === 'Immediate') continue;
      const known = early.handles[kind] ?? 0;
      if (known < count) complaints.push(`${kind}: from ${known} to ${count} open`);
    }
  }
  if (first.median * SLOWER + SLOWER_MS < last.median) {
    complaints.push(`the median answer slowed from ${first.median.toFixed(1)} to ${last.median.toFixed(1)} ms`);
  }
  return complaints;
}
