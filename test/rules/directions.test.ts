/** Fixes of directions: automatic only where the rest of the function tells which one is wrong. */

import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';

const parser = await createParser();

/** Whether the fix of the only finding is automatic, and what its title says. */
function fixOf(text: string) {
  const { findings } = analyze(text, parser, {
    kernel: { major: 6, minor: 12 },
    rules: ['unmap-mismatch', 'sync-mismatch'],
  });
  expect(findings.map((one) => one.function)).toEqual(['dump']);
  const [fix] = findings[0]?.fixes ?? [];
  return { automatic: fix?.automatic, title: fix?.title };
}

const dump = (between: string, end: string) => `
int dump(struct port *port, void *data)
{
	dma_addr_t addr = dma_map_single(port->dev, data, SZ_4K, DMA_FROM_DEVICE);

	if (dma_mapping_error(port->dev, addr))
		return -ENOMEM;
	${between}
	parse(port, data);
	${end}
	return 0;
}
`;

describe('unmap-mismatch', () => {
  test('one release of two is the odd one out', () => {
    const text = dump(
      `if (port_dump(port, addr)) {
		dma_unmap_single(port->dev, addr, SZ_4K, DMA_TO_DEVICE);
		return -EIO;
	}`,
      'dma_unmap_single(port->dev, addr, SZ_4K, DMA_FROM_DEVICE);',
    );
    expect(fixOf(text)).toEqual({ automatic: true, title: "Use 'DMA_FROM_DEVICE'" });
  });

  test('where map and release differ, either may be wrong', () => {
    const text = dump('port_dump(port, addr);', 'dma_unmap_single(port->dev, addr, SZ_4K, DMA_TO_DEVICE);');
    expect(fixOf(text)).toEqual({
      automatic: false,
      title: "Use 'DMA_FROM_DEVICE'; which of the two is right is for you to say",
    });
  });
});

describe('sync-mismatch', () => {
  test('the sync may be what the code needs', () => {
    const text = dump(
      'dma_sync_single_for_cpu(port->dev, addr, SZ_4K, DMA_TO_DEVICE);',
      'dma_unmap_single(port->dev, addr, SZ_4K, DMA_FROM_DEVICE);',
    );
    expect(fixOf(text)).toEqual({
      automatic: false,
      title: "Use 'DMA_FROM_DEVICE'; whether the mapping has the right one is for you to say",
    });
  });
});

describe('what keeps an address goes by one name', () => {
  const found = (text: string) =>
    analyze(text, parser, { kernel: { major: 6, minor: 12 }, rules: ['unmap-mismatch'] }).findings.map(
      (one) => one.function,
    );
  const read = (address: string) => (address.startsWith('SKB') ? address : `le32_to_cpu(${address})`);
  const swap = (address: string, direction: string, name = 'swap', other = 'DMA_TO_DEVICE') => `
int ${name}(struct board *board, struct sk_buff *skb, struct entry *entry)
{
	dma_addr_t addr = dma_map_single(board->dev, skb->data, skb->len, ${other});

	if (dma_mapping_error(board->dev, addr))
		return -ENOMEM;
	dma_unmap_single(board->dev, ${read(address)}, entry->len, ${direction});
	${address} = ${address.startsWith('SKB') ? 'addr' : 'cpu_to_le32(addr)'};
	return 0;
}
`;
  const [MACRO, FIELD] = ['SKB_ADDR(skb)', 'entry->desc[entry->at].addr'];

  test.each([MACRO, FIELD])('%s: the other direction', (address) => {
    expect(found(swap(address, 'DMA_FROM_DEVICE'))).toEqual(['swap']);
  });
  test.each([MACRO, FIELD])('%s: the same direction', (address) => {
    expect(found(swap(address, 'DMA_TO_DEVICE'))).toEqual([]);
  });
  test('another function keeps what it maps the other way under that name', () => {
    const receive = swap(FIELD, 'DMA_FROM_DEVICE', 'receive', 'DMA_FROM_DEVICE');
    expect(found(swap(FIELD, 'DMA_FROM_DEVICE') + receive)).toEqual([]);
  });
  test('a function that maps nothing may release what another file maps', () => {
    const done = `
void done(struct board *board, struct entry *entry)
{
	dma_unmap_single(board->dev, ${read(FIELD)}, entry->len, DMA_FROM_DEVICE);
}
`;
    expect(found(swap(FIELD, 'DMA_TO_DEVICE') + done)).toEqual([]);
  });
});

describe('sizes that differ by a number', () => {
  const run = (size: string) => `
int run(struct port *port, void *data, size_t len)
{
	dma_addr_t addr = dma_map_single(port->dev, data, len, DMA_TO_DEVICE);

	if (dma_mapping_error(port->dev, addr))
		return -ENOMEM;
	port_run(port, addr);
	dma_unmap_single(port->dev, addr, ${size}, DMA_TO_DEVICE);
	return 0;
}
`;
  const rulesOf = (text: string) =>
    analyze(text, parser, { kernel: { major: 6, minor: 12 }, rules: ['unmap-mismatch'] }).findings.map(
      (one) => one.rule,
    );

  test('two bytes more', () => expect(rulesOf(run('len + 2'))).toEqual(['unmap-mismatch']));
  test('the same', () => expect(rulesOf(run('len'))).toEqual([]));
  test('rounded, who knows how', () => expect(rulesOf(run('ALIGN(len, 4)'))).toEqual([]));
});

describe('lists that another function unmaps', () => {
  const found = (text: string) =>
    analyze(text, parser, { kernel: { major: 6, minor: 12 }, rules: ['unmap-mismatch'] }).findings.map(
      (one) => one.message,
    );
  const engine = (map: string, unmap: string, rest = '') => `
int start(struct engine *engine, struct request *req)
{
	int n = dma_map_sg(engine->dev, req->src, req->src_n, DMA_TO_DEVICE);

	if (!n)
		return -EINVAL;
	${map}
	return run(engine, req);
}

void finish(struct engine *engine, struct request *req)
{
	dma_unmap_sg(engine->dev, req->src, req->src_n, DMA_TO_DEVICE);
	${unmap}
}
${rest}`;
  const MAP = 'dma_map_sg(engine->dev, req->dst, req->dst_n, DMA_FROM_DEVICE);';
  const UNMAP = 'dma_unmap_sg(engine->dev, req->dst, req->dst_n, DMA_TO_DEVICE);';

  test('in another direction', () =>
    expect(found(engine(MAP, UNMAP))).toEqual([
      "dma_unmap_sg() is given another direction than dma_map_sg() in start(), which has 'DMA_FROM_DEVICE'",
    ]));
  test('in the same one', () => expect(found(engine(MAP, UNMAP.replace('TO_', 'FROM_')))).toEqual([]));
  test('that is mapped in that direction too, somewhere', () => {
    const again =
      'int again(struct engine *engine, struct request *req)\n{\n\treturn dma_map_sg(engine->dev, req->dst, 1, DMA_TO_DEVICE);\n}';
    expect(found(engine(MAP, UNMAP, again))).toEqual([]);
  });
  test('that may be one which nobody can name', () => {
    const other =
      'int map(struct device *dev, struct scatterlist *list)\n{\n\treturn dma_map_sg(dev, list, 1, DMA_TO_DEVICE);\n}';
    expect(found(engine(MAP, UNMAP, other))).toEqual([]);
  });
  test('in a direction that is worked out', () =>
    expect(found(engine(MAP.replace('DMA_FROM_DEVICE', 'req->dir'), UNMAP))).toEqual([]));
});
