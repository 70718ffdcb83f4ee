import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewriteDialect } from '../../server/syntax/dialect';
import { createParser, type SyntaxNode } from '../../server/syntax/parser';

const native = await createParser();
const wasm = await createParser({ engine: 'wasm' });

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
};

describe('constructs', () => {
  test.each(Object.entries(CONSTRUCTS))('%s', (_name, text) => {
    const root = native.parse(text);
    expect(bad(root)).toBe('');
    expect(outline(root)).toContain('function_definition');
  });

  test('names in strings and comments stay', () => {
    const text = 'void f(void) { a("for_each_sg(x) {"); /* __iomem case 1 ... 2 */ } // __user';
    expect(rewriteDialect(text)).toBe(text);
  });
});

describe('both parsers', () => {
  test.each(Object.entries(CONSTRUCTS))('agree on %s', (_name, text) => {
    expect(outline(wasm.parse(`/* \u00fc \u{1f600} */ ${text}`))).toBe(
      outline(native.parse(`/* \u00fc \u{1f600} */ ${text}`)),
    );
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
    '#endif\n',
    '\r\n',
    '\0',
    '\u{1f600}',
    '(',
    ')',
    '{',
    '}',
  );
  const text = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(''));

  test('length and newlines never change', () => {
    fc.assert(
      fc.property(text, (source) => {
        const rewritten = rewriteDialect(source);
        expect(rewritten.length).toBe(source.length);
        expect(rewritten.replace(/[^\n\r]/g, '.')).toBe(source.replace(/[^\n\r]/g, '.'));
      }),
      { numRuns: 500 },
    );
  });

  test('deep nesting does not overflow the stack', () => {
    const deep = `void f(void) { a(${'('.repeat(10_000)}1${')'.repeat(10_000)}); }`;
    expect(() => native.parse(deep)).not.toThrow();
  });
});

function outline(node: SyntaxNode): string {
  const inner = node.children.map(outline).join(' ');
  return `(${node.field ? `${node.field}: ` : ''}${node.type} ${node.start}-${node.end}${inner ? ` ${inner}` : ''})`;
}

function bad(node: SyntaxNode): string {
  if (node.isBad) return `${node.type} at ${node.start}-${node.end}`;
  return node.children.map(bad).find((text) => text !== '') ?? '';
}
