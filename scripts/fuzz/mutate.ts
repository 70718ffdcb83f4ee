/** Breaks C as editors, merges, generators and bad luck do. */

import type { Random } from './random';

type Mutation = (text: string, random: Random, others: readonly string[]) => string;

/** A text after a few mutations. */
export function mutate(text: string, random: Random, others: readonly string[]): string {
  let mutated = text;
  for (let times = 1 + random.below(6); 0 < times; times--) {
    mutated = random.pick(random.once(40) ? HUGE : COMMON)(mutated, random, others);
  }
  return mutated;
}

const TOKEN = /[A-Za-z_]\w*|\d\w*|->|<<|>>|&&|\|\||[^\s\w]/g;
const NAMES = [
  'dma_map_sg',
  'dma_map_sgtable',
  'dma_unmap_sg',
  'dma_map_single',
  'dma_mapping_error',
  'dma_sync_sg_for_cpu',
  'sg_dma_address',
  'sg_dma_len',
  'for_each_sg',
  'for_each_sgtable_dma_sg',
  'container_of',
  'DMA_TO_DEVICE',
  'sgt->nents',
  'sgt->orig_nents',
  'sgl',
  'NULL',
  'goto out',
  'return',
  'switch',
  'case 1 ... 3:',
  '__free(kfree)',
  'typeof(x)',
];
const PIECES = [
  '{',
  '}',
  '(',
  ')',
  ';',
  '"',
  "'",
  '/*',
  '*/',
  '//',
  '\\\n',
  '\n#if 0\n',
  '\n#else\n',
  '\n#endif\n',
  '\n#define B {\n',
  '\n#define F(x) for (;;) {\n',
  '\0',
  '\ufeff',
  '\u00fc',
  '\u{1f600}',
  '\ud83d',
  '\u202e',
  '\r',
  '\f',
  '0xffffffffffffffffffff',
  '-1',
  '1e999',
  '/* dma-lens: allow(mapping-leak) */',
  '/* dma-lens: allow-file(',
  '<script>alert(1)</script>',
  '](http://example.org)',
];

const COMMON: readonly Mutation[] = [
  // Cut.
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random) => text.slice(random.below(text.length + 1)),
  (text, random) => {
    const { start, end } = range(text, random, 200);
    return text.slice(0, start) + text.slice(end);
  },
  // Splice and duplicate.
  (text, random, others) => {
    const other = random.pick(others);
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1));
  },
  (text, random) => {
    const { start, end } = range(text, random, 500);
    return insert(text, random.below(text.length + 1), text.slice(start, end));
  },
  // Tokens.
  (text, random) => replaceToken(text, random, () => ''),
  (text, random) => replaceToken(text, random, () => random.pick(NAMES)),
  (text, random) => replaceToken(text, random, (token) => `${token} ${token}`),
  (text, random) => {
    const tokens = text.match(TOKEN) ?? [''];
    return replaceToken(text, random, () => random.pick(tokens));
  },
  // Characters.
  (text, random) => insert(text, random.below(text.length + 1), random.pick(PIECES)),
  (text, random) => insert(text, random.below(text.length + 1), random.pick(NAMES)),
  (text, random) => text.replace(/[{}]/g, (brace) => (random.once(20) ? '' : brace)),
  (text) => text.replace(/\n/g, '\r\n'),
  (text, random) => text.replace(/\n/g, () => (random.once(30) ? '\\\n' : '\n')),
  (text, random) => text.replace(/\bif\b/g, () => random.pick(['if', 'while', 'switch', 'for_each_sg'])),
];

/** Sizes that no person writes; generators do. */
const HUGE: readonly Mutation[] = [
  (text, random) => insert(text, random.below(text.length + 1), ' '.repeat(1 << 20)),
  (text, random) => insert(text, random.below(text.length + 1), `"${'x'.repeat(1 << 20)}"`),
  (text, random) => insert(text, random.below(text.length + 1), random.pick(['(', '{', '[', '!', '*']).repeat(10_000)),
  (text) => `${text}\nint f(int a)\n{\n${'if (a) {\n'.repeat(2_000)}dma_map_sg(a);\n${'}\n'.repeat(2_000)}}\n`,
  (text) => `${text}\nint f(int a)\n{\n${'l: goto l;\n'.repeat(100_000)}dma_map_sg(a);\n}\n`,
  (text) => `${text}\nint f(int a)\n{\n${'if (dma_map_sg(a)) goto out;\n'.repeat(3_000)}out:\nreturn 0;\n}\n`,
  (text) => `${text}\nint f(int a)\n{\n\treturn ${'a + '.repeat(10_000)}dma_map_sg(a);\n}\n`,
  (text) => `${text}\nint f(int a)\n{\n\ta = ${'a ? '.repeat(3_000)}dma_map_sg(a)${' : 1'.repeat(3_000)};\n}\n`,
  (text) => `${text}${'\n#if A'.repeat(5_000)}\nint f(void) { dma_map_sg(1); }${'\n#endif'.repeat(5_000)}\n`,
  (text) => `${text}\nvoid f(void)\n{\n${'dma_map_single(d, p, 1, 1);\n'.repeat(5_000)}}\n`,
];

function range(text: string, random: Random, longest: number): { readonly start: number; readonly end: number } {
  const start = random.below(text.length + 1);
  return { start, end: start + random.below(longest) };
}

function insert(text: string, at: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at);
}

function replaceToken(text: string, random: Random, by: (token: string) => string): string {
  const tokens = [...text.matchAll(TOKEN)];
  if (tokens.length === 0) return text;
  const { index, 0: token } = random.pick(tokens);
  return text.slice(0, index) + by(token) + text.slice(index + token.length);
}
