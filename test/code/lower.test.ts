/** Each construct that drivers use, and the blocks it becomes. */

import { describe, expect, test } from 'vitest';
import { irText } from '../../server/cli/debug/irText';
import { lowerFile } from '../../server/code/lower';
import { createParser } from '../../server/syntax/parser';

const parser = await createParser();

/** The functions of a text; blocks that nothing leads to are left out. */
function lower(text: string): string {
  const { functions, errors } = lowerFile(parser, text);
  expect(errors).toEqual([]);
  return functions.map((fn) => reachable(irText(fn))).join('\n');
}

function reachable(text: string): string {
  const [head = '', ...blocks] = text.split(/^(?= {2}b\d+:)/m);
  const seen = new Set<string>();
  const pending = ['b0'];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const block = blocks.find((one) => one.startsWith(`  ${id}:`));
    pending.push(...((block?.trimEnd().split('\n').at(-1) ?? '').match(/\bb\d+\b/g) ?? []));
  }
  return [head, ...blocks.filter((one) => seen.has(/b\d+/.exec(one)?.[0] ?? ''))].join('');
}

/** Lowers the body of a function and leaves its head out. */
const body = (text: string) => lower(`void f(void)\n{\n${text}\n}\n`).replace(/^void f\(\)\n/, '');

