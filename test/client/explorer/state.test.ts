import { describe, expect, test } from 'vitest';
import { type Action, type ExplorerState, reduce, restore, START } from '../../../client/explorer/state';

function changed(...actions: readonly Action[]): ExplorerState {
  return actions.reduce(reduce, START);
}

const lengths = (state: ExplorerState) => state.entries.map((entry) => entry.length / 1024);

describe('the list', () => {
  test('begins with the list that everybody knows', () => expect(lengths(START)).toEqual([64, 16, 64]));

  test('grows and shrinks by pages, but never to nothing', () => {
    expect(lengths(changed({ kind: 'grow', index: 1, pages: 1 }))).toEqual([64, 20, 64]);
    expect(lengths(changed({ kind: 'grow', index: 1, pages: -4 }))).toEqual([64, 16, 64]);
    expect(changed({ kind: 'grow', index: 2, pages: -1 }).selected).toBe(2);
  });

  test('entries move, come and go', () => {
    expect(lengths(changed({ kind: 'move', index: 1, to: 0 }))).toEqual([16, 64, 64]);
    expect(lengths(changed({ kind: 'move', index: 1, to: 3 }))).toEqual([64, 16, 64]);
    const added = changed({ kind: 'add' });
    expect(lengths(added)).toEqual([64, 16, 64, 16]);
    expect(added.selected).toBe(3);
    expect(lengths(reduce(added, { kind: 'remove', index: 0 }))).toEqual([16, 64, 16]);
    const one = changed({ kind: 'remove', index: 0 }, { kind: 'remove', index: 0 }, { kind: 'remove', index: 0 });
    expect(lengths(one)).toEqual([64]);
  });

  test('an added entry is nobody’s neighbour', () => {
    const pages = changed({ kind: 'add' }).entries.map((entry) => BigInt(entry.page));
    expect(pages[3]).toBeGreaterThan((pages[2] ?? 0n) + 65536n);
  });

  test('typed text replaces it, nonsense does not', () => {
    expect(lengths(changed({ kind: 'segments', text: '4K,8K@0x90000000' }))).toEqual([4, 8]);
    for (const text of ['', 'x', '4K,4K@', '0', '4K@0x1000,4K@0x1000']) {
      expect(changed({ kind: 'segments', text })).toEqual(START);
    }
  });

  test('fields take what an entry can be', () => {
    const entry = { page: '0x123000', offset: 512, length: 3584 };
    expect(changed({ kind: 'edit', index: 0, entry }).entries[0]).toEqual(entry);
    for (const odd of [{ page: '0x123' }, { offset: -1 }, { length: 0 }, { length: 1.5 }, { page: 'x' }]) {
      expect(changed({ kind: 'edit', index: 0, entry: odd }).entries).toEqual(START.entries);
    }
  });

  test('a drawn buffer has all its bytes, and the same number draws it again', () => {
    const memory = { kind: 'memory', bytes: 65536, fragmentation: 1 } as const;
    const drawn = changed(memory, { kind: 'draw' });
    expect(lengths(drawn).reduce((sum, one) => sum + one, 0)).toBe(64);
    expect(changed(memory, { kind: 'draw' }).entries).toEqual(drawn.entries);
    expect(reduce(drawn, { kind: 'draw' }).entries).not.toEqual(drawn.entries);
  });
});

describe('the rest', () => {
  test('platforms go on and off; unknown ones do not come on', () => {
    const without = changed({ kind: 'platform', id: 'direct', isOn: false });
    expect(without.platforms).not.toContain('direct');
    expect(reduce(without, { kind: 'platform', id: 'gart', isOn: true }).platforms.at(-1)).toBe('gart');
    expect(changed({ kind: 'platform', id: 'nowhere', isOn: true })).toEqual(START);
  });

  test('a kernel that is none is not taken', () => {
    expect(changed({ kind: 'kernel', kernel: '5.4' }).kernel).toBe('5.4');
    expect(changed({ kind: 'kernel', kernel: 'new' })).toEqual(START);
  });

  test('options come and go', () => {
    const set = changed(
      { kind: 'option', name: 'maxSegSize', value: '1M' },
      { kind: 'option', name: 'strict', value: true },
    );
    expect(set.options).toEqual({ maxSegSize: '1M', strict: true });
    expect(reduce(set, { kind: 'option', name: 'maxSegSize', value: '' }).options).toEqual({ strict: true });
  });

  test('opens with what a hover asks for; what it does not say falls back', () => {
    const request = {
      kernel: '4.4',
      segments: '64K@0x80000000,16K@0x81000000',
      platforms: ['iommu-dma-4.4', 'odd'],
      need: 'single-segment',
      device: { maxSegSize: '65536' },
    };
    expect(changed({ kind: 'open', request })).toMatchObject({
      kernel: '4.4',
      platforms: ['iommu-dma-4.4'],
      need: 'single-segment',
      options: { maxSegSize: '65536' },
    });
    const bare = changed({ kind: 'open', request: { kernel: 'x', segments: '', platforms: [] } });
    expect(bare).toEqual(START);
  });

  test('a kept state comes back; a broken one does not', () => {
    const kept = changed({ kind: 'add' }, { kind: 'kernel', kernel: '6.1' });
    expect(restore(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    for (const odd of [undefined, null, 4, {}, { entries: [] }, { entries: [{}] }, { kernel: 4 }, { platforms: 'x' }]) {
      expect(restore(odd).entries).toEqual(START.entries);
    }
  });
});
