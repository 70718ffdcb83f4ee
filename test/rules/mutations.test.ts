/**
 * Functions that are right, broken in one step each: the break is found, under the right name, and where it was made.
 * The originals are silent, which `drivers.test.ts` checks.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';

const parser = await createParser();

interface Mutation {
  readonly name: string;
  /** What stands in the right function, and what is put in its place. */
  readonly from: string;
  readonly to: string;
  /** The rule that finds it. */
  readonly finds: string;
}

const UNCHECKED = 'mapping-error-unchecked';
const MISREAD = 'mapping-error-misread';

const RING: Readonly<Record<string, readonly Mutation[]>> = {
  pond_xmit: [
    {
      name: 'the head is not tested',
      from: `	if (dma_mapping_error(pond->dev, slot->dma))
		goto drop;
`,
      to: '',
      finds: UNCHECKED,
    },
    {
      name: 'the fragments are not tested',
      from: `		if (dma_mapping_error(pond->dev, slot->dma))
			goto unwind;
`,
      to: '',
      finds: UNCHECKED,
    },
    {
      name: 'a fragment is compared with 0',
      from: `		if (dma_mapping_error(pond->dev, slot->dma))
			goto unwind;`,
      to: `		if (!slot->dma)
			goto unwind;`,
      finds: MISREAD,
    },
    { name: 'a fragment that fails does not unwind', from: 'goto unwind;', to: 'goto drop;', finds: 'mapping-leak' },
  ],
  pond_send_two_right: [
    {
      name: 'the first stays mapped when the second fails',
      from: `		dma_unmap_single(pond->dev, first, 64, DMA_TO_DEVICE);
		return;`,
      to: '		return;',
      finds: 'mapping-leak',
    },
    {
      name: 'the first is released twice',
      from: `		dma_unmap_single(pond->dev, first, 64, DMA_TO_DEVICE);
		return;`,
      to: `		dma_unmap_single(pond->dev, first, 64, DMA_TO_DEVICE);
		dma_unmap_single(pond->dev, first, 64, DMA_TO_DEVICE);
		return;`,
      finds: 'double-unmap',
    },
    {
      name: 'released with another size',
      from: `	dma_unmap_single(pond->dev, first, 64, DMA_TO_DEVICE);
}`,
      to: `	dma_unmap_single(pond->dev, first, 128, DMA_TO_DEVICE);
}`,
      finds: 'unmap-mismatch',
    },
    {
      name: 'released in the other direction',
      from: `	dma_unmap_single(pond->dev, second, len, DMA_TO_DEVICE);`,
      to: `	dma_unmap_single(pond->dev, second, len, DMA_FROM_DEVICE);`,
      finds: 'unmap-mismatch',
    },
    {
      name: 'released by its memory',
      from: `	dma_unmap_single(pond->dev, second, len, DMA_TO_DEVICE);`,
      to: `	dma_unmap_single(pond->dev, body, len, DMA_TO_DEVICE);`,
      finds: 'unmap-mismatch',
    },
  ],
  pond_refill: [
    {
      name: 'not tested',
      from: `		if (dma_mapping_error(pond->dev, slot->dma)) {
			dev_kfree_skb_any(skb);
			break;
		}
`,
      to: '',
      finds: UNCHECKED,
    },
    { name: 'compared with 0', from: 'dma_mapping_error(pond->dev, slot->dma)', to: 'slot->dma == 0', finds: MISREAD },
  ],
  pond_rx: [
    {
      name: 'released in the other direction, far from the mapping',
      from: 'DMA_FROM_DEVICE',
      to: 'DMA_TO_DEVICE',
      finds: 'unmap-mismatch',
    },
  ],
};