describe('values', () => {
  test('a choice is a branch', () =>
    expect(
      body(`
return a ? g() : h();`),
    ).toMatchInlineSnapshot(`
      "  b0:
          if a b1 else b2
        b1:
          #2 = g() @1
          #1 = #2
          goto b3
        b2:
          #3 = h() @2
          #1 = #3
          goto b3
        b3:
          return #1
      "
    `));

  test('a choice without a middle asks once', () =>
    expect(
      body(`
return g(a) ?: -EIO;`),
    ).toMatchInlineSnapshot(`
      "  b0:
          #2 = g(a) @1
          if #2 b1 else b2
        b1:
          #1 = #2
          goto b3
        b2:
          #1 = -EIO
          goto b3
        b3:
          return #1
      "
    `));

  test('commas go one after the other', () =>
    expect(
      body(`
a = (b(), c());`),
    ).toMatchInlineSnapshot(`
      "  b0:
          b() @1
          #1 = c() @2
          a = #1
          return
      "
    `));

  test('&& and || as control flow', () =>
    expect(
      body(`
if (a() && (b() || !c()))
 d();`),
    ).toMatchInlineSnapshot(`
      "  b0:
          #1 = a() @1
          if #1 b3 else b2
        b1:
          d() @4
          goto b2
        b2:
          return
        b3:
          #2 = b() @2
          if #2 b1 else b5
        b5:
          #3 = c() @3
          if #3 b2 else b1
      "
    `));

  test('&& as a value', () =>
    expect(
      body(`
e = x && y;`),
    ).toMatchInlineSnapshot(`
      "  b0:
          if x b4 else b2
        b1:
          #1 = 1
          goto b3
        b2:
          #1 = 0
          goto b3
        b3:
          e = #1
          return
        b4:
          if y b1 else b2
      "
    `));

  test('a compound literal', () =>
    expect(
      body(`
p = &(struct foo){ .a = 1, .b.c = g() };
h((struct bar){ 1, x });`),
    ).toMatchInlineSnapshot(`
      "  b0:
          #1 = g() @1
          p = &{ .a = 1, .b.c = #1 }
          h({ 1, x }) @2
          return
      "
    `));

  test('designated initialisers', () =>
    expect(
      body(`
struct foo x = { .dev = dev, .sgt = { .sgl = g() }, [2] = 3 };`),
    ).toMatchInlineSnapshot(`
      "  local struct foo x
        b0:
          #1 = g() @1
          x = { .dev = dev, .sgt = { .sgl = #1 }, [2] = 3 }
          return
      "
    `));

  test('a statement expression', () =>
    expect(
      body(`
x = ({ int t = g(); t + 1; });`),
    ).toMatchInlineSnapshot(`
      "  local int t
        b0:
          #1 = g() @1
          t = #1
          x = (t + 1)
          return
      "
    `));

  test('a statement expression as a condition', () =>
    expect(
      body(`
if (({ x = g(); x < 0; }))
 return;`),
    ).toMatchInlineSnapshot(`
      "  b0:
          #1 = g() @1
          x = #1
          if (x < 0) b1 else b2
        b1:
          return
        b2:
          return
      "
    `));

  test('typeof and casts', () =>
    expect(
      body(`
typeof(x) y = x;
__typeof__(*p) *z = (typeof(*p) *)q;
w = (u64)(unsigned long)v;
(void)g();`),
    ).toMatchInlineSnapshot(`
      "  local typeof y
        local typeof *z
        b0:
          y = x
          z = (typeof(*p) *)q
          w = (u64)(unsigned long)v
          g() @1
          return
      "
    `));

  test('fields through arrays and addresses', () =>
    expect(
      body(`
a->b[i].c[2].d = e;
*p->q = &r->s[3];
y = *(w + 1);`),
    ).toMatchInlineSnapshot(`
      "  b0:
          a->b[i].c[2].d = e
          *p->q = &r->s[3]
          y = *(w + 1)
          return
      "
    `));

  test('container_of', () =>
    expect(
      body(`
p = container_of(w, struct foo, work.w);`),
    ).toMatchInlineSnapshot(`
      "  b0:
          p = container_of(w, foo, work.w)
          return
      "
    `));

  test('structs as values', () =>
    expect(
      body(`
struct pair a = b;
*p = a;
q[1] = *r;`),
    ).toMatchInlineSnapshot(`
      "  local struct pair a
        b0:
          a = b
          *p = a
          q[1] = *r
          return
      "
    `));

  test('what is read for its effect', () =>
    expect(
      body(`
readl(x);
*p;
a->b;`),
    ).toMatchInlineSnapshot(`
      "  b0:
          readl(x) @1
          read *p
          read a->b
          return
      "
    `));

  test('steps', () =>
    expect(
      body(`
x = i++;
y = --j;
z += g();`),
    ).toMatchInlineSnapshot(`
      "  b0:
          #1 = i
          i = (i + 1)
          x = #1
          j = (j - 1)
          y = j
          #2 = g() @1
          z = (z + #2)
          return
      "
    `));

  test('calls through pointers', () =>
    expect(
      body(`
ops->map(x);
(*fn)(z);
t = f1()(2);`),
    ).toMatchInlineSnapshot(`
      "  b0:
          ops->map(x) @1
          *fn(z) @2
          #1 = f1() @3
          #2 = #1(2) @4
          t = #2
          return
      "
    `));
});

