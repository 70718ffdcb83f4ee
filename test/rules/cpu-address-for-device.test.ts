import { describe, test } from 'vitest';
import { cpuAddressForDevice } from '../../server/rules/cpu-address-for-device';
import { check } from '../support/check';

describe('cpu-address-for-device', () => {
  const rules = [cpuAddressForDevice];

  test('only where both addresses are the same', () =>
    check(
      rules,
      `
int add_table(struct walker *walker, u32 *entry, u32 *table)
{
    dma_addr_t dma = dma_map_single(walker->dev, table, SZ_1K, DMA_TO_DEVICE);

    if (dma_mapping_error(walker->dev, dma))
        return -ENOMEM;
    if (WARN_ON(dma != virt_to_phys(table))) {
        dma_unmap_single(walker->dev, dma, SZ_1K, DMA_TO_DEVICE);
        return -ENOMEM;
    }
    *entry = virt_to_phys(table) | VALID;
    return 0;
}`,
    ));

  test('kept through a pointer of the caller', () =>
    check(
      rules,
      `
u32 *add_table(struct walker *walker, u32 *entry, dma_addr_t *dma)
{
    u32 *table = walker_alloc(walker);

    *dma = dma_map_single(walker->dev, table, SZ_1K, DMA_TO_DEVICE);
    if (dma_mapping_error(walker->dev, *dma)) {
        dev_err(walker->dev, "no table");
        return ERR_PTR(-ENOMEM);
    }
    if (WARN_ON(*dma != virt_to_phys(table))) {
        dma_unmap_single(walker->dev, *dma, SZ_1K, DMA_TO_DEVICE);
        return ERR_PTR(-ENOMEM);
    }
    *entry = virt_to_phys(table) | VALID;
    return table;
}`,
    ));

  test('nobody compares the two', () =>
    check(
      rules,
      `
int add_table(struct walker *walker, u32 *entry, u32 *table)
{
    dma_addr_t dma = dma_map_single(walker->dev, table, SZ_1K, DMA_TO_DEVICE);

    if (dma_mapping_error(walker->dev, dma))
        return -ENOMEM;
    *entry = virt_to_phys(table) | VALID;
 // ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error: virt_to_phys() is given to the device, but the memory is mapped: it needs the address that the mapping returned
    return 0;
}`,
    ));
});
