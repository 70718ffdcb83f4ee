import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amdLegacy } from '../../server/sim/backends/amdLegacy';
import { armIommu } from '../../server/sim/backends/armIommu';
import { dmaIova, iommuApi, noncontiguousAlloc, sva } from '../../server/sim/backends/callerControlled';
import { direct, swiotlb } from '../../server/sim/backends/direct';
import { gart } from '../../server/sim/backends/gart';
import { intelLegacy } from '../../server/sim/backends/intelLegacy';
import { iommuDma, iommuDmaUntrusted } from '../../server/sim/backends/iommuDma';
import { iommuDma44, iommuDmaV6 } from '../../server/sim/backends/iommuDma44';
import { powerpcTce } from '../../server/sim/backends/powerpcTce';
import { s390Pci } from '../../server/sim/backends/s390Pci';
import { sparcIommu } from '../../server/sim/backends/sparcIommu';
import { xenSwiotlb } from '../../server/sim/backends/xenSwiotlb';
import { PLATFORMS } from '../../server/sim/platforms';
import type { Backend, Kernel, Machine } from '../../server/sim/types';
import {
  type History,
  histories,
  LAWS,
  LIMIT_LAWS,
  run,
  type Subject,
  sameHistorySameResult,
  unmapRestores,
} from '../support/simLaws';

type Traits = Partial<Pick<Subject, 'page' | 'keepsMask' | 'boundary' | 'isMapping'>>;

function subject(backend: Backend, version: string, traits: Traits, machine: Partial<Machine> = {}): Subject {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const kernel: Kernel = { major, minor };
  const variant = Object.entries(machine).map(([key, value]) => ` ${key} ${String(value)}`);
  return {
    name: `${backend.id} on ${version}${variant.join('')}`,
    open: () => backend.open({ kernel, ...machine }),
    page: 4096,
    keepsMask: false,
    boundary: 'none',
    isMapping: true,
    ...traits,
  };
}

const MASKED = { keepsMask: true };
const NO_TABLE = { page: undefined, keepsMask: true };
/** Small windows fill up, wrap and fail. */
const SMALL = 0x200000n;

const SUBJECTS: readonly Subject[] = [
  subject(direct, '6.12', NO_TABLE),
  subject(swiotlb, '6.12', NO_TABLE),
  subject(swiotlb, '6.1', NO_TABLE),
  subject(iommuDma, '6.12', { ...MASKED, boundary: 'segment' }),
  subject(iommuDma, '4.9', { ...MASKED, boundary: 'segment' }),
  subject(iommuDmaUntrusted, '6.12', MASKED),
  subject(iommuDma44, '4.4', MASKED),
  subject(iommuDmaV6, '4.4', MASKED),
  subject(armIommu, '6.12', {}),
  subject(armIommu, '6.12', {}, { windowBytes: SMALL }),
  subject(intelLegacy, '4.4', MASKED),
  subject(intelLegacy, '5.10', MASKED),
  subject(amdLegacy, '4.4', { ...MASKED, boundary: 'entry' }),
  subject(amdLegacy, '5.4', MASKED),
  subject(powerpcTce, '6.12', { ...MASKED, boundary: 'entry' }),
  subject(powerpcTce, '6.12', { ...MASKED, boundary: 'entry' }, { windowBytes: SMALL }),
  subject(powerpcTce, '6.12', { ...MASKED, boundary: 'entry', page: 65536 }, { ioPageShift: 16 }),
  subject(powerpcTce, '6.12', { ...MASKED, boundary: 'entry' }, { merge: false }),
  subject(gart, '6.12', { boundary: 'none' }),
  subject(gart, '6.12', { boundary: 'segment' }, { merge: true }),
  subject(gart, '4.4', {}, { merge: true, windowBytes: SMALL }),
  subject(s390Pci, '4.4', { boundary: 'entry' }),
  subject(s390Pci, '6.1', { boundary: 'segment' }),
  subject(s390Pci, '6.1', { boundary: 'segment' }, { strict: true, windowBytes: SMALL }),
  subject(sparcIommu, '6.12', { boundary: 'entry', page: 8192 }),
  subject(sparcIommu, '6.12', { boundary: 'entry', page: 8192 }, { pools: 1, windowBytes: SMALL }),
  subject(xenSwiotlb, '6.12', { ...MASKED, page: 4096 }),
  subject(iommuApi, '6.12', { isMapping: false }),
  subject(dmaIova, '6.16', { ...MASKED, isMapping: false }),
  subject(noncontiguousAlloc, '6.12', { isMapping: false, page: undefined }),
  subject(sva, '6.12', { isMapping: false }),
];

const RUNS = { numRuns: 100 };

describe.each(SUBJECTS)('$name', (one) => {
  test('every law holds after every mapping', () => {
    const check = (history: History) => {
      run(one, history, (mapped, live) => {
        for (const [, law] of LAWS) law(one, mapped, live);
        for (const [, law] of LIMIT_LAWS) law(one, mapped, history.limits);
      });
    };
    fc.assert(fc.property(histories, check), RUNS);
  });

  test('what is unmapped can be mapped again', () => {
    fc.assert(
      fc.property(histories, (history) => unmapRestores(one, history)),
      RUNS,
    );
  });

  test('the same history has the same result', () => {
    fc.assert(
      fc.property(histories, (history) => sameHistorySameResult(one, history)),
      RUNS,
    );
  });
});

test('every platform is under these laws', () => {
  const tried = new Set(SUBJECTS.map((one) => one.open().backend));
  expect(PLATFORMS.map((one) => one.id).filter((id) => !tried.has(id))).toEqual([]);
});
