/** Structs in which a framework hands a mapped buffer on: its first address, and how many segments there are. */

import type { Flow } from './flow';
import type { ListFacts } from './tables';
import type { Value } from './values';

/** include/linux/host1x.h: `phys` is the first address, `chunks` the mapped count. */
const PINNED = { struct: 'host1x_bo_mapping', count: 'chunks' } as const;

/** The buffer of which `value` is the mapped count. */
export function pinnedBuffer(flow: Flow, value: Value): ListFacts | undefined {
  const base = value.kind === 'initial' ? new RegExp(`^(.*)->${PINNED.count}$`).exec(value.place)?.[1] : undefined;
  if (base === undefined || !isPinned(flow, base)) return undefined;
  const place = `${base}->sgt->sgl`;
  return {
    key: place,
    head: { kind: 'initial', key: place, place },
    table: `${base}->sgt`,
    map: undefined,
    nameSpan: undefined,
    isObtainedHere: true,
    isTypedTable: false,
    isOneEntry: false,
    isContiguous: false,
    shape: { origin: 'a table that a framework mapped', kind: 'pages', firstOffset: 'zero' },
  };
}

function isPinned(flow: Flow, base: string): boolean {
  const isTyped = (name: string) =>
    [...flow.ir.params, ...flow.ir.locals].some(
      (one) => one.name === name && one.type.includes(PINNED.struct) && one.pointers === 1,
    );
  return (
    isTyped(base) ||
    flow.stores.some(({ target, value }) => target.kind === 'name' && value.key === base && isTyped(target.name))
  );
}
