import { describe, expect, test } from 'vitest';
import { needName } from '../../server/render/explorerLink';
import { NEEDS, needLabel, parseNeed, parseShape, SHAPES } from '../../server/replay/needs';

describe('needs', () => {
  test('each is read as it is written', () => {
    for (const need of NEEDS) {
      const text = need.value ? `${need.name}=${need.value.example}` : need.name;
      const parsed = parseNeed(text);
      if (!parsed.ok) throw new Error(parsed.reason);
      expect(parseNeed(needName(parsed.value))).toEqual(parsed);
      expect(needLabel(need)).not.toBe('');
    }
  });

  test.each([
    ['contiguous', "'contiguous' is no need; known: contiguous-size"],
    ['contiguous-size=4', 'contiguous-size takes no value'],
    ['aligned=0', "aligned: '0' is out of range"],
    ['aligned=x', "aligned: 'x' is no size"],
    ['within-boundary=0x1000', "within-boundary: '0x1000' is no mask"],
    ['address-below=65', "address-below: '65' is out of range"],
    ['aligned=4K=8K', "'aligned=4K=8K' is no need"],
  ])('%s', (text, reason) => {
    const parsed = parseNeed(text);
    expect(parsed.ok ? '' : parsed.reason).toContain(reason);
  });
});

describe('shapes', () => {
  test('limits are added to a known shape', () => {
    expect(parseShape('user-pages, max-entries=16, max-entry=64K, max=1M')).toEqual({
      ok: true,
      value: { ...SHAPES['user-pages'], maxEntries: 16, maxEntryBytes: 65536, maxBytes: 1 << 20 },
    });
  });

  test.each([
    ['page', "'page' is no shape; known: pages, user-pages"],
    ['constructor', "'constructor' is no shape"],
    ['pages,size=4', "'size' is no limit of a shape; known: max-entries, max-entry, max"],
    ['pages,max=none', "max: 'none' is no size"],
    ['pages,max=0', "max: '0' is out of range"],
  ])('%s', (text, reason) => {
    const parsed = parseShape(text);
    expect(parsed.ok ? '' : parsed.reason).toContain(reason);
  });
});