describe('control flow', () => {
  test('a switch that falls through', () =>
    expect(
      body(`
switch (x) {
case 1:
 a();
case 2:
case 3:
 b();
 break;
case 4 ... 6:
 c();
default:
 d();
}
e();`),
    ).toMatchInlineSnapshot(`
      "  b0:
          goto b2
        b1:
          e() @5
          return
        b2:
          switch x {1: b4; 2: b5; 3: b6; 4 ... 6: b8; default: b9}
        b4:
          a() @1
          goto b5
        b5:
          goto b6
        b6:
          b() @2
          goto b1
        b8:
          c() @3
          goto b9
        b9:
          d() @4
          goto b1
      "
    `));

  test('a case inside a branch', () =>
    expect(
      body(`
switch (x) {
case 1:
 if (y) {
case 2:
  a();
 }
}`),
    ).toMatchInlineSnapshot(`
      "  b0:
          goto b2
        b1:
          return
        b2:
          switch x {1: b4; 2: b8; default: b1}
        b4:
          if y b5 else b6
        b5:
          goto b8
        b6:
          goto b1
        b8:
          a() @1
          goto b6
      "
    `));

  test('a computed goto leads nowhere known', () =>
    expect(
      body(`
static void *t[] = { &&one, &&two };
goto *t[x];
one:
a();
two:
b();`),
    ).toMatchInlineSnapshot(`
      "  local void *t[]
        b0:
          t = { &one, &two }
          read *t[x]
          stop
      "
    `));

  test('do once', () =>
    expect(
      body(`
do {
 a();
 if (b)
  break;
 c();
} while (0);`),
    ).toMatchInlineSnapshot(`
      "  loop 0: header b2, blocks b2 b3 b5 b7
        b0:
          goto b2
        b1:
          return
        b2:
          a() @1
          if b b4 else b5
        b3:
          if 0 b2 else b1
        b4:
          goto b1
        b5:
          c() @2
          goto b3
      "
    `));

  test('do again', () =>
    expect(
      body(`
do {
 a();
 if (b)
  continue;
 c();
} while (d());`),
    ).toMatchInlineSnapshot(`
      "  loop 0: header b2, blocks b2 b3 b4 b5 b7
        b0:
          goto b2
        b1:
          return
        b2:
          a() @1
          if b b4 else b5
        b3:
          #1 = d() @3
          if #1 b2 else b1
        b4:
          goto b3
        b5:
          c() @2
          goto b3
      "
    `));

  test('while, continue and break', () =>
    expect(
      body(`
while (n--) {
 if (a())
  continue;
 if (b())
  break;
}`),
    ).toMatchInlineSnapshot(`
      "  loop 0: header b2, blocks b2 b3 b5 b6 b8 b10 b12
        b0:
          goto b2
        b1:
          return
        b2:
          #1 = n
          n = (n - 1)
          if #1 b3 else b1
        b3:
          #2 = a() @1
          if #2 b5 else b6
        b5:
          goto b2
        b6:
          #3 = b() @2
          if #3 b9 else b10
        b9:
          goto b1
        b10:
          goto b2
      "
    `));

  test('for', () =>
    expect(
      body(`
for (i = 0, j = n; i < j; i++, j--)
 a(i);`),
    ).toMatchInlineSnapshot(`
      "  loop 0: header b2, blocks b2 b3 b4
        b0:
          i = 0
          j = n
          goto b2
        b1:
          return
        b2:
          if (i < j) b3 else b1
        b3:
          a(i) @1
          goto b4
        b4:
          i = (i + 1)
          #1 = j
          j = (j - 1)
          goto b2
      "
    `));

  test('loop macros', () =>
    expect(
      body(`
list_for_each_entry_safe(p, q, &h, node) {
 a(p);
}
for_each_set_bit(i, &m, 8)
 b(i);`),
    ).toMatchInlineSnapshot(`
      "  loop 0: header b2, blocks b2 b3 list_for_each_entry_safe(p, q, &h, node)
        loop 1: header b5, blocks b5 b6 for_each_set_bit(i, &m, 8)
        b0:
          goto b2
        b1:
          goto b5
        b2:
          list_for_each_entry_safe(p, q, &h, node) @1
          if again b3 else b1
        b3:
          p = for_each
          a(p) @2
          goto b2
        b4:
          return
        b5:
          for_each_set_bit(i, &m, 8) @3
          if again b6 else b4
        b6:
          i = for_each
          b(i) @4
          goto b5
      "
    `));

  test('an error ladder', () =>
    expect(
      body(`
int err = a();
if (err)
 return err;
err = b();
if (err)
 goto undo_a;
err = c();
if (err)
 goto undo_b;
return 0;
undo_b:
ub();
undo_a:
ua();
return err;`),
    ).toMatchInlineSnapshot(`
      "  local int err
        b0:
          #1 = a() @1
          err = #1
          if err b1 else b2
        b1:
          return err
        b2:
          #2 = b() @2
          err = #2
          if err b5 else b6
        b5:
          goto b8
        b6:
          #3 = c() @3
          err = #3
          if err b10 else b11
        b8:
          ua() @5
          return err
        b10:
          goto b13
        b11:
          return 0
        b13:
          ub() @4
          goto b8
      "
    `));

  test('cleanup attributes and guards', () =>
    expect(
      body(`
struct foo *p __free(kfree) = kmalloc(8);
guard(mutex)(&lock);
scoped_guard(spinlock, &l) {
 a(p);
}
scoped_guard(rcu)
 b(p);`),
    ).toMatchInlineSnapshot(`
      "  local struct foo *p __free(kfree)
        b0:
          #1 = kmalloc(8) @1
          p = #1
          #2 = guard(mutex) @2
          #2(&lock) @3
          scoped_guard(spinlock, &l) @4
          a(p) @5
          scoped_guard(rcu) @6
          b(p) @7
          return
      "
    `));

  test('what stops and what is looked through', () =>
    expect(
      body(`
BUG_ON(!n);
if (WARN_ON(a()))
 return;
if (unlikely(IS_ERR(p)))
 BUG();`),
    ).toMatchInlineSnapshot(`
      "  b0:
          if n b2 else b1
        b2:
          #1 = a() @1
          if #1 b4 else b5
        b4:
          return
        b5:
          #2 = IS_ERR(p) @2
          if #2 b8 else b9
        b9:
          return
      "
    `));
});

