/**
 * Which backends break what, as a table of needs and backends: the search finds each cell by itself. `docs/replay.md`
 * says where a smaller list exists than the one that people usually draw, and why.
 */

import { describe, expect, test } from 'vitest';
import { listText } from '../../server/render/verdict';
import { proofOf } from '../../server/replay/proofs';
import { search, tryLists } from '../../server/replay/search';
import type { ListShape, Predicate } from '../../server/replay/types';
import { DEFAULT_DEVICE } from '../../server/sim/platforms';
import type { Device, Kernel } from '../../server/sim/types';

interface Column {
  readonly id: string;
  readonly kernel: Kernel;
  readonly device?: Partial<Device>;
}

const V4_4 = { major: 4, minor: 4 };
const V5_4 = { major: 5, minor: 4 };
const V5_10 = { major: 5, minor: 10 };
const V6_1 = { major: 6, minor: 1 };
const V6_12 = { major: 6, minor: 12 };
const MIB = 1 << 20;

const COLUMNS = {
  '4.4-4.6': { id: 'iommu-dma-4.4', kernel: V4_4 },
  '4.7+': { id: 'iommu-dma', kernel: V6_12 },
  '4.7+ small boundary': { id: 'iommu-dma', kernel: V6_12, device: { segmentBoundary: 0xffffn } },
  bounce: { id: 'iommu-dma-untrusted', kernel: V6_12 },
  arm32: { id: 'arm-iommu', kernel: V6_12 },
  direct: { id: 'direct', kernel: V6_12 },
  Intel: { id: 'intel-legacy', kernel: V5_10 },
  AMD: { id: 'amd-legacy', kernel: V5_4 },
  'AMD small boundary': { id: 'amd-legacy', kernel: V5_4, device: { segmentBoundary: 0xffffn } },
  powerpc: { id: 'powerpc-tce', kernel: V6_12, device: { maxSegmentSize: MIB } },
  s390: { id: 's390-pci', kernel: V6_1 },
  sparc: { id: 'sparc-iommu', kernel: V6_12 },
  Xen: { id: 'xen-swiotlb', kernel: V6_12 },
  swiotlb: { id: 'swiotlb', kernel: V6_12 },
} as const satisfies Record<string, Column>;

const PAGES: ListShape = { origin: 'pages', kind: 'pages', firstOffset: 'zero' };
const RAGGED: ListShape = { origin: 'any list', kind: 'any', firstOffset: 'zero' };

type Cells = Readonly<Record<keyof typeof COLUMNS, string>>;

