/** What README, docs and help tell people to type works as it stands. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES } from '../server/cli/examples';
import { sandbox } from './support/sandbox';
import { WRONG_COUNT } from './support/scan';

const box = sandbox();
const recording = readFileSync('test/fixtures/vectors/linux-6.12-direct.jsonl');

/** A tree with all that the documents speak of. */
beforeAll(() => {
  const clean = 'int dma_map_sg_example;\n';
  const names = ['drivers/media/a.c', 'drivers/media/common/videobuf2/b.c', 'drivers/crypto/c.c', 'drivers/foo.c'];
  for (const name of [...names, 'sound/d.c', 'net/e.c', 'foo.c']) box.put({ [name]: clean });
  const history = { backend: 'iommu-dma', steps: [{ map: '64K,16K' }, { unmap: 1 }] };
  box.put({
    'history.json': JSON.stringify(history),
    'recording.jsonl': recording,
    'trace.txt': readFileSync('test/fixtures/trace-6.12.txt'),
    '.gitignore': '/dist\n/bin\n',
  });
  box.commit();
  box.git('update-ref', 'refs/remotes/origin/master', 'HEAD');
  box.put({ 'drivers/media/a.c': `${clean}int more;\n` });
  box.git('commit', '-qam', 'more');
  for (const folder of ['bin', '.dma-lens', '.config/fish/completions']) {
    mkdirSync(join(box.folder, folder), { recursive: true });
  }
  symlinkSync(resolve('dist'), join(box.folder, 'dist'));
  symlinkSync(resolve('dist'), join(box.folder, '.dma-lens/dist'));
  const program = join(box.folder, 'bin/dma-lens');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${resolve('dist/cli.js')}" "$@"\n`);
  chmodSync(program, 0o755);
});

/** Runs a line as a shell would; findings are no failure. */
function type(line: string) {
  const script = `set -o pipefail\nfunction node { '${process.execPath}' "$@"; }\n${line}`;
  const { status, stderr } = spawnSync('bash', ['-c', script], {
    cwd: box.folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${join(box.folder, 'bin')}:${process.env['PATH']}`,
      HOME: box.folder,
      LINUX_SRC: box.folder,
      GITHUB_BASE_REF: 'master',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: 'HEAD~1',
      GIT_COMMITTER_NAME: 'T',
      GIT_COMMITTER_EMAIL: 't@example.org',
    },
  });
  return { status: status === 1 ? 0 : status, stderr };
}

/** The commands of this program in the code blocks of a document; `make` needs a kernel tree. */
function commandsIn(document: string): readonly string[] {
  const blocks = document.matchAll(/^```(?:sh|yaml|groovy)\n(.*?)^```/gms);
  return [...blocks]
    .flatMap(([, block = '']) => (block.startsWith('#!') ? [] : block.split('\n')))
    .map((line) => line.replace(/^\s*(?:- )?(?:run: |- )?/, '').replace(/^sh '(.*)'$/, '$1'))
    .map((line) => line.replace(/\$\{\{ matrix\.shard \}\}/g, '1').replace(/\s+#.*/, ''))
    .filter((line) => /(?:^|\s|')(?:dma-lens |node \S*dist\/cli\.js )/.test(line))
    .filter((line) => !/^(?:make|npm|trace-cmd) |lsp --stdio/.test(line));
}

const documents = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

const commands = documents.flatMap((name) =>
  commandsIn(readFileSync(name, 'utf8')).map((line) => [name, line] as const),
);

test('there is something to try in README and docs', () => {
  expect(new Set(commands.map(([name]) => name))).toEqual(
    new Set(['README.md', 'docs/ci.md', 'docs/command-line.md', ...commands.map(([name]) => name)]),
  );
});

test.each(commands)('%s: %s', (_name, line) => {
  expect(type(line).status).toBe(0);
});

const examples = Object.values(EXAMPLES)
  .flat()
  .map(([line]) => line)
  .filter((line) => !/^(?:make|trace-cmd) |lsp --stdio/.test(line) && !commands.some(([, known]) => known === line));

test.each(examples)('help: %s', (line) => {
  expect(type(line).status).toBe(0);
});

describe('the git hook', () => {
  test('refuses a commit whose lines bring an error, and lets others pass', () => {
    const hook = /## A git hook.*?```sh\n(#!.*?)```/s.exec(readFileSync('docs/ci.md', 'utf8'))?.[1] ?? '';
    const path = join(box.folder, '.git/hooks/pre-commit');
    mkdirSync(join(box.folder, '.git/hooks'), { recursive: true });
    writeFileSync(path, hook);
    chmodSync(path, 0o755);
    const commit = () =>
      type('git add -A drivers && git -c user.name=T -c user.email=t@e.org commit -q -m x || exit 3');
    box.put({ 'drivers/new.c': 'int dma_map_sg_other;\n' });
    expect(commit().status).toBe(0);
    box.put({ 'drivers/bad.c': WRONG_COUNT });
    expect(commit().status).toBe(3);
    expect(box.git('status', '--porcelain', 'drivers')).toBe('A  drivers/bad.c\n');
  });
});

describe('patches by mail', () => {
  test('a rebase stops at the patch that brings an error', () => {
    const line = commands.map(([, command]) => command).find((command) => command.includes('rebase --exec'));
    const identity = 'git -c user.name=T -c user.email=t@e.org';
    type(`rm -f .git/hooks/pre-commit; git reset -q --hard origin/master`);
    box.put({ 'drivers/good.c': 'int dma_map_sg_other;\n' });
    type(`git add -A drivers; ${identity} commit -qm good`);
    box.put({ 'drivers/bad.c': WRONG_COUNT });
    type(`git add -A drivers; ${identity} commit -qm bad; git format-patch -q -2 --stdout > series.mbox`);
    type(`git reset -q --hard origin/master; ${identity} am -q series.mbox`);
    const { stderr } = type(`${line}; git log -1 --format=%s`);
    expect(stderr).toContain('execution failed: dma-lens check --diff HEAD~1 drivers');
    expect(box.git('log', '-1', '--format=%s')).toBe('bad\n');
  });
});
