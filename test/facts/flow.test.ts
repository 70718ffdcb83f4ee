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
