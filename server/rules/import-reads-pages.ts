import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { Problem } from '../types';
import type { Rule } from './rule';

export const importReadsPages: Rule = {
  id: 'import-reads-pages',
  title: 'The importer of a dma-buf looks at its pages',
  severity: 'error',
  why: `The table that dma_buf_map_attachment() returns is there for its DMA side alone. The buffer may have no pages at all,
as with memory of another device, or pages that nobody may touch; CONFIG_DMABUF_DEBUG scrambles them to show that.`,
  bad: `
int import(struct host *host, struct dma_buf_attachment *attach)
{
    struct sg_table *sgt = dma_buf_map_attachment(attach, DMA_BIDIRECTIONAL);

    if (IS_ERR(sgt))
        return PTR_ERR(sgt);
    host->vaddr = sg_virt(sgt->sgl);
    //            ^^^^^^^^^^^^^^^^^ error: sg_virt() reads the pages of a table that dma_buf_map_attachment() returned; an importer may use its DMA side only
    return program(host, sgt);
}`,
  good: `
int import(struct host *host, struct dma_buf_attachment *attach)
{
    struct sg_table *sgt = dma_buf_map_attachment(attach, DMA_BIDIRECTIONAL);

    if (IS_ERR(sgt))
        return PTR_ERR(sgt);
    if (dma_buf_vmap(attach->dmabuf, &host->map))
        return -ENOMEM;
    return program(host, sgt);
}`,
  fix: 'None is offered: dma_buf_vmap() gives the CPU an address, dma_buf_mmap() gives user space one.',
  silent: 'Exporters, which made the table; a table that another function asked for.',
  reference:
    'Documentation/driver-api/dma-buf.rst and drivers/dma-buf/dma-buf.c, dma_buf_map_attachment(): importers must not use the struct pages behind the table.',

  *check(fn: FunctionFacts, _file: FileFacts): Iterable<Problem> {
    for (const { import: from, span, by } of fn.importReads) {
      const name = from.call.name ?? 'the import';
      yield {
        span,
        message: `${by} reads the pages of a table that ${name}() returned; an importer may use its DMA side only`,
        related: [{ span: from.call.span, message: 'the table comes from here' }],
      };
    }
  },
};
