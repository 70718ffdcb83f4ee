/** Scan results of texts, without files. */

import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';
import { addStats, NO_STATS, type ScanResult } from '../../server/workspace/scan';

const parser = await createParser();

/** What a scan of these files finds, for Linux 6.12. */
export function scanTexts(texts: Readonly<Record<string, string>>, failed: ScanResult['failed'] = []): ScanResult {
  let stats = NO_STATS;
  const files = Object.entries(texts).map(([file, text]) => {
    const analysis = analyze(text, parser, { kernel: { major: 6, minor: 12 } });
    stats = addStats(stats, analysis.stats);
    return { file, text, findings: analysis.findings };
  });
  const found = files.filter((one) => 0 < one.findings.length);
  return { seen: files.length, analyzed: files.length, failed, files: found, stats };
}

/** Unmaps with the mapped count, in line 6 from column 26 on; has an automatic fix and a related place. */
export const WRONG_COUNT = `void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
	int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

	if (mapped)
		dma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);
}
`;

/** Takes the first address of a table for the whole buffer; has a replay. */
export const FIRST_ADDRESS = `int start(struct unit *unit, struct sg_table *sgt)
{
	if (dma_map_sgtable(unit->dev, sgt, DMA_TO_DEVICE, 0))
		return -EIO;
	unit->base = sg_dma_address(sgt->sgl);
	return 0;
}
`;