/** `-`: holds; `used`: only where other mappings have left room. */
const TABLE: readonly {
  readonly need: string;
  readonly predicate: Predicate;
  readonly shape: ListShape;
  readonly cells: Cells;
}[] = [
  {
    need: 'one contiguous range',
    predicate: { kind: 'contiguous-size' },
    shape: PAGES,
    cells: {
      '4.4-4.6': '{4 KiB, 8 KiB}',
      '4.7+': '-',
      '4.7+ small boundary': '{60 KiB, 8 KiB}',
      bounce: '{4 KiB, 4 KiB}',
      arm32: '{60 KiB, 8 KiB}',
      direct: '{4 KiB, 4 KiB}',
      Intel: '-',
      AMD: '-',
      'AMD small boundary': '{68 KiB, 4 KiB}',
      powerpc: '{64 KiB, 4 KiB}',
      s390: '{8 KiB, 60 KiB} used',
      sparc: '{4 KiB, 4 KiB}',
      Xen: '{4 KiB, 4 KiB}',
      swiotlb: '{4 KiB, 4 KiB} used',
    },
  },
  {
    need: 'a single segment',
    predicate: { kind: 'single-segment' },
    shape: PAGES,
    cells: {
      '4.4-4.6': '{4 KiB, 4 KiB}',
      '4.7+': '{64 KiB, 4 KiB}',
      '4.7+ small boundary': '{64 KiB, 4 KiB}',
      bounce: '{4 KiB, 4 KiB}',
      arm32: '{64 KiB, 4 KiB}',
      direct: '{4 KiB, 4 KiB}',
      Intel: '{4 KiB, 4 KiB}',
      AMD: '{4 KiB, 4 KiB}',
      'AMD small boundary': '{4 KiB, 4 KiB}',
      powerpc: '{64 KiB, 4 KiB}',
      s390: '{64 KiB, 4 KiB}',
      sparc: '{4 KiB, 4 KiB}',
      Xen: '{4 KiB, 4 KiB}',
      swiotlb: '{4 KiB, 4 KiB}',
    },
  },
  {
    need: 'as many segments as entries',
    predicate: { kind: 'same-count' },
    shape: PAGES,
    cells: mergesTwo('{4 KiB, 4 KiB}', '{8 KiB, 4 KiB}'),
  },
  {
    need: 'segments as long as entries',
    predicate: { kind: 'cpu-lengths' },
    shape: PAGES,
    cells: mergesTwo('{4 KiB, 4 KiB}', '{8 KiB, 4 KiB}'),
  },
  {
    need: 'offsets as in the entries',
    predicate: { kind: 'cpu-offsets' },
    shape: RAGGED,
    cells: {
      ...mergesTwo('{4 KiB, 4 KiB, 0x200+3.5 KiB}', '{8 KiB, 4 KiB, 0x200+3.5 KiB}'),
      bounce: '{4 KiB, 0x200+3.5 KiB}',
      Xen: '{4 KiB, 0x200+3.5 KiB} used',
      swiotlb: '{4 KiB, 0x200+3.5 KiB}',
    },
  },
  {
    need: 'page-aligned segments',
    predicate: { kind: 'aligned', to: 4096 },
    shape: RAGGED,
    cells: {
      ...all('{4 KiB, 0x200+3.5 KiB}'),
      bounce: '{3.5 KiB, 4 KiB}',
      swiotlb: '{3.5 KiB, 4 KiB}',
    },
  },
  {
    need: 'segments of at most 64 KiB',
    predicate: { kind: 'segment-at-most', bytes: 65536 },
    shape: PAGES,
    cells: all('{68 KiB}'),
  },
  {
    need: 'ascending segments',
    predicate: { kind: 'ascending' },
    shape: PAGES,
    cells: {
      ...all('-'),
      bounce: '{4 KiB, 4 KiB}',
      arm32: '{4 KiB, 64 KiB, 4 KiB}',
      direct: '{4 KiB, 4 KiB}',
      powerpc: '{64 KiB, 4 KiB}',
      s390: '{8 KiB, 60 KiB} used',
      sparc: '{4 KiB, 4 KiB} used',
      Xen: '{4 KiB, 4 KiB}',
      swiotlb: '{4 KiB, 4 KiB} used',
    },
  },
  {
    need: 'addresses other than 0',
    predicate: { kind: 'nonzero' },
    shape: PAGES,
    cells: { ...all('-'), arm32: '{4 KiB}', direct: '{4 KiB}' },
  },
];

function all(cell: string): Cells {
  const cells = Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, cell]));
  return cells as Cells;
}

/** Only backends that merge break it. */
function mergesTwo(list: string, onSparc: string): Cells {
  return {
    ...all('-'),
    '4.7+': list,
    '4.7+ small boundary': list,
    arm32: list,
    powerpc: list,
    s390: list,
    sparc: onSparc,
  };
}

describe.each(TABLE)('$need', ({ predicate, shape, cells }) => {
  test.each(Object.entries(COLUMNS))('%s', (name, { id, kernel, ...rest }: Column) => {
    const found = search(predicate, shape, rest.device ?? {}, kernel, id);
    const cell =
      found?.verdict === 'breaks'
        ? `${listText(found.example.list)}${found.example.space === 'used' ? ' used' : ''}`
        : '-';
    expect(cell).toBe(cells[name as keyof Cells]);
  });
});

describe('proofs', () => {
  const asked = TABLE.flatMap((row) =>
    Object.values(COLUMNS).map((column: Column) => ({
      need: row.need,
      predicate: row.predicate,
      shape: row.shape,
      ...column,
    })),
  );
  const proven = asked.filter(({ predicate, shape, id, kernel, device }) =>
    proofOf(predicate, shape, { ...DEFAULT_DEVICE, ...device }, kernel, id),
  );

  test('there are some', () => expect(proven.length).toBeGreaterThan(20));

  test.each(proven)('$need on $id: no list contradicts it', ({ predicate, shape, id, kernel, device }) => {
    expect(tryLists(predicate, shape, device ?? {}, kernel, id)?.verdict).toBe('holds');
  });
});
