// SPDX-License-Identifier: MIT
/*
 * A sample driver with three mistakes. DMA Lens marks each of them:
 * - put the pointer on a marked place to read why, and to see the layout that breaks it;
 * - use the light bulb, or Ctrl+., to mend what can be mended mechanically.
 */

#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

struct sample {
	struct device *dev;
	void __iomem *regs;
	struct scatterlist *sgl;
	int nents;
};

/* The device is given one address and one length: right only where the mapping is one contiguous range. */
static int sample_start(struct sample *sample, struct sg_table *sgt, size_t size)
{
	if (dma_map_sgtable(sample->dev, sgt, DMA_TO_DEVICE, 0))
		return -EIO;

	writel(lower_32_bits(sg_dma_address(sgt->sgl)), sample->regs);
	writel(size, sample->regs + 8);
	return 0;
}

/* The list is released with the count of segments, not with the count that it was mapped with. */
static int sample_copy(struct sample *sample)
{
	int mapped = dma_map_sg(sample->dev, sample->sgl, sample->nents, DMA_FROM_DEVICE);

	if (!mapped)
		return -EIO;
	sample_run(sample, mapped);
	dma_unmap_sg(sample->dev, sample->sgl, mapped, DMA_FROM_DEVICE);
	return 0;
}

/* Nobody asks whether the address is one. */
static void sample_ring(struct sample *sample, void *buffer, size_t size)
{
	dma_addr_t address = dma_map_single(sample->dev, buffer, size, DMA_TO_DEVICE);

	writel(lower_32_bits(address), sample->regs + 16);
}
