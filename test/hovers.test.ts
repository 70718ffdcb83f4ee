import { describe, expect, test } from 'vitest';
import { analyze } from '../server/lens';
import { hoverMarkdown, type MarkdownOptions } from '../server/render/markdown';
import { createParser } from '../server/syntax/parser';

const parser = await createParser();
const OPTIONS: MarkdownOptions = { images: false, theme: 'dark', rulePage: (rule) => `page/${rule}`, explorer: true };

const CAPTURE = `
static unsigned long contiguous_size(struct sg_table *sgt)
{
	dma_addr_t expected = sg_dma_address(sgt->sgl);
	unsigned long size = 0;
	struct scatterlist *s;
	int i;

	for_each_sgtable_dma_sg(sgt, s, i) {
		if (sg_dma_address(s) != expected)
			break;
		expected += sg_dma_len(s);
		size += sg_dma_len(s);
	}
	return size;
}

int pin(struct buffer *buf, struct page **pages, unsigned int count)
{
	struct sg_table *sgt = &buf->sgt;

	if (sg_alloc_table_from_pages(sgt, pages, count, buf->offset, buf->size, GFP_KERNEL))
		return -ENOMEM;
	if (dma_map_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0))
		return -EIO;
	if (contiguous_size(sgt) < buf->size) {
		dma_unmap_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0);
		return -EFAULT;
	}
	buf->base = sg_dma_address(sgt->sgl);
	return 0;
}

int walk(struct host *host, struct scatterlist *sgl, int entries)
{
	struct scatterlist *sg;
	int i, segments = dma_map_sg(host->dev, sgl, entries, DMA_TO_DEVICE);

	if (!segments)
		return -EIO;
	for_each_sg(sgl, sg, segments, i)
		add(host, sg_dma_address(sg), sg_dma_len(sg));
	return 0;
}
`;

function hoverOn(text: string, where: string, word: string, kernel = { major: 6, minor: 12 }) {
  const analysis = analyze(text, parser, { kernel });
  const line = text.indexOf(where);
  expect(line).toBeGreaterThan(0);
  return analysis.hoverAt(text.indexOf(word, line) + 1);
}

describe('how often it would fail', () => {
  const shares = (text: string) => {
    const hover = hoverOn(text, 'contiguous_size(sgt) < buf', 'buf->size');
    return /^\| platform .*$/m.exec(hover ? hoverMarkdown(hover, OPTIONS) : '')?.[0];
  };

  test('for buffers of several sizes', () => {
    expect(shares(CAPTURE)).toBe('| platform | verdict | smallest list | fails of 64 KiB | 1 MiB | 8 MiB |');
  });
});

describe('what is hovered over', () => {
  test.each([
    ['the test', 'contiguous_size(sgt) < buf', 'buf->size', 'pin()'],
    ['the map call', 'dma_map_sg(host', 'dma_map_sg', 'dma_map_sg()'],
    ['the helper', 'contiguous_size(sgt) < buf', 'contiguous_size', 'pin()'],
    ['an address', 'add(host', 'sg_dma_address', 'sg_dma_address()'],
    ['a length', 'add(host', 'sg_dma_len', 'sg_dma_len()'],
    ['the mapped count', 'for_each_sg(sgl', 'segments', 'segments'],
    ['the count before', 'dma_map_sg(host', 'entries', 'entries'],
  ])('%s', (_name, where, word, title) => {
    const hover = hoverOn(CAPTURE, where, word);
    expect(hover?.title).toBe(title);
    expect(hover?.replay?.platforms.length).toBeGreaterThan(3);
    expect(hover?.pictures.length).toBeGreaterThan(0);
  });

  test('nothing to say about other words', () => {
    expect(hoverOn(CAPTURE, 'int walk', 'host')).toBeUndefined();
    expect(hoverOn(CAPTURE, 'unsigned long size = 0', 'size')).toBeUndefined();
  });

  test('a count asks whether entries are merged, an address whether they are one range', () => {
    expect(hoverOn(CAPTURE, 'for_each_sg(sgl', 'segments')?.replay?.question.predicate.kind).toBe('same-count');
    expect(hoverOn(CAPTURE, 'add(host', 'sg_dma_address')?.replay?.question.predicate.kind).toBe('contiguous-size');
  });
});

describe('the list of 2015', () => {
  const hover = hoverOn(CAPTURE, 'contiguous_size(sgt) < buf', 'buf->size', { major: 4, minor: 4 });

  test('4.4 shows the smallest list, and the one of that discussion', async () => {
    const markdown = hover ? hoverMarkdown(hover, OPTIONS) : '';
    expect(markdown).toContain('becomes 4 KiB, hole of 4 KiB, 8 KiB');
    expect(markdown).toContain('becomes 64 KiB, 16 KiB, hole of 48 KiB, 64 KiB');
    expect(markdown).toContain('80 KiB in a row, 144 KiB needed');
    expect(markdown).toContain('48 KiB pad: the 64 KiB entry starts on a multiple of 64 KiB');
    expect(markdown).toContain('The driver then returns -EFAULT.');
    await expect(markdown).toMatchFileSnapshot('golden/layouts/hover-4.4.md');
  });

  test('the explorer opens with that very list', () => {
    const links = [
      ...hoverMarkdown(hover ?? never(), OPTIONS).matchAll(/command:dmaLens\.openLayoutExplorer\?([^)]+)\)/g),
    ];
    const requests = links.map((link) => JSON.parse(decodeURIComponent(link[1] ?? ''))[0]);
    expect(requests[1]).toMatchObject({
      kernel: '4.4',
      segments: '64K@0x80000000,16K@0x81000000,64K@0x82000000',
      need: 'contiguous-size',
    });
    expect(requests[1].platforms[0]).toBe('iommu-dma-4.4');
  });

  test('with pictures the whole hover stays far below what editors cut off', () => {
    for (const theme of ['light', 'dark', 'high-contrast'] as const) {
      const markdown = hoverMarkdown(hover ?? never(), { ...OPTIONS, images: true, theme });
      expect(markdown.length).toBeLessThan(40_000);
      expect(markdown.match(/!\[[^\]]+\]\(data:image\/svg\+xml;base64,/g)).toHaveLength(2);
    }
  });

  test('an editor without the explorer gets no link to it', () => {
    expect(hoverMarkdown(hover ?? never(), { ...OPTIONS, explorer: false })).not.toContain('command:');
  });
});

test('names from the file are escaped', () => {
  const evil = CAPTURE.replaceAll('buf->size', 'buf->__size__');
  const hover = hoverOn(evil, 'contiguous_size(sgt) < buf', 'buf->');
  expect(hoverMarkdown(hover ?? never(), OPTIONS)).toContain('\\_\\_size\\_\\_');
});

function never(): never {
  throw new Error('there is no hover');
}
