import { describe, expect, test } from 'vitest';
import { lowerFile } from '../../server/code/lower';
import { extractFacts } from '../../server/facts/facts';
import type { Summary } from '../../server/facts/summary';
import { unmapWithMappedCount } from '../../server/rules/unmap-with-mapped-count';
import { createParser } from '../../server/syntax/parser';
import { check } from '../support/check';

const parser = await createParser();

function summaries(code: string, external?: (name: string) => Summary | undefined): ReadonlyMap<string, Summary> {
  const facts = extractFacts(lowerFile(parser, code), code, { major: 6, minor: 12 }, external);
  return new Map(facts.summaries.map((one) => [one.name, one]));
}

describe('a summary', () => {
  test('says what a function maps, through whichever functions', () => {
    const found = summaries(`
int outer(struct foo *foo, enum dma_data_direction dir) { return inner(foo->dev, &foo->sgt, dir); }
int inner(struct device *dev, struct sg_table *t, enum dma_data_direction dir)
{
    return dma_map_sgtable(dev, t, dir, 0);
}`);
    expect(found.get('outer')).toMatchObject({
      effects: [
        {
          kind: 'maps',
          through: 'dma_map_sgtable',
          table: { argument: 0, path: '&->sgt' },
          device: { argument: 0, path: '->dev' },
          direction: { argument: 1, path: '' },
        },
      ],
      returns: { kind: 'status' },
    });
  });

  test('says who tests, frees, keeps and walks', () => {
    const found = summaries(`
int failed(struct device *dev, dma_addr_t addr) { return dma_mapping_error(dev, addr); }
void drop(struct sg_table *t) { sg_free_table(t); kfree(t); }
void keep(struct foo *foo, struct sg_table *t) { foo->kept = t; }
void fill(struct foo *foo, struct scatterlist *sgl, int n)
{
    struct scatterlist *sg;
    int i;

    for_each_sg(sgl, sg, n, i)
        foo->desc[i].addr = sg_dma_address(sg);
}`);
    const effects = (name: string) => found.get(name)?.effects;
    expect(effects('failed')).toEqual([{ kind: 'tests-mapping', what: { argument: 1, path: '' } }]);
    expect(effects('drop')).toEqual([{ kind: 'frees', what: { argument: 0, path: '' } }]);
    expect(effects('keep')).toEqual([{ kind: 'stores', what: { argument: 1, path: '' }, field: 'foo:kept' }]);
    expect(effects('fill')).toEqual([
      { kind: 'walks', list: { argument: 1, path: '' }, count: { argument: 2, path: '' } },
    ]);
  });

  test('does not take for the result what is something else on some way', () => {
    const found = summaries(`
int mixed(struct device *dev, struct scatterlist *sgl, int n)
{
    if (n == 1)
        return 7;
    return dma_map_sg(dev, sgl, n, DMA_TO_DEVICE);
}`);
    expect(found.get('mixed')?.returns).toBeUndefined();
  });

  test('can be written down and read back', () => {
    const found = summaries('int f(struct device *d, struct sg_table *t) { return dma_map_sgtable(d, t, 1, 0); }');
    const [one] = found.values();
    expect(JSON.parse(JSON.stringify(one))).toEqual(one);
  });

  test('of functions that call each other ends', () => {
    const found = summaries(`
int a(struct sg_table *t, int n) { return n ? b(t, n - 1) : dma_map_sgtable(t->dev, t, 1, 0); }
int b(struct sg_table *t, int n) { return a(t, n); }`);
    expect(found.get('a')?.effects).toMatchObject([{ kind: 'maps', table: { argument: 0 } }]);
  });

  test('of a function of the file hides one of the same name elsewhere', () => {
    const elsewhere = summaries(
      'int map(struct device *d, struct scatterlist *s, int n) { return dma_map_sg(d, s, n, 1); }',
    );
    const user = 'int use(struct device *d, struct scatterlist *s, int n) { return map(d, s, n) + sg_dma_len(s); }';
    const effects = (code: string) => summaries(code, (name) => elsewhere.get(name)).get('use')?.effects.length;
    expect(effects(user)).toBe(1);
    expect(effects(`int map(struct device *d, struct scatterlist *s, int n) { return 0; }\n${user}`)).toBe(0);
  });
});

describe('a count that a struct keeps between functions', () => {
  const driver = (kept: string, at: string) => `
static int xfer_map(struct xfer *xfer, struct scatterlist *sgl, int n)
{
    return dma_map_sg(xfer->dev, sgl, n, DMA_TO_DEVICE);
}

int xfer_start(struct xfer *xfer, struct scatterlist *sgl, int n)
{
    int mapped = xfer_map(xfer, sgl, n);

    if (!mapped)
        return -EIO;
    xfer->sgl = sgl;
    xfer->count = ${kept};
    return 0;
}

void xfer_stop(struct xfer *xfer)
{
    dma_unmap_sg(xfer->dev, xfer->sgl, xfer->count, DMA_TO_DEVICE);${at}
}`;

  test('the mapped one, by way of a wrapper: reported where it is released', () =>
    check(
      [unmapWithMappedCount],
      driver(
        'mapped',
        "\n    //                                 ^^^^^^^^^^^ error: dma_unmap_sg() is given 'xfer->count', which xfer_map() in xfer_start() returned; it needs the count that was passed in",
      ),
    ));

  test('the original one: silent', () => check([unmapWithMappedCount], driver('n', '')));
});
