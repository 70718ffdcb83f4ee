import { expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';

const parser = await createParser();

test('a function with thousands of mappings is given up, and said to be', () => {
  const maps = '    addr = dma_map_single(dev, buf, len, DMA_TO_DEVICE);\n'.repeat(5000);
  const messages: string[] = [];
  const { findings } = analyze(`void f(struct device *dev, void *buf)\n{\n${maps}}\n`, parser, {
    kernel: { major: 6, minor: 12 },
    log: (message) => messages.push(message),
  });
  expect(findings).toEqual([]);
  expect(messages).toEqual(['f() is too large to follow: nothing is said about it']);
});

test('tens of thousands of writes through a macro are read once, not once for each other', () => {
  const writes = '    BUF_ADDR(buf) = 0;\n'.repeat(60_000);
  const text = `
int fill(struct device *dev, struct scatterlist *sgl, struct buf *buf)
{
${writes}    dma_map_sg(dev, sgl, 4, DMA_TO_DEVICE);
    return 0;
}`;
  expect(analyze(text, parser, { kernel: { major: 6, minor: 12 } }).findings.map((one) => one.rule)).toEqual([
    'map-result-unchecked',
  ]);
});
