/** Right functions, each broken in one step: the mutant must be caught by the right rule, in its own function. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countProblems } from '../support/countRules';

interface Mutation {
  readonly file: string;
  readonly function: string;
  /** What is replaced, where it first occurs in the function. */
  readonly from: string;
  readonly to: string;
  readonly rules: readonly string[];
}

const unmap = ['unmap-with-mapped-count'];
const walk = ['original-count-walks-dma'];
const length = ['cpu-length-for-device'];
const assumed = ['contiguity-assumed'];

const MUTATIONS: readonly Mutation[] = [
  // The count of a release
  {
    file: 'releases-right.c',
    function: 'blk_send',
    from: 'sg, nents, DMA_TO_DEVICE);\n\t\treturn',
    to: 'sg, mapped, DMA_TO_DEVICE);\n\t\treturn',
    rules: unmap,
  },
  {
    file: 'releases-right.c',
    function: 'ce_prepare',
    from: 'areq->src, ns, DMA_TO_DEVICE);\n\t\treturn',
    to: 'areq->src, nr_sgs, DMA_TO_DEVICE);\n\t\treturn',
    rules: unmap,
  },
  { file: 'releases-right.c', function: 'udc_unmap', from: 'req->num_sgs', to: 'req->num_mapped_sgs', rules: unmap },
  { file: 'releases-right.c', function: 'export_unmap', from: 'sgt->orig_nents', to: 'sgt->nents', rules: [] },
  { file: 'releases-right.c', function: 'aes_unmap', from: 'dd->dst.nents', to: 'dd->dst.sg_len', rules: unmap },
  { file: 'releases-right.c', function: 'aes_unmap', from: 'dd->src.nents', to: 'dd->src.sg_len', rules: unmap },
  { file: 'releases-right.c', function: 'icm_free', from: 'chunk->npages', to: 'chunk->nsg', rules: unmap },
  { file: 'releases-right.c', function: 'ata_like_clean', from: 'qc->orig_n_elem', to: 'qc->n_elem', rules: unmap },
  {
    file: 'releases-right.c',
    function: 'pl_map',
    from: 'pl->sgt_tx.nents, DMA_TO_DEVICE);\n\t\treturn',
    to: 'tx, DMA_TO_DEVICE);\n\t\treturn',
    rules: unmap,
  },
  // The count of a walk or of an engine
  { file: 'walks-right.c', function: 'ring_fill', from: 'sg, n, i', to: 'sg, nents, i', rules: walk },
  { file: 'walks-right.c', function: 'ring_fill_index', from: 'i < n;', to: 'i < nents;', rules: walk },
  { file: 'walks-right.c', function: 'send_bytes', from: '\t\tif (!queued)\n\t\t\tbreak;\n', to: '', rules: walk },
  {
    file: 'walks-right.c',
    function: 'stop_at_empty',
    from: '\t\tif (sg_dma_len(sg) == 0)\n\t\t\tbreak;\n',
    to: '',
    rules: walk,
  },
  { file: 'walks-right.c', function: 'same_or_other_way', from: 'n != nents', to: 'n == 0', rules: walk },
  {
    file: 'walks-right.c',
    function: 'uart_tx',
    from: 'sgl, ret, DMA_MEM',
    to: 'sgl, sport->dma_tx_nents, DMA_MEM',
    rules: walk,
  },
  {
    file: 'walks-right.c',
    function: 'fpga_write',
    from: 'for_each_sgtable_dma_sg',
    to: 'for_each_sgtable_sg',
    rules: walk,
  },
  { file: 'frameworks-right.c', function: 'gx_chain', from: 'data->sg_count', to: 'data->sg_len', rules: walk },
  { file: 'frameworks-right.c', function: 'ata_fill', from: 'qc->n_elem', to: 'qc->orig_n_elem', rules: walk },
  {
    file: 'walks-right.c',
    function: 'cpu_copy',
    from: 'sg, nents, i',
    to: 'sg, n, i',
    rules: ['mapped-count-walks-cpu'],
  },
  // Lengths, offsets and addresses
  {
    file: 'walks-right.c',
    function: 'ring_fill',
    from: 'cpu_to_le32(sg_dma_len(sg))',
    to: 'cpu_to_le32(sg->length)',
    rules: length,
  },
  {
    file: 'frameworks-right.c',
    function: 'ata_fill',
    from: 'cpu_to_le32(sg_dma_len(sg))',
    to: 'cpu_to_le32(sg->length)',
    rules: length,
  },
  { file: 'frameworks-right.c', function: 'gx_chain', from: '= sg_dma_len(sg)', to: '= sg->length', rules: length },
  {
    file: 'fields-right.c',
    function: 'des_index',
    from: 'sg_dma_len(&data->sg[i])',
    to: 'data->sg[i].length',
    rules: length,
  },
  {
    file: 'fields-right.c',
    function: 'offset_of_address',
    from: 'offset_in_page(sg_dma_address(sg))',
    to: 'sg_dma_address(sg) + sg->offset',
    rules: ['cpu-offset-for-device'],
  },
  {
    file: 'walks-right.c',
    function: 'ring_fill',
    from: 'cpu_to_le64(sg_dma_address(sg))',
    to: 'cpu_to_le64(sg_phys(sg))',
    rules: ['cpu-address-for-device'],
  },
  // Tables
  {
    file: 'tables-right.c',
    function: 'vbq_map',
    from: 'sgt->nents = dma_map_sg(db_attach->dev, sgt->sgl, sgt->orig_nents, dir);\n\tif (!sgt->nents)',
    to: 'if (!dma_map_sg(db_attach->dev, sgt->sgl, sgt->orig_nents, dir))',
    rules: ['mapped-count-dropped'],
  },
  { file: 'tables-right.c', function: 'kept', from: '\tsgt->nents = n;\n', to: '', rules: ['mapped-count-dropped'] },
  {
    file: 'tables-right.c',
    function: 'pio_if_merged',
    from: 'return host_pio(host, data)',
    to: 'return -EINVAL',
    rules: ['same-count-required'],
  },
  // Contiguity
  {
    file: 'contiguity-right.c',
    function: 'size_checked_import',
    from: '\tif (drm_prime_get_contiguous_size(sgt) < attach->dmabuf->size)\n\t\treturn ERR_PTR(-EINVAL);\n',
    to: '',
    rules: assumed,
  },
  {
    file: 'contiguity-right.c',
    function: 'noncontig',
    from: 'buf->sgt = dma_alloc_noncontiguous(buf->dev, buf->size, buf->dir, GFP_KERNEL, 0);\n\tif (!buf->sgt)',
    to: 'if (dma_map_sgtable(buf->dev, buf->sgt, buf->dir, 0))',
    rules: assumed,
  },
  { file: 'contiguity-right.c', function: 'caam_like', from: 'mapped > 1', to: 'caam->has_tables', rules: assumed },
  {
    file: 'contiguity-right.c',
    function: 'copy_if_scattered',
    from: 'return eng_copy(eng, sgt, size)',
    to: 'dev_warn(eng->dev, "scattered")',
    rules: assumed,
  },
  {
    file: 'contiguity-right.c',
    function: 'domain_map_table',
    from: 'return iommu_map_sgtable(gpu->domain, gpu->iova, sgt, IOMMU_READ) ? 0 : -ENOMEM',
    to: 'return 0',
    rules: assumed,
  },
  // Limits
  { file: 'limits-right.c', function: 'big_limit', from: 'SZ_64K', to: 'SZ_4K', rules: ['segment-limit-undeclared'] },
  { file: 'limits-declared.c', function: 'fill', from: '', to: '', rules: [] },
];

describe('right functions broken in one step', () => {
  test.each(MUTATIONS)('$function: $from -> $to', ({ file, function: name, from, to, rules }) => {
    const text = readFileSync(join(__dirname, '../fixtures/counts', file), 'utf8');
    const start = text.search(new RegExp(`^\\w[^\\n;]*\\b${name}\\(`, 'm'));
    const at = text.indexOf(from, start);
    expect(start, name).toBeGreaterThanOrEqual(0);
    expect(at, from).toBeGreaterThanOrEqual(start);
    const mutant = text.slice(0, at) + to + text.slice(at + from.length);
    const found = countProblems(mutant).filter((one) => one.function === name);
    expect(found.map((one) => one.rule)).toEqual(rules);
  });
});
