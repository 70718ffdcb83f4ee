/** Whether to colour: NO_COLOR forbids it, FORCE_COLOR asks for it, else only a terminal gets it. */

import pc from 'picocolors';
import type { Colors } from 'picocolors/types';

type Environment = Readonly<Record<string, string | undefined>>;

export function wantsColor(env: Environment, isTerminal: boolean): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}

/** The colours for standard output. */
export function outputColors(): Colors {
  return pc.createColors(wantsColor(process.env, process.stdout.isTTY === true));
}
