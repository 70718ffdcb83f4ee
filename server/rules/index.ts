/** All rules, in the order of the documentation. */

import { contiguityAssumed } from './contiguity-assumed';
import { contiguityRequired } from './contiguity-required';
import { cpuLengthForDevice } from './cpu-length-for-device';
import { cpuOffsetForDevice } from './cpu-offset-for-device';
import { mapResultMisread } from './map-result-misread';
import { mapResultUnchecked } from './map-result-unchecked';
import { mapWithMappedCount } from './map-with-mapped-count';
import { mappedCountWalksCpu } from './mapped-count-walks-cpu';
import { mappingErrorMisread } from './mapping-error-misread';
import { mappingErrorUnchecked } from './mapping-error-unchecked';
import { mappingLeak } from './mapping-leak';
import { originalCountWalksDma } from './original-count-walks-dma';
import type { Rule } from './rule';
import { syncWithMappedCount } from './sync-with-mapped-count';
import { unmapWithMappedCount } from './unmap-with-mapped-count';

export type { Rule } from './rule';

export const RULES: readonly Rule[] = [
  contiguityAssumed,
  contiguityRequired,
  originalCountWalksDma,
  mappedCountWalksCpu,
  mapWithMappedCount,
  unmapWithMappedCount,
  syncWithMappedCount,
  mapResultUnchecked,
  mapResultMisread,
  mappingErrorUnchecked,
  mappingErrorMisread,
  cpuLengthForDevice,
  cpuOffsetForDevice,
  mappingLeak,
];
