/** Which branches a block lies behind: without taking them, control does not get there. */

import { placeKey } from './fields';
import type { BranchFact, Flow } from './flow';
import { perFlow } from './perFlow';
import { constant, mentions, substitute, type Value } from './values';
import { isBehind } from './ways';

/** True when `block` is reached only where some value was found to be one. */
export function isBehindOneTest(flow: Flow, block: number): boolean {
  return flow.branches.some((branch) => {
    const arm = armForOne(branch);
    return arm !== undefined && isBehind(flow, block, branch.block, arm);
  });
}

/** Fields such as `hsi_msg:sgt.nents` that some function of the file tests for one. */
export function fieldsTestedForOne(flows: readonly Flow[]): ReadonlySet<string> {
  return new Set(flows.flatMap(testedForOne));
}

const testedForOne = perFlow((flow) => {
  const keys: string[] = [];
  for (const branch of flow.branches) {
    if (armForOne(branch) === undefined) continue;
    mentions(branch.test, (part) => {
      const key = part.kind === 'initial' ? placeKey(flow, part.place) : undefined;
      if (key) keys.push(key);
      return false;
    });
  }
  return keys;
});

/** Where a branch goes for 1 and for no larger count. */
function armForOne({ test, whenTrue, whenFalse }: BranchFact): number | undefined {
  if (test.kind !== 'binary') return undefined;
  const counted = [test.left, test.right].find((side) => side.kind !== 'constant');
  if (!counted) return undefined;
  const decide = (number: bigint) => {
    const isCounted = (part: Value) => part.key === counted.key;
    const decided = substitute(test, (part) => (isCounted(part) ? constant(number) : undefined));
    return decided.kind === 'constant' && mentions(test, isCounted) ? decided.number !== 0n : undefined;
  };
  const [one, two, three] = [decide(1n), decide(2n), decide(3n)];
  if (one === undefined || one === two || two !== three) return undefined;
  return one ? whenTrue : whenFalse;
}
