/** All rules, in the order of the documentation. */

import { contiguityAssumed } from './contiguity-assumed';
import { contiguityRequired } from './contiguity-required';
import { mapResultMisread } from './map-result-misread';
import { mapResultUnchecked } from './map-result-unchecked';
import { mappingErrorMisread } from './mapping-error-misread';
import { mappingErrorUnchecked } from './mapping-error-unchecked';
import type { Rule } from './rule';
import { unmapWithMappedCount } from './unmap-with-mapped-count';

export type { Rule } from './rule';

export const RULES: readonly Rule[] = [
  contiguityAssumed,
  contiguityRequired,
  mapResultUnchecked,
  mapResultMisread,
  mappingErrorUnchecked,
  mappingErrorMisread,
  unmapWithMappedCount,
];
