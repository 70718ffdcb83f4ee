/** `--fail-on`. */

import { SEVERITIES, type Severity } from '../types';

export const FAIL_LEVELS = [...SEVERITIES, 'never'] as const;

export type FailLevel = Severity | 'never';

/** The severities that make a run fail. */
export function atOrAbove(level: FailLevel): readonly Severity[] {
  return level === 'never' ? [] : SEVERITIES.slice(0, SEVERITIES.indexOf(level) + 1);
}
