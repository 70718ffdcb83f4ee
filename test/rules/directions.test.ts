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
