import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { withoutCompilerFlags } from '../../server/cli/kbuild';
import { sandbox } from '../support/sandbox';
import { WRONG_COUNT } from '../support/scan';

const check = new Command('check')
  .option('--kbuild', '')
  .option('--fail-on <level>', '')
  .option('--rule <ids>', '')
  .option('--quiet', '');
const start = ['node', 'dma-lens', 'check'];

test.each([
  [
    ['--kbuild', '-D__linux__', '-Wbitwise', '-Iinclude', '-include', 'a.h', '-c', 'x.c'],
    ['--kbuild', '--', 'x.c'],
  ],
  [
    ['--kbuild', '--fail-on', 'error', '--rule=a,b', '--param=x=1', '--param', 'y=2', '../src/x.c'],
    ['--kbuild', '--fail-on', 'error', '--rule=a,b', '--', '../src/x.c'],
  ],
  [
    ['--quiet', '--kbuild', '-nostdinc', 'x.c'],
    ['--quiet', '--kbuild', '--', 'x.c'],
  ],
  // Assembler, or nothing at all.
  [
    ['--kbuild', '-I.', 'x.S'],
    ['--kbuild', '--'],
  ],
  [['--kbuild'], ['--kbuild', '--']],
  [
    ['--rule', 'x', 'a.c'],
    ['--rule', 'x', 'a.c'],
  ],
])('%j', (args, expected) => {
  expect(withoutCompilerFlags([...start, ...args], check)).toEqual([...start, ...expected]);
});

test('another command is not touched', () => {
  const argv = ['node', 'dma-lens', 'explain', '--kbuild'];
  expect(withoutCompilerFlags(argv, check)).toEqual(argv);
});

describe('as make calls it', () => {
  const box = sandbox();
  const FLAGS = [
    '-D__KERNEL__',
    '-Wno-unknown-attribute',
    '-I',
    './include',
    '-include',
    'kconfig.h',
    '--param',
    'x=1',
  ];

  test('gcc lines, and the build goes on', () => {
    box.put({ 'bad.c': WRONG_COUNT });
    const done = box.run(['check', '--kbuild', ...FLAGS, 'bad.c']);
    expect(done.out).toMatch(/^bad\.c:6:26: error: .* \[unmap-with-mapped-count\]\n$/);
    expect(done).toMatchObject({ status: 0, err: '' });
  });

  test('unless it shall not', () => {
    box.put({ 'bad.c': WRONG_COUNT });
    expect(box.run(['check', '--kbuild', '--fail-on', 'error', ...FLAGS, 'bad.c']).status).toBe(1);
  });

  test('what it cannot read does not break the build either', () => {
    expect(box.run(['check', '--kbuild', ...FLAGS, 'gone.c'])).toMatchObject({ status: 0, out: '' });
    expect(box.run(['check', '--kbuild', ...FLAGS, 'entry.S'])).toEqual({ status: 0, out: '', err: '' });
  });

  test('a file that its project leaves out is left out', () => {
    box.put({ 'old/bad.c': WRONG_COUNT, 'old/dma-lens.json': '{"ignore": ["*"]}' });
    expect(box.run(['check', '--kbuild', ...FLAGS, 'old/bad.c'])).toEqual({ status: 0, out: '', err: '' });
  });
});
