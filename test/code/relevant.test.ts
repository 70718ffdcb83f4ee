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

  test('users of coherent memory and masks in a file that maps nothing', () => {
    expect(chosen('int probe(struct device *dev) { return dma_set_mask(dev, 1); }')).toEqual(['function probe']);
  });
});