const HOSTS: Readonly<Record<string, readonly Mutation[]>> = {
  brook_mmc_prepare: [
    {
      name: 'not tested',
      from: `	if (!count)
		return -ENOMEM;
`,
      to: '',
      finds: 'map-result-unchecked',
    },
    { name: 'tested for a negative count', from: 'if (!count)', to: 'if (count < 0)', finds: 'map-result-misread' },
    { name: 'success is taken for failure', from: 'if (!count)', to: 'if (count)', finds: 'map-result-misread' },
    {
      name: 'the engine refuses, and the list stays mapped',
      from: '		dma_unmap_sg(host->chan->device->dev, data->sg, data->sg_len, dir);\n',
      to: '',
      finds: 'mapping-leak',
    },
  ],
  brook_cipher: [
    {
      name: 'the source stays mapped',
      from: '			goto unmap_src;',
      to: '			return -ENOMEM;',
      finds: 'mapping-leak',
    },
    {
      name: 'the destination is not tested',
      from: `		if (!dma_map_sg(host->dev, req->dst, dst_n, DMA_FROM_DEVICE))
			goto unmap_src;`,
      to: '		dma_map_sg(host->dev, req->dst, dst_n, DMA_FROM_DEVICE);',
      finds: 'map-result-unchecked',
    },
  ],
  brook_key: [
    { name: 'the key stays mapped', from: '		goto unmap_key;', to: '		return ret;', finds: 'mapping-leak' },
    {
      name: 'the key is released with the size of the other',
      from: 'host->key_dma, keylen, DMA_TO_DEVICE);\n	return ret;',
      to: 'host->key_dma, 16, DMA_TO_DEVICE);\n	dma_unmap_single(host->dev, host->key_dma, keylen, DMA_TO_DEVICE);\n	return ret;',
      finds: 'double-unmap',
    },
    {
      name: 'success is taken for failure',
      from: 'if (dma_mapping_error(host->dev, host->key_dma))',
      to: 'if (!dma_mapping_error(host->dev, host->key_dma))',
      finds: MISREAD,
    },
  ],
  brook_nand_read: [
    {
      name: 'a timeout loses the mapping',
      from: '	ret = wait_for_completion_timeout(&host->done, HZ) ? 0 : -ETIMEDOUT;',
      to: '	ret = 0;\n	if (!wait_for_completion_timeout(&host->done, HZ))\n		return -ETIMEDOUT;',
      finds: 'mapping-leak',
    },
    {
      name: 'the test is of something else',
      from: 'dma_mapping_error(host->dev, dma)',
      to: 'dma_mapping_error(host->dev, host->buf_dma)',
      finds: UNCHECKED,
    },
    {
      name: 'the memory is on the stack',
      from: '	dma = dma_map_single(host->dev, buf, len, DMA_FROM_DEVICE);',
      to: '	u8 local[64];\n\n	dma = dma_map_single(host->dev, local, len, DMA_FROM_DEVICE);',
      finds: 'stack-buffer',
    },
    {
      name: 'the memory is from vmalloc()',
      from: '	dma = dma_map_single(host->dev, buf, len, DMA_FROM_DEVICE);',
      to: '	void *big = vmalloc(len);\n\n	dma = dma_map_single(host->dev, big, len, DMA_FROM_DEVICE);',
      finds: 'vmalloc-buffer',
    },
  ],
  brook_status_right: [
    {
      name: 'read before the release',
      from: `	dma_unmap_single(host->dev, dma, sizeof(*reply), DMA_FROM_DEVICE);
	ret = reply->status;`,
      to: `	ret = reply->status;
	dma_unmap_single(host->dev, dma, sizeof(*reply), DMA_FROM_DEVICE);`,
      finds: 'cpu-access-while-mapped',
    },
    {
      name: 'freed while mapped',
      from: `	dma_unmap_single(host->dev, dma, sizeof(*reply), DMA_FROM_DEVICE);
	ret`,
      to: '	ret',
      finds: 'mapping-leak',
    },
    {
      name: 'synced in the other direction',
      from: '	brook_run(host);\n	dma_unmap',
      to: '	brook_run(host);\n	dma_sync_single_for_cpu(host->dev, dma, sizeof(*reply), DMA_TO_DEVICE);\n	dma_unmap',
      finds: 'sync-mismatch',
    },
    {
      name: 'synced after the release',
      from: '	ret = reply->status;',
      to: '	dma_sync_single_for_cpu(host->dev, dma, sizeof(*reply), DMA_FROM_DEVICE);\n	ret = reply->status;',
      finds: 'sync-mismatch',
    },
  ],
  brook_send_copy_right: [
    {
      name: 'filled after the mapping',
      from: '	ret = brook_run(host);',
      to: '	memcpy(host->buf, src, len);\n	ret = brook_run(host);',
      finds: 'cpu-access-while-mapped',
    },
    {
      name: 'filled byte by byte after the mapping',
      from: '	ret = brook_run(host);',
      to: '	*(u8 *)host->buf = 1;\n	ret = brook_run(host);',
      finds: 'cpu-access-while-mapped',
    },
  ],
  brook_map_dma_buf_right: [
    {
      name: 'dma_map_sgtable() read the other way round',
      from: 'if (dma_map_sgtable(',
      to: 'if (!dma_map_sgtable(',
      finds: 'map-result-misread',
    },
  ],
  brook_scsi_queue_right: [
    { name: 'only zero is tested', from: 'if (n < 0)', to: 'if (!n)', finds: 'map-result-unchecked' },
  ],
  brook_rings_right: [
    { name: 'the wrong label', from: '		goto free_tx;', to: '		goto free_rx;', finds: 'mapping-leak' },
  ],
};

describe.each([
  ['net-ring.c', RING],
  ['hosts.c', HOSTS],
] as const)('%s', (file, mutations) => {
  const text = readFileSync(join(import.meta.dirname, '../fixtures/api', file), 'utf8');

  describe.each(Object.entries(mutations))('%s()', (name, list) => {
    const body = functionText(text, name);

    test.each(list)('$name', ({ from, to, finds }) => {
      expect(body, 'the text to break stands in the function').toContain(from);
      const broken = text.replace(body, () => body.replace(from, () => to));
      const found = analyze(broken, parser, { kernel: { major: 6, minor: 12 } }).findings;
      expect(found.filter((one) => one.function === name).map((one) => one.rule)).toContain(finds);
    });
  });
});

/** From the line with the function's name to its closing brace. */
function functionText(text: string, name: string): string {
  const start = text.search(new RegExp(`^[^\\n]*\\b${name}\\(`, 'm'));
  return text.slice(start, text.indexOf('\n}', start) + 2);
}