describe('conditionals', () => {
  test('through an argument list', () =>
    expect(
      body(`
a(1,
#ifdef X
  g(),
#else
  h(),
#endif
  2);`),
    ).toMatchInlineSnapshot(`
      "  b0:
          #1 = g() @1
          a(1, #1, 2) @2
          return
      "
    `));

  test('through an initialiser', () =>
    expect(
      body(`
struct s x = {
 .a = 1,
#ifdef X
 .b = g(),
#endif
 .c = 2,
};`),
    ).toMatchInlineSnapshot(`
      "  local struct s x
        b0:
          #1 = g() @1
          x = { .a = 1, .b = #1, .c = 2 }
          return
      "
    `));

  test('through an else if', () =>
    expect(
      body(`
if (a)
 b();
#ifdef X
else if (c)
 d();
#endif
else
 e();`),
    ).toMatchInlineSnapshot(`
      "  b0:
          if a b1 else b3
        b1:
          b() @1
          goto b2
        b2:
          return
        b3:
          if c b5 else b7
        b5:
          d() @2
          goto b6
        b6:
          goto b2
        b7:
          e() @3
          goto b6
      "
    `));

  test('around whole statements', () =>
    expect(
      body(`
#ifdef X
a();
#elif Y
b();
#else
c();
#endif`),
    ).toMatchInlineSnapshot(`
      "  b0:
          if X b1 else b2
        b1:
          a() @1
          goto b3
        b2:
          if Y b4 else b5
        b3:
          return
        b4:
          b() @2
          goto b6
        b5:
          c() @3
          goto b6
        b6:
          goto b3
      "
    `));

  test('around a label', () =>
    expect(
      body(`
if (a)
 goto out;
b();
#ifdef X
out:
#endif
c();`),
    ).toMatchInlineSnapshot(`
      "  b0:
          if a b1 else b2
        b1:
          goto b4
        b2:
          b() @1
          goto b4
        b4:
          c() @2
          return
      "
    `));

  test("through a function's head", () =>
    expect(
      lower(`
#ifdef X
static int f(struct device *dev, int a)
#else
static int f(struct device *dev)
#endif
{
  return g(dev);
}`),
    ).toMatchInlineSnapshot(`
      "static int f(struct device *dev, int a)
        b0:
          #1 = g(dev) @1
          return #1
      "
    `));
});

test('hundreds of loops and thousands of jumps to one label are no more work than each alone', () => {
  const loops = 'while (a) { b(); if (c) goto out; }\n'.repeat(1500);
  const jumps = 'if (d) goto out;\n'.repeat(20_000);
  const { functions } = lowerFile(parser, `void f(void)\n{\n${loops}${jumps}out:\nreturn;\n}\n`);
  expect(functions[0]?.loops).toHaveLength(1500);
});
