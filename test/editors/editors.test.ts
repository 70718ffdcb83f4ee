/** Other editors drive the same server, as the documentation sets them up. `scripts/install-editors.sh` installs them. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

interface Run {
  readonly name: string;
  /** All of them must be installed. */
  readonly programs: readonly string[];
  readonly config: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: number;
}

const NEOVIM = {
  config: 'docs/editors/neovim.lua',
  args: ['--headless', '-u', 'NONE', '-i', 'NONE', '-n', '-c', `luafile ${resolve('test/editors/neovim.lua')}`],
};

const RUNS: readonly Run[] = [
  { name: 'Neovim', programs: ['nvim'], ...NEOVIM, steps: 10 },
  { name: 'Neovim beside clangd', programs: ['nvim', 'clangd'], ...NEOVIM, env: { CLANGD: 'clangd' }, steps: 13 },
  {
    name: 'Emacs',
    programs: ['emacs'],
    config: 'docs/editors/emacs.el',
    args: ['--batch', '-Q', '-l', resolve('test/editors/emacs.el')],
    steps: 7,
  },
];

const isInstalled = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

test.each(RUNS.filter((run) => run.programs.every(isInstalled)))(
  '$name: diagnostics, hover, a fix applied',
  ({ programs: [program = ''], config, args, env, steps }) => {
    const folder = mkdtempSync(join(tmpdir(), 'editor-'));
    const file = join(folder, 'driver.c');
    copyFileSync('test/editors/driver.c', file);
    const { stdout, stderr, status } = spawnSync(program, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 170_000,
      env: {
        ...process.env,
        ...env,
        HOME: folder,
        FILE: file,
        SERVER: resolve('dist/cli.js'),
        CONFIG: resolve(config),
      },
    });
    rmSync(folder, { recursive: true });
    const lines = stdout.split('\n').filter((line) => /^(?:ok|FAIL) /.test(line));
    expect(
      lines.filter((line) => line.startsWith('FAIL')),
      stdout + stderr,
    ).toEqual([]);
    expect([status, lines.length], stdout + stderr).toEqual([0, steps]);
  },
  180_000,
);

test('the page about other editors shows the files that are tested', () => {
  const page = readFileSync('docs/editors/README.md', 'utf8');
  for (const { config } of RUNS) expect(page).toContain(`(${config.split('/').at(-1)})`);
});
