/** The list as a bar of entries that can be dragged and typed at, and as a table. */

import { shortSize } from '../../server/render/explorerLink';
import { sizeText } from '../../server/sim/layout';
import { parseSize } from '../../server/sim/simulate';
import { button, element, field } from './dom';
import type { Action, Entry, ExplorerState } from './state';

type Dispatch = (action: Action) => void;
const PAGE = 4096;
const STRIDE = 16;

/** Entries side by side: drag the right edge to change a length, the entry to move it; or use the arrow keys. */
export function entryBar(state: ExplorerState, dispatch: Dispatch): HTMLElement {
  const bar = element('div', { class: 'bar', role: 'group', 'aria-label': 'Entries of the list' });
  state.entries.forEach((entry, index) => {
    bar.append(entryBox(state, entry, index, dispatch));
  });
  return bar;
}

function entryBox(state: ExplorerState, entry: Entry, index: number, dispatch: Dispatch): HTMLElement {
  const size = sizeText(entry.length);
  const box = element(
    'button',
    {
      id: `entry-${index}`,
      type: 'button',
      class: 'entry',
      'aria-pressed': String(index === state.selected),
      'aria-label': `Entry ${index}, ${size} at ${entry.page}. Left and right change the length by a page, with Shift by ${STRIDE}; with Alt they move the entry; Delete removes it.`,
      title: `${size} at ${entry.page}`,
    },
    size,
    element('span', { class: 'handle' }),
  );
  box.style.flex = `${Math.max(1, Math.log2(entry.length) - 10)} 1 0`;
  box.addEventListener('keydown', (event) => {
    const action = keyAction(event, index, state.entries.length);
    if (!action) return;
    event.preventDefault();
    dispatch(action);
    const follow = action.kind === 'move' ? action.to : Math.min(index, state.entries.length - 2);
    if (action.kind === 'move' || action.kind === 'remove') document.getElementById(`entry-${follow}`)?.focus();
  });
  box.addEventListener('pointerdown', (event) => startDrag(event, entry, index, dispatch));
  box.addEventListener('focus', () => {
    if (index !== state.selected) dispatch({ kind: 'select', index });
  });
  return box;
}

/** What a key does to entry number `index` of `count`. */
export function keyAction(
  event: Pick<KeyboardEvent, 'key' | 'altKey' | 'shiftKey'>,
  index: number,
  count: number,
): Action | undefined {
  const direction = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (direction !== 0) {
    if (!event.altKey) return { kind: 'grow', index, pages: direction * (event.shiftKey ? STRIDE : 1) };
    const to = index + direction;
    return 0 <= to && to < count ? { kind: 'move', index, to } : undefined;
  }
  return event.key === 'Delete' || event.key === 'Backspace' ? { kind: 'remove', index } : undefined;
}

function startDrag(event: PointerEvent, entry: Entry, start: number, dispatch: Dispatch): void {
  const box = event.currentTarget;
  const bar = box instanceof HTMLElement ? box.parentElement : undefined;
  if (!(box instanceof HTMLElement) || !bar) return;
  const isHandle = event.target instanceof HTMLElement && event.target.className === 'handle';
  const bytesPerPixel = entry.length / Math.max(1, box.offsetWidth);
  const from = event.clientX;
  let index = start;
  const move = (at: PointerEvent) => {
    if (isHandle) {
      const bytes = entry.length + (at.clientX - from) * bytesPerPixel;
      dispatch({ kind: 'edit', index, entry: { length: Math.max(PAGE, Math.round(bytes / PAGE) * PAGE) } });
      return;
    }
    const to = indexAt(at.clientX, index);
    if (to !== index) {
      dispatch({ kind: 'move', index, to });
      index = to;
    }
  };
  const stop = () => {
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', stop);
    window.removeEventListener('pointercancel', stop);
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', stop);
  window.addEventListener('pointercancel', stop);
}

/** The place in the bar that `x` lies over; `index` where it lies over none. */
function indexAt(x: number, index: number): number {
  for (let i = 0; ; i++) {
    const box = document.getElementById(`entry-${i}`)?.getBoundingClientRect();
    if (!box) return index;
    if (box.left <= x && x <= box.right) return i;
  }
}

/** The same as a table of fields. */
export function entryTable(state: ExplorerState, dispatch: Dispatch): HTMLElement {
  const head = ['entry', 'page (physical)', 'offset', 'length', ''].map((name) =>
    element('th', { scope: 'col' }, name),
  );
  const rows = state.entries.map((entry, index) => {
    const edit = (change: Partial<Entry> | undefined) => change && dispatch({ kind: 'edit', index, entry: change });
    return element(
      'tr',
      {},
      element('td', {}, String(index)),
      element(
        'td',
        {},
        sizeField(`page-${index}`, entry.page, `Page of entry ${index}`, (value) =>
          edit({ page: `0x${value.toString(16)}` }),
        ),
      ),
      element(
        'td',
        {},
        sizeField(`offset-${index}`, String(entry.offset), `Offset of entry ${index}`, (value) =>
          edit({ offset: Number(value) }),
        ),
      ),
      element(
        'td',
        {},
        sizeField(`length-${index}`, shortSize(entry.length), `Length of entry ${index}`, (value) =>
          edit({ length: Number(value) }),
        ),
      ),
      element(
        'td',
        {},
        button(`remove-${index}`, 'Remove', () => dispatch({ kind: 'remove', index }), {
          'aria-label': `Remove entry ${index}`,
        }),
      ),
    );
  });
  return element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows));
}

/** A field for `64K`, `0x1000`; what is no size is put back. */
function sizeField(id: string, value: string, label: string, onChange: (value: bigint) => void): HTMLInputElement {
  const made = field(
    id,
    value,
    (text) => {
      const size = parseSize(text);
      if (size.ok) onChange(size.value);
      else made.value = value;
    },
    { class: 'short', 'aria-label': label },
  );
  return made;
}
