// A list is mapped, and nobody looks at the count that comes back.

@unchecked exists@
expression count;
expression device, list, entries, direction;
statement yes, no;
@@

* count = dma_map_sg(device, list, entries, direction);
  ... when != if (<+... count ...+>) yes else no
      when != while (<+... count ...+>) yes
      when != return <+... count ...+>;

@declared exists@
type T;
identifier count;
expression device, list, entries, direction;
statement yes, no;
@@

* T count = dma_map_sg(device, list, entries, direction);
  ... when != if (<+... count ...+>) yes else no
      when != while (<+... count ...+>) yes
      when != return <+... count ...+>;

@dropped@
expression device, list, entries, direction;
@@

* dma_map_sg(device, list, entries, direction);
