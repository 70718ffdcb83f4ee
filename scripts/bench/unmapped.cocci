// A list is unmapped with the count that mapping it gave back.

@unmapped exists@
expression count;
expression device, list, entries, direction;
@@

  count = dma_map_sg(device, list, entries, direction);
  ... when != count = entries
* dma_unmap_sg(device, list, count, direction);

@declared exists@
type T;
identifier count;
expression device, list, entries, direction;
@@

  T count = dma_map_sg(device, list, entries, direction);
  ... when != count = entries
* dma_unmap_sg(device, list, count, direction);
