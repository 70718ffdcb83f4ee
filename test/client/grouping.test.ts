import { describe, expect, test } from 'vitest';
import { createBackoff } from '../../client/backoff';
import { type FoundProblem, group, neighbour } from '../../client/grouping';

function problem(path: string, line: number, rule: string, breaksOn: readonly string[] = []): FoundProblem {
  return { file: `file:///${path}`, path, line, character: 0, severity: 0, message: '', rule, function: 'f', breaksOn };
}

const A1 = problem('a.c', 1, 'mapping-leak');
const A9 = problem('a.c', 9, 'contiguity-assumed', ['direct', 'swiotlb']);
const B3 = problem('b.c', 3, 'contiguity-assumed', ['direct']);
const ALL = [B3, A9, A1];

describe('groups', () => {
  test.each([
    [
      'rule',
      [
        ['contiguity-assumed', [A9, B3]],
        ['mapping-leak', [A1]],
      ],
    ],
    [
      'file',
      [
        ['a.c', [A1, A9]],
        ['b.c', [B3]],
      ],
    ],
    [
      'platform',
      [
        ['direct', [A9, B3]],
        ['every platform', [A1]],
        ['swiotlb', [A9]],
      ],
    ],
  ] as const)('by %s', (by, expected) => {
    expect(group(ALL, by).map((one) => [one.key, one.problems])).toEqual(expected);
  });

  test('of nothing', () => expect(group([], 'rule')).toEqual([]));
});

describe('the next and the previous finding', () => {
  const at = (path: string, line: number) => ({ file: `file:///${path}`, line, character: 0 });

  test.each([
    ['from the first', at('a.c', 1), A9, B3],
    ['between two', at('a.c', 5), A9, A1],
    ['from the last, around', at('b.c', 3), A1, A9],
    ['from a file without findings', at('x.c', 3), A1, B3],
    ['from nowhere', undefined, A1, B3],
  ])('%s', (_name, from, next, previous) => {
    expect(neighbour(ALL, from, 1)).toBe(next);
    expect(neighbour(ALL, from, -1)).toBe(previous);
  });

  test('there is none', () => expect(neighbour([], undefined, 1)).toBeUndefined());
});

describe('a server that crashes', () => {
  test('is started again later and later, and not for ever', () => {
    const backoff = createBackoff();
    expect([0, 1, 2, 3, 4, 5].map((second) => backoff.next(second * 1000))).toEqual([
      1000,
      2000,
      4000,
      8000,
      16_000,
      undefined,
    ]);
  });

  test('now and then is started again at once', () => {
    const backoff = createBackoff();
    expect([0, 200_000, 400_000].map((ms) => backoff.next(ms))).toEqual([1000, 1000, 1000]);
  });

  test('has new chances when the user starts it', () => {
    const backoff = createBackoff();
    for (let crash = 0; crash < 6; crash++) backoff.next(crash);
    backoff.reset();
    expect(backoff.next(10)).toBe(1000);
  });
});
