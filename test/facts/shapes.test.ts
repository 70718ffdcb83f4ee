import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';

const parser = await createParser();

/** The question behind the finding of a function that takes the first address of a list it has built and mapped. */
function questionOf(build: string, list = 'sgt->sgl', before = '') {
  const map = list.endsWith('->sgl')
    ? `dma_map_sgtable(a->dev, ${list.slice(0, -5)}, DMA_TO_DEVICE, 0)`
    : `!dma_map_sg(a->dev, ${list}, a->entries, DMA_TO_DEVICE)`;
  const text = `${before}
int start(struct accel *a, struct sg_table *sgt, struct page **pages, struct mmc_data *data, struct aead_request *req)
{
	struct scatterlist *sg;
	int i;

	${build}
	if (${map})
		return -EIO;
	a->base = sg_dma_address(${list});
	return 0;
}
`;
  const { findings } = analyze(text, parser, { kernel: { major: 6, minor: 12 } });
  return findings.find((one) => one.rule === 'contiguity-assumed')?.replay?.question;
}

const shapeOf = (build: string, list?: string, before?: string) => questionOf(build, list, before)?.shape;

describe('tables from pages', () => {
  test('offset and size', () => {
    expect(shapeOf('sg_alloc_table_from_pages(sgt, pages, a->n, 0, a->size, GFP_KERNEL);')).toEqual({
      origin: 'a table built from pages',
      kind: 'pages',
      firstOffset: 'zero',
    });
    expect(shapeOf('sg_alloc_table_from_pages(sgt, pages, a->n, a->offset, SZ_64K, GFP_KERNEL);')).toMatchObject({
      firstOffset: 'any',
      maxBytes: 65536,
    });
  });

  test('a longest entry', () => {
    const build = 'sg_alloc_table_from_pages_segment(sgt, pages, a->n, 0, a->size, SZ_1M, GFP_KERNEL);';
    expect(shapeOf(build)).toMatchObject({ kind: 'pages', maxEntryBytes: 1 << 20 });
  });
});

describe('tables that the driver fills', () => {
  const loop = (set: string, count = 'a->n') => `
	sg_alloc_table(sgt, ${count}, GFP_KERNEL);
	for_each_sgtable_sg(sgt, sg, i)
		${set}`;

  test('page by page', () => {
    expect(shapeOf(loop('sg_set_page(sg, pages[i], PAGE_SIZE, 0);'))).toEqual({
      origin: 'a table that the driver fills',
      kind: 'pages',
      firstOffset: 'zero',
      entryBytes: 4096,
    });
  });

  test('a known number of entries of any length', () => {
    expect(shapeOf(loop('sg_set_page(sg, pages[i], a->len[i], 0);', '3'))).toMatchObject({
      firstOffset: 'zero',
      maxEntries: 3,
    });
    expect(shapeOf(loop('sg_set_page(sg, pages[i], a->len[i], a->off[i]);'))).toMatchObject({ firstOffset: 'any' });
  });
});

describe('lists of requests', () => {
  test('the MMC core keeps within what the host says', () => {
    const host = 'void probe(struct mmc_host *mmc)\n{\n\tmmc->max_segs = 16;\n\tmmc->max_seg_size = 8192;\n}\n';
    const question = questionOf('', 'data->sg', host);
    expect(question?.shape).toMatchObject({ kind: 'any', isLimitedByHost: true });
    expect(question?.device.host).toEqual({ maxEntries: 16, maxEntryBytes: 8192 });
  });

  test('a crypto request has no such limits', () => {
    expect(shapeOf('', 'req->src')).toEqual({ origin: 'a crypto request', kind: 'any', firstOffset: 'any' });
  });

  test('a list of the block layer', () => {
    const build = 'a->entries = blk_rq_map_sg(a->queue, a->rq, a->sgl);';
    expect(shapeOf(build, 'a->sgl')).toMatchObject({ origin: 'a request of the block layer', maxEntryBytes: 65536 });
  });
});

describe('device limits', () => {
  const deviceOf = (body: string) =>
    questionOf('', 'sgt->sgl', `int probe(struct device *dev)\n{\n${body}\n\treturn 0;\n}\n`)?.device;

  test('segment size, boundary and mask', () => {
    const body = `	dma_set_max_seg_size(dev, SZ_1M);
	dma_set_seg_boundary(dev, 0xffff);
	dma_set_mask_and_coherent(dev, DMA_BIT_MASK(36));`;
    expect(deviceOf(body)).toEqual({ maxSegmentSize: 1 << 20, segmentBoundary: 0xffffn, dmaMask: (1n << 36n) - 1n });
  });

  test('of two masks the larger; of two segment sizes none', () => {
    const body = `	if (dma_set_mask(dev, DMA_BIT_MASK(64)))
		dma_set_mask(dev, DMA_BIT_MASK(32));
	dma_set_max_seg_size(dev, SZ_1M);
	dma_set_max_seg_size(dev, SZ_4K);`;
    expect(deviceOf(body)).toEqual({ dmaMask: (1n << 64n) - 1n });
  });

  test('a SCSI template', () => {
    const before =
      'static struct scsi_host_template sht = { .sg_tablesize = 8, .dma_boundary = 0xffff, .max_segment_size = 4096 };\n';
    expect(questionOf('', 'sgt->sgl', before)?.device).toEqual({
      segmentBoundary: 0xffffn,
      host: { maxEntries: 8, maxEntryBytes: 4096 },
    });
  });
});
