import { describe, expect, test } from 'vitest';
import { parseUnifiedDiff } from '../../server/report/unifiedDiff';

function changed(diff: string): unknown {
  return parseUnifiedDiff(diff).map(({ names, lines }) => [names[0], [...lines]]);
}

const GIT = `diff --git a/drivers/a.c b/drivers/a.c
index 1111111..2222222 100644
--- a/drivers/a.c
+++ b/drivers/a.c
@@ -3,4 +3,5 @@ int f(void)
 context
-old
+new
+more
 context
 context
@@ -20 +21,2 @@
-x
+++ not a header, but a line that begins with "++ "
+y
`;

test('git: the lines that are new', () => {
  expect(changed(GIT)).toEqual([['drivers/a.c', [4, 5, 21, 22]]]);
});

test('ends of lines of Windows, in headers and in lines', () => {
  expect(changed(GIT.replace(/\n/g, '\r\n'))).toEqual([['drivers/a.c', [4, 5, 21, 22]]]);
});

test('a patch mail: text around it means nothing', () => {
  const mail = `From: A <a@b>\nSubject: [PATCH] x\n\n+++ in prose? no.\n---\n drivers/a.c | 4 +-\n\n${GIT}-- \n2.39.5\n`;
  expect(changed(mail)).toContainEqual(['drivers/a.c', [4, 5, 21, 22]]);
});

describe('names', () => {
  test('a rename with changes, and one without', () => {
    const diff = `diff --git a/old name.c b/new name.c
similarity index 90%
rename from old name.c
rename to new name.c
--- a/old name.c\t
+++ b/new name.c\t
@@ -1 +1 @@
-a
+b
diff --git a/p.c b/q.c
similarity index 100%
rename from p.c
rename to q.c
`;
    expect(changed(diff)).toEqual([
      ['new name.c', []],
      ['new name.c', [1]],
      ['q.c', []],
    ]);
  });

  test('quoted paths, in octal', () => {
    const diff = '--- "a/f\\303\\274r \\"x\\".c"\n+++ "b/f\\303\\274r \\"x\\".c"\n@@ -0,0 +1 @@\n+a\n';
    expect(changed(diff)).toEqual([['für "x".c', [1]]]);
  });

  test('a deleted file and a new one', () => {
    const gone = 'diff --git a/x.c b/x.c\ndeleted file mode 100644\n--- a/x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n';
    const born = 'diff --git a/y.c b/y.c\nnew file mode 100644\n--- /dev/null\n+++ b/y.c\n@@ -0,0 +1,2 @@\n+a\n+b\n';
    expect(changed(gone + born)).toEqual([['y.c', [1, 2]]]);
  });

  test('diff -u: with dates, and folders of its own choice', () => {
    const diff = '--- linux.orig/a.c\t2026-01-01 10:00:00\n+++ linux/a.c\t2026-01-02 10:00:00\n@@ -1 +1 @@\n-a\n+b\n';
    expect(parseUnifiedDiff(diff)[0]?.names).toEqual(['linux/a.c', 'a.c']);
    expect(parseUnifiedDiff('--- a.c\n+++ a.c\n@@ -1 +1 @@\n-a\n+b\n')[0]?.names).toEqual(['a.c']);
  });
});

test('no newline at the end of a file', () => {
  const diff =
    '--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n';
  expect(changed(diff)).toEqual([['x.c', [1]]]);
});

test('context that lost its blank, as mail programs leave it', () => {
  expect(changed('--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,4 @@\n a\n\n+b\n c\n')).toEqual([['x.c', [3]]]);
});

test('a merge: what neither side had', () => {
  const diff = `diff --cc a.c
index 1,2..3
--- a/a.c
+++ b/a.c
@@@ -1,3 -1,3 +1,4 @@@
  same
- ours
 -theirs
++merged
++twice
  same
`;
  expect(changed(diff)).toEqual([['a.c', [2, 3]]]);
});

test.each(['', 'no diff at all', '@@ -1 +1 @@\n+lost\n', '+++ \n@@ -1,99999 +1,99999 @@\n+cut', '"', '+++ "b/\\'])(
  'half a diff does no harm: %j',
  (text) => {
    expect(() => parseUnifiedDiff(text)).not.toThrow();
  },
);
