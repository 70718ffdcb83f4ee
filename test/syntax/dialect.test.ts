import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewriteDialect } from '../../server/syntax/dialect';

test('names in strings and comments stay', () => {
  const text = 'void f(void) { a("for_each_sg(x) {"); /* __iomem case 1 ... 2 */ } // __user';
  expect(rewriteDialect(text)).toBe(text);
});

test('a piece that begins inside a conditional loses the other arm', () => {
  const text = 'int f(int a)\n#else\nint f(long a)\n#endif\n{ return a; }';
  expect(rewriteDialect(text)).toBe('int f(int a)\n     \n             \n      \n{ return a; }');
});

describe('laws', () => {
  const fragment = fc.constantFrom(
    'void f(void) {',
    ' for_each_sg(sgl, sg, n, i)',
    ' walk_my_things(x, y) {',
    ' scoped_guard(mutex, &lock)',
    'static int __init __must_check f(void __iomem *p)',
    ' __acquires(lock)',
    ' char *p __free(kfree) = NULL;',
    ' struct foo *p = container_of(x, struct foo, member);',
    ' x = min_t(unsigned int, a, b);',
    ' case 1 ... 3:',
    ' printk(KERN_ERR DRV "a" __stringify(B) "c");',
    'static DEFINE_MUTEX(m);\n',
    'EXPORT_SYMBOL(g)\n',
    '#ifdef X\n',
    '#else\n',
    ' else if (c) d();',
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
});
