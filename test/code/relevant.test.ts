import { describe, expect, test } from 'vitest';
import { relevantPieces } from '../../server/code/relevant';
import { outlineOf } from '../../server/syntax/outline';

function chosen(text: string): readonly string[] {
  const pieces = outlineOf(text);
  const wanted = relevantPieces(text, pieces);
  return pieces.filter((piece) => wanted.has(piece)).map((piece) => `${piece.kind} ${piece.name}`.trim());
}

describe('pieces that can matter', () => {
  const MAP = 'int start(struct foo *foo) { foo->count = dma_map_sg(foo->dev, foo->sgl, foo->nents, 1); return 0; }\n';

  test('users of the API, their callers, and writers of what is mapped with', () => {
    const text = `${MAP}
int caller(struct foo *foo) { return start(foo); }
void writer(struct foo *foo) { foo->nents = 3; }
void reader(struct foo *foo) { print(foo->nents); }
void other(void) { work(); }
`;
    expect(chosen(text)).toEqual(['function start', 'function caller', 'function writer']);
  });

  test('builders of lists, constants, structs and limits', () => {
    const text = `#define N 4
${MAP}void fill(struct scatterlist *list) { set(list); }
struct foo { int nents; };
struct host host = { .sg_tablesize = 1 };
struct other other = { .x = 1 };
`;
    expect(chosen(text)).toEqual(['define N', 'function start', 'function fill', 'declaration', 'declaration']);
  });

  test('memory of the file that is mapped, and no prototypes', () => {
    const text = `static u8 pattern[64];
static u8 other[64];
int f(int);
int g(struct device *dev) { return dma_map_single(dev, pattern, 64, 1); }
`;
    expect(chosen(text)).toEqual(['declaration', 'function g']);
  });

  test('masks where they are dropped, set twice, or where lists are mapped', () => {
    const set = 'int probe(struct device *dev) { return dma_set_mask(dev, 1); }\n';
    expect(chosen(set)).toEqual([]);
    expect(
      chosen(`${set}int map(struct device *dev, struct sg_table *sgt) { return dma_map_sgtable(dev, sgt, 1, 0); }`),
    ).toEqual(['function probe', 'function map']);
    expect(chosen('int probe(struct device *dev) { dma_set_mask(dev, 1); return 0; }')).toEqual(['function probe']);
    for (const comment of ['/* old boards */', '// old boards\n', '\n#ifdef OLD\n'])
      expect(chosen(`int probe(struct device *dev) { ${comment} dma_set_mask(dev, 1); return 0; }`)).toEqual([
        'function probe',
      ]);
    expect(chosen('int probe(struct device *dev) { return dma_set_mask(dev, 2) && dma_set_mask(dev, 1); }')).toEqual([
      'function probe',
    ]);
  });

  test('releases of coherent memory where its owner calls them, or where their size is another', () => {
    const alloc = 'int up(struct foo *foo) { foo->at = dma_alloc_coherent(foo->dev, SIZE, &foo->bus, 0); return 0; }\n';
    const free = (size: string) =>
      `void down(struct foo *foo) { dma_free_coherent(foo->dev, ${size}, foo->at, foo->bus); }\n`;
    expect(chosen(alloc + free('SIZE'))).toEqual(['function up']);
    expect(chosen(alloc + free('2 * SIZE'))).toEqual(['function up', 'function down']);
    const failing = alloc.replace('return 0;', 'if (start(foo)) down(foo); return 0;');
    expect(chosen(failing + free('SIZE'))).toEqual(['function up', 'function down']);
  });

  test('callers of a release where what maps calls them, or where they look at the mapping', () => {
    const release = 'void release(struct foo *foo) { dma_unmap_single(foo->dev, foo->bus, foo->size, 1); }\n';
    const stop = 'void stop(struct foo *foo) { release(foo); }\n';
    expect(chosen(release + stop)).toEqual(['function release']);
    expect(chosen(`${release}void stop(struct foo *foo) { if (foo->bus) release(foo); }\n`)).toEqual([
      'function release',
      'function stop',
    ]);
    expect(chosen(`${MAP.replace('return 0;', 'if (!foo->count) stop(foo); return 0;')}${release}${stop}`)).toEqual([
      'function start',
      'function release',
      'function stop',
    ]);
  });

  test('nothing where no function matters', () => {
    expect(chosen('#define N 4\nstruct foo { dma_addr_t dma_address; };\nint f(void) { return 0; }\n')).toEqual([]);
  });
});
