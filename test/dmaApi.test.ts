import { describe, expect, test } from 'vitest';
import { DMA_API, type DmaFunction, dmaFunction, MENTIONS_DMA } from '../server/dmaApi';

const INDEXES = [
  'device',
  'list',
  'table',
  'count',
  'direction',
  'address',
  'memory',
  'offset',
  'length',
  'attributes',
  'pool',
  'iterator',
] as const;
const VERSION = /^[2-7]\.\d{1,2}$/;
const number = (version: string) => Number(version.split('.')[0]) * 100 + Number(version.split('.')[1]);

/** What is wrong with a row, in words. */
function flaws(row: DmaFunction): readonly string[] {
  const found: string[] = [];
  const need = (holds: boolean, what: string) => {
    if (!holds) found.push(`${row.name}: ${what}`);
  };
  const used = INDEXES.flatMap((key) => (row[key] === undefined ? [] : [row[key]]));
  need(/^[a-z_][a-z0-9_]*$/.test(row.name), 'no C name');
  need(
    used.every((index) => Number.isInteger(index) && -1 <= index && index < 9),
    'an argument that cannot be',
  );
  need(new Set(used).size === used.length, 'one argument in two parts');
  need(used.every((index) => index !== -1) || row.table === -1, 'only a table can be the result');
  need(row.table !== -1 || row.returns === 'table', 'its result is a table, and returns says otherwise');
  need(/^[a-zA-Z]/.test(row.doc) && row.doc.endsWith('.'), 'doc is no sentence');
  for (const version of [row.since, row.until]) need(version === undefined || VERSION.test(version), `'${version}'`);
  need(
    row.since === undefined || row.until === undefined || number(row.since) <= number(row.until),
    'ends before it begins',
  );
  need(row.fails === undefined || row.returns !== undefined, 'fails and returns nothing');
  const undo = dmaFunction(row.releasedBy);
  need(row.releasedBy === undefined || undo !== undefined, `released by ${row.releasedBy}(), which has no row`);
  if (undo?.since !== undefined)
    need(row.since !== undefined && number(undo.since) <= number(row.since), 'can be made before it can be undone');
  if (undo?.until !== undefined)
    need(row.until !== undefined && number(row.until) <= number(undo.until), 'can be made after it can be undone');
  switch (row.role) {
    case 'map':
      need(row.fails !== undefined && undo?.role === 'unmap', 'a mapping fails somehow and is unmapped');
      need(
        (row.fails === 'mapping-error') === (row.returns === 'DMA address'),
        'addresses fail by dma_mapping_error()',
      );
      need((row.list === undefined) === (row.count === undefined), 'a list and its count');
      break;
    case 'unmap':
    case 'sync':
      need(row.fails === undefined && row.returns === undefined, 'returns nothing');
      need((row.list === undefined) === (row.count === undefined), 'a list and its count');
      break;
    case 'allocate':
      need(row.fails !== undefined && undo?.role === 'free', 'an allocation fails somehow and is freed');
      break;
    case 'free':
      need(
        row.returns === undefined && used.length + Number(row.name === 'sg_free_append_table') !== 0,
        'what is freed',
      );
      break;
    case 'check':
      need(row.address !== undefined, 'the address that is tested');
      break;
    case 'walk':
      need(row.side !== undefined, 'which side it walks');
      break;
    case 'attach':
      need(row.table === -1, 'yields a table');
      break;
    case 'measure':
      need(row.table !== undefined || row.list !== undefined, 'what is measured');
      break;
    case 'consume':
      need(
        [row.list, row.table, row.address, row.count].some((part) => part !== undefined),
        'what is taken',
      );
      break;
    default:
      break;
  }
  return found;
}

test('every row keeps to the schema', () => {
  expect(DMA_API.flatMap(flaws)).toEqual([]);
  expect(new Set(DMA_API.map((row) => row.name)).size).toBe(DMA_API.length);
});

test('the schema sees a broken row', () => {
  const row = dmaFunction('dma_map_sg');
  if (!row) throw new Error('no dma_map_sg()');
  expect(flaws({ ...row, releasedBy: 'dma_sync_sg_for_cpu' })).not.toEqual([]);
  expect(flaws({ ...row, count: 1 })).not.toEqual([]);
  expect(flaws({ ...row, since: '5.8', until: '4.4' })).not.toEqual([]);
});

describe('a file is parsed for', () => {
  const matters = DMA_API.filter((row) => /^(?:map|unmap|sync|check|attach|measure)$/.test(row.role));
  test.each(matters.map((row) => row.name))('%s()', (name) => {
    expect(MENTIONS_DMA.test(`  x = ${name}(a, b);`)).toBe(true);
  });

  test.each(['pci_alloc_irq_vectors(pdev, 1, 1, 0)', 'pci_map_rom(pdev, &size)', 'kmap_page(p)'])(
    'not for %s',
    (text) => {
      expect(MENTIONS_DMA.test(text)).toBe(false);
    },
  );
});
