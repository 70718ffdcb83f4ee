/** The platforms that settings ask for. */

import { PLATFORM_PRESETS, type Settings } from '../settings';
import { defaultPlatforms, PLATFORMS } from '../sim/platforms';
import { compareKernels, type KernelVersion } from '../types';

/** Platform ids for a target kernel; ids that nobody knows are left out, and never is nothing left. */
export function platformsFor(settings: Settings, kernel: KernelVersion): readonly string[] {
  const known = PLATFORMS.map((one) => one.id);
  const asked = settings.platforms.filter((id) => known.includes(id));
  if (0 < asked.length) return asked;
  if (settings.platformPreset === 'default') return defaultPlatforms(kernel);
  const { platforms } = PLATFORM_PRESETS[settings.platformPreset];
  const wanted: readonly string[] = settings.platformPreset === 'all' ? known : platforms;
  const existing = PLATFORMS.filter(({ backend: { since, until }, id }) => {
    const isThere = (!since || compareKernels(since, kernel) <= 0) && (!until || compareKernels(kernel, until) <= 0);
    return wanted.includes(id) && isThere && !NOT_MACHINES.includes(id);
  });
  return existing.map((one) => one.id);
}

/** What a driver can use instead of the mapping under question, and what was posted but never released. */
const NOT_MACHINES: readonly string[] = ['iommu-api', 'dma-iova', 'noncontiguous-alloc', 'sva', 'iommu-dma-v6'];
