import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outlineOf } from '../../server/syntax/outline';
import { createParser, type SyntaxNode } from '../../server/syntax/parser';

const parser = await createParser();
const wasm = await createParser({ engine: 'wasm' });
const parse = (text: string) => parser.parse(text).nodes;

/** One construct each that the plain grammar cannot read. */
const CONSTRUCTS: Readonly<Record<string, string>> = {
  'loop macro': 'void f(void) { for_each_sg(sgl, sg, n, i) { a(sg); } }',
  'loop macro without braces': 'void f(void) { list_for_each_entry(p, &head, list)\n a(p); }',
  'unknown loop macro': 'void f(void) { walk_my_things(x, y) { a(x); } }',
  'scope macro': 'void f(void) { scoped_guard(mutex, &lock) { a(); } }',
  'annotated pointer': 'void f(void __iomem *p, u8 __user *q) { a(p, q); }',
  'annotated function': 'static int __init __must_check f(void) { return 0; }',
  'annotation with arguments': 'static void f(void) __acquires(lock) __releases(lock) { a(); }',
  'cleanup attribute': 'void f(void) { char *p __free(kfree) = NULL; a(p); }',
  'type as argument': 'void f(void) { struct foo *p = container_of(x, struct foo, member); a(p); }',
  'words of a type as argument': 'void f(void) { x = min_t(unsigned int, a, b); }',
  'pointer type as argument': 'void f(void) { x = va_arg(ap, struct foo *); }',
  'field of an offset': 'void f(void) { x = offsetof(struct foo, bar[3]); }',
  'case range': 'void f(int x) { switch (x) { case 1 ... 3: a(); } }',
  'pasted strings': 'void f(void) { printk(KERN_ERR DRV "a" __stringify(B) "c"); }',
  'number that is no number': 'void f(void) { if (flag(tp, 5780_CLASS)) a(); }',
  'declaration by macro': 'static DEFINE_MUTEX(m);\nMODULE_LICENSE("GPL");\nvoid f(void) { }',
  'macro without semicolon': 'EXPORT_SYMBOL(g)\nvoid f(void) { a(); }',
  'conditional in arguments': 'void f(void) { a(1,\n#ifdef X\n 2\n#else\n 3\n#endif\n ); }',
  'conditional else if': 'void f(void) { if (a) b();\n#ifdef X\n else if (c) d();\n#endif\n e(); }',
  'conditional head': '#ifdef X\nstatic int f(int a)\n#else\nstatic int f(long a)\n#endif\n{ return a; }',
  'label before conditional': 'int f(void) { goto out;\nout:\n#ifdef X\n a();\n#endif\n return 0; }',
  'label at the end of a conditional': 'int f(void) { goto out;\n#ifdef X\n a();\nout:\n#endif\n return 0; }',
  'label alone in a conditional': 'int f(void) { if (a) goto out;\n#ifdef X\nout:\n#else\nout:\n#endif\n return 0; }',
  'body in arms of a conditional': 'static int f(int a)\n#ifdef X\n{ return a; }\n#else\n{ return 0; }\n#endif\n',
  'arm that always counts': 'int f(void) {\n#if 1\n if (a) {\n#else\n if (b) {\n#endif\n c(); } return 0; }',
  'static declaration by macro': 'void f(void) { static DEFINE_LIMIT(rs, A, B); if (hit(&rs)) a(); }',
  'initialised declaration by macro': 'void f(void) { DECLARE_BITMAP(seen, SIZE(x)) = { 0, }; a(seen); }',
  'cast by typeof': 'void f(void) { p->a = (typeof(p->a))b + 1; c = (typeof(x[i]))~0U; *h = (typeof(*h)){ }; }',
  'alignment of a value': 'void f(void) { if (a & (__alignof__(*p) - 1)) b(); }',
  'list macro before #undef':
    'void f(int x) { switch (x) {\n#define M(n) case n: /* one */ \\\n a(); /* two */\nMORE\nREST\n#undef M\n default: b(); } }',
  'list macro between functions': '#define M(n) void a_ ## n(void) { }\nALL_OF_THEM\n#undef M\n\nvoid f(void) { }',
  'macro that brings its semicolon': 'void f(void) { if (a)\n LOG("a")\n else\n b(); }',
  'names like annotations':
    'void f(void) { extern u8 __begin[]; static const int __a[] = { 1 }; unsigned int __b = 2; u32 __c; use(__c); }',
  'statement as argument': 'void f(void) { poll_until(dev, 10, if (ready(dev)) return; ); a(); }',
  'declaration as argument':
    'void f(void) { DEBUG_ONLY(struct foo *p); DEBUG_ONLY(int i, j = 2;)\n DEBUG_ONLY(int k;); DEBUG_ONLY(unsigned char * q); a(); }',
  "a driver's own inline":
    'static FOO_INLINE void f(void) { a(); }\nstatic void BAR_INLINE\ng(void) { b(FOO_INLINE); c = d | FOO_INLINE; }',
  'names in a row': 'void f(void) { print("%s", VERSION BUILD_DATE); }',
  'pointer to an array or function as type':
    'void f(void) { a = (const s16 (*)[2]) b; ((void (*)(int, char *))c)(d); e(void (*)(u8 *, int)); }',
  'operator as argument': 'void f(void) { a = BETTER(a, <, b) ? b : a; c(x, ==, y); }',
};

