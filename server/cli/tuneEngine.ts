/** What the JavaScript engine is told before a check, and when the language server starts. */

import { setFlagsFromString } from 'node:v8';

/** Bytes of code that a function runs before the engine compiles it better; its own choice is about a tenth of that. */
const PATIENCE = 1_500_000;

/**
 * A check runs much code for a short while, once more in each worker, and so does a server until the first findings are
 * there. The engine compiles it again and again as it learns; a little more patience leaves that to the parts that matter.
 */
export function tuneEngine(): void {
  setFlagsFromString(`--interrupt-budget=${PATIENCE}`);
}
