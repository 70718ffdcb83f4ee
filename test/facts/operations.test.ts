import { expect, test } from 'vitest';
import { lowerFile } from '../../server/code/lower';
import { CONTRACTS } from '../../server/dmaApi';
import { extractFacts } from '../../server/facts/facts';
import { createParser } from '../../server/syntax/parser';

const parser = await createParser();

function facts(code: string) {
  return extractFacts(lowerFile(parser, code), code, { major: 6, minor: 12 });
}

function operations(code: string): readonly string[] {
  return facts(code).operations.map(
    (one) => `${one.ops}.${one.field} = ${one.function}${one.contract ? ` (${one.contract.mappedBy} maps)` : ''}`,
  );
}

test('functions in tables of operations, with who maps', () => {
  const found = operations(`
static struct sg_table *exp_map(struct dma_buf_attachment *at, enum dma_data_direction dir) { return at->priv; }
static void exp_unmap(struct dma_buf_attachment *at, struct sg_table *t, enum dma_data_direction dir) { kfree(t); }
static struct drm_gem_object *imp(struct drm_device *d, struct dma_buf_attachment *a, struct sg_table *t) { return 0; }
static int opened(struct inode *inode, struct file *file) { return 0; }
static const struct dma_buf_ops exp_ops = { .map_dma_buf = exp_map, .unmap_dma_buf = &exp_unmap };
static const struct drm_driver drv = { .name = "x", .gem_prime_import_sg_table = imp };
static const struct file_operations fops = { .open = opened, .release = elsewhere };
`);
  expect(found).toEqual([
    'dma_buf_ops.map_dma_buf = exp_map (callback maps)',
    'dma_buf_ops.unmap_dma_buf = exp_unmap (callback maps)',
    'drm_driver.gem_prime_import_sg_table = imp (framework maps)',
    'file_operations.open = opened',
  ]);
});

test('a table within another, by the struct of the file or of the kernel', () => {
  const found = operations(`
static struct sg_table *exp_map(struct dma_buf_attachment *at, enum dma_data_direction dir) { return at->priv; }
struct outer { int number; struct dma_buf_ops buf; };
static const struct outer mine = { .number = 1, .buf = { .map_dma_buf = exp_map } };
static const struct virtio_dma_buf_ops theirs = { .ops = { .map_dma_buf = exp_map } };
`);
  expect(found).toEqual([
    'dma_buf_ops.map_dma_buf = exp_map (callback maps)',
    'dma_buf_ops.map_dma_buf = exp_map (callback maps)',
  ]);
});

test('who makes the addresses of dma_map_sg() does not assume that they are contiguous', () => {
  const code = (table: string) => `
static int own_map(struct own *own, struct scatterlist *sgl, int n)
{
    if (!dma_map_sg(own->dev, sgl, n, DMA_TO_DEVICE))
        return 0;
    own->base = sg_dma_address(sgl);
    return n;
}
${table}`;
  const uses = (table: string) => facts(code(table)).functions[0]?.contiguity.firstAddressUses.length;
  expect(uses('')).toBe(1);
  expect(uses('static const struct dma_map_ops ops = { .map_sg = own_map };')).toBe(0);
});

test('no contract twice, and each in a sentence', () => {
  expect(new Set(CONTRACTS.map((one) => `${one.ops}.${one.field}`)).size).toBe(CONTRACTS.length);
  expect(CONTRACTS.filter((one) => !/^[A-Z].*\.$/.test(one.doc))).toEqual([]);
});