describe('constructs', () => {
  test.each(Object.entries(CONSTRUCTS))('%s', (_name, text) => {
    const nodes = parse(text);
    expect(nodes.map(bad).join('')).toBe('');
    expect(nodes.map(outline).join('')).toContain('function_definition');
  });

  test('what cannot be read is told, and the next function is read all the same', () => {
    const [first, second] = parse('void f(void) { a(] ; if }\nint g(void) { return 1; }');
    expect(first && bad(first)).not.toBe('');
    expect(second && bad(second)).toBe('');
    expect(second && outline(second)).toContain('return_statement');
  });

  test('an unfinished function ends where the next one begins in the first column', () => {
    const nodes = parse('int f(void)\n{\n\tif (a) {\n\t\tb();\n}\n\nint g(void)\n{\n\treturn 1;\n}\n');
    expect(nodes.map((one) => one.type)).toEqual(['function_definition', 'function_definition']);
  });
});

describe('the native and the WASM parser', () => {
  test.each(Object.entries(CONSTRUCTS))('agree on %s', (_name, code) => {
    const text = `/* \u00fc \u{1f600} */ ${code}`;
    expect(wasm.parse(text)).toEqual(parser.parse(text));
  });
});

describe('outline', () => {
  const pieces = (text: string) => outlineOf(text).map((one) => `${one.kind} ${one.name}`.trim());

  test('functions, declarations and constants', () => {
    const text = `#define A 1
struct foo { int a; };
static const struct ops ops = { .map = f };
int (*table[])(int) = { f };
static int __init f(int x) __acquires(lock) { return A; }
SYSCALL_DEFINE1(g, int, a) { return 0; }
`;
    expect(pieces(text)).toEqual([
      'define A',
      'declaration',
      'declaration',
      'declaration',
      'function f',
      'function SYSCALL_DEFINE1',
    ]);
  });

  test('a head in two arms, a body in two arms, and a dead arm', () => {
    expect(pieces('#ifdef X\nint f(int a)\n#else\nint f(long a)\n#endif\n{ }\nint g(void) { }')).toEqual([
      'function f',
      'function g',
    ]);
    expect(pieces('int f(void)\n#ifdef X\n{ a(); }\n#else\n{ b(); }\n#endif\nint g(void) { }')).toEqual([
      'function f',
      'function g',
    ]);
    expect(pieces('#if 0\nint f(void) {\n#else\nint g(void) { }\n#endif\n')).toEqual(['function g']);
  });
});

describe('laws', () => {
  const fragment = fc.constantFrom(
    ...Object.values(CONSTRUCTS).flatMap((text) => text.split(/(?<=[(){};\n])/)),
    '"',
    "'",
    '/*',
    '*/',
    '//',
    '\\\n',
    '#if 0\n',
    '#else\n',
    '#endif\n',
    '\r\n',
    '\0',
    '\u{1f600}',
    '(',
    ')',
    '{',
    '}',
    'else',
    'case',
    '?',
    ':',
  );
  const text = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(''));

  test('any text gives a tree whose nodes lie inside their parents, in order', () => {
    fc.assert(
      fc.property(text, (source) => {
        for (const node of parse(source)) {
          expect(node.end).toBeLessThanOrEqual(source.length);
          expectNested(node);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['parentheses', `a(${'('.repeat(10_000)}1${')'.repeat(10_000)});`],
    ['open parentheses', `a(${'('.repeat(10_000)}`],
    ['blocks', `${'{'.repeat(10_000)}${'}'.repeat(10_000)}`],
    ['prefixes', `x = ${'- '.repeat(10_000)}1;`],
    ['conditions', `x = ${'a ? b : '.repeat(10_000)}1;`],
    ['assignments', `${'a = '.repeat(10_000)}1;`],
    ['branches', `${'if (a) b(); else '.repeat(10_000)}c();`],
    ['sums', `x = ${'a + '.repeat(10_000)}1;`],
    ['commas', `${'a(), '.repeat(10_000)}b();`],
    ['calls', `f${'()'.repeat(10_000)};`],
    ['initialisers', `int x[] = ${'{'.repeat(10_000)}${'}'.repeat(10_000)};`],
    ['pointers', `int ${'*'.repeat(10_000)}p;`],
    ['labels', `${'a: '.repeat(10_000)};`],
  ])('10,000 %s do not overflow the stack', (_name, code) => {
    expect(() => parser.parse(`void f(void) { ${code} }\n`)).not.toThrow();
  });
});

function expectNested(node: SyntaxNode): void {
  for (const child of node.children) {
    // What is missing stands where the text before it ends.
    if (child.start < child.end) expect(node.start).toBeLessThanOrEqual(child.start);
    expect(child.start).toBeLessThanOrEqual(child.end);
    expect(child.end).toBeLessThanOrEqual(node.end);
    expectNested(child);
  }
}

function outline(node: SyntaxNode): string {
  const inner = node.children.map(outline).join(' ');
  return `(${node.type}${inner ? ` ${inner}` : ''})`;
}

function bad(node: SyntaxNode): string {
  if (node.isBad) return `${node.type} at ${node.start}-${node.end}`;
  return node.children.map(bad).find((text) => text !== '') ?? '';
}

test('brackets that cross the brace of an initializer: every node lies in its parent', () => {
  const pending: SyntaxNode[] = [...parse('p={E(}{')];
  for (let node = pending.pop(); node; node = pending.pop()) {
    for (const child of node.children) {
      expect([child.type, node.start <= child.start && child.end <= node.end]).toEqual([child.type, true]);
      pending.push(child);
    }
  }
});
