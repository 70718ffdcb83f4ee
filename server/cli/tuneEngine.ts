/** What the JavaScript engine is told before a check. */

import { setFlagsFromString } from 'node:v8';

/** Bytes of code that a function runs before the engine compiles it better; its own choice is about a tenth of that. */
const PATIENCE = 1_500_000;

/**
 * A check runs much code for a short while, once more in each worker. The engine compiles it again and again as it
 * learns; a little more patience leaves that to the parts that matter.
 */
export function tuneEngine(): void {
  setFlagsFromString(`--interrupt-budget=${PATIENCE}`);
}
