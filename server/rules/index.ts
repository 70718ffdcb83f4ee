/** All rules, in the order of the documentation. */

import { allocationUnchecked } from './allocation-unchecked';
import { contiguityAssumed } from './contiguity-assumed';
import { contiguityRequired } from './contiguity-required';
import { cpuAccessWhileMapped } from './cpu-access-while-mapped';
import { cpuAddressForDevice } from './cpu-address-for-device';
import { cpuLengthForDevice } from './cpu-length-for-device';
import { cpuOffsetForDevice } from './cpu-offset-for-device';
import { dmaAddressAfterUnmap } from './dma-address-after-unmap';
import { dmaAddressBeforeMap } from './dma-address-before-map';
import { doubleUnmap } from './double-unmap';
import { freeMismatch } from './free-mismatch';
import { importReadsPages } from './import-reads-pages';
import { listIndexed } from './list-indexed';
import { listNotInitialised } from './list-not-initialised';
import { mapResultMisread } from './map-result-misread';
import { mapResultUnchecked } from './map-result-unchecked';
import { mapWithMappedCount } from './map-with-mapped-count';
import { mappedCountDropped } from './mapped-count-dropped';
import { mappedCountWalksCpu } from './mapped-count-walks-cpu';
import { mappingErrorMisread } from './mapping-error-misread';
import { mappingErrorUnchecked } from './mapping-error-unchecked';
import { mappingLeak } from './mapping-leak';
import { maskFallback } from './mask-fallback';
import { maskResultUnchecked } from './mask-result-unchecked';
import { nullDevice } from './null-device';
import { originalCountWalksDma } from './original-count-walks-dma';
import { partialUnwind } from './partial-unwind';
import { removedFunction } from './removed-function';
import type { Rule } from './rule';
import { sameCountRequired } from './same-count-required';
import { segmentLimitUndeclared } from './segment-limit-undeclared';
import { stackBuffer } from './stack-buffer';
import { staticBuffer } from './static-buffer';
import { syncMismatch } from './sync-mismatch';
import { syncWithMappedCount } from './sync-with-mapped-count';
import { unmapMismatch } from './unmap-mismatch';
import { unmapWithMappedCount } from './unmap-with-mapped-count';
import { vmallocBuffer } from './vmalloc-buffer';
import { zeroedAgain } from './zeroed-again';

export type { Rule } from './rule';

export const RULES: readonly Rule[] = [
  contiguityAssumed,
  contiguityRequired,
  originalCountWalksDma,
  mappedCountWalksCpu,
  mappedCountDropped,
  sameCountRequired,
  mapWithMappedCount,
  unmapWithMappedCount,
  syncWithMappedCount,
  mapResultUnchecked,
  mapResultMisread,
  mappingErrorUnchecked,
  mappingErrorMisread,
  cpuLengthForDevice,
  cpuOffsetForDevice,
  cpuAddressForDevice,
  segmentLimitUndeclared,
  dmaAddressBeforeMap,
  dmaAddressAfterUnmap,
  unmapMismatch,
  doubleUnmap,
  mappingLeak,
  stackBuffer,
  vmallocBuffer,
  cpuAccessWhileMapped,
  partialUnwind,
  syncMismatch,
  allocationUnchecked,
  freeMismatch,
  zeroedAgain,
  maskResultUnchecked,
  maskFallback,
  nullDevice,
  staticBuffer,
  importReadsPages,
  listNotInitialised,
  listIndexed,
  removedFunction,
];
