import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { completionScript, SHELLS } from '../../server/cli/completion';
import { EXAMPLES } from '../../server/cli/examples';
import { outline } from '../../server/cli/outline';
import { createProgram } from '../../server/cli/program';
import { sandbox } from '../support/sandbox';

const program = createProgram(() => {});
const commands = outline(program);

function hasShell(name: string): boolean {
  return spawnSync(name, ['--version']).status === 0;
}

test('every command has a description, examples, and options that are explained', () => {
  for (const command of commands) {
    expect(command.doc, command.name).toMatch(/\S/);
    expect(EXAMPLES[command.name], command.name).toBeDefined();
    for (const option of command.options) expect(option.doc, `${command.name} ${option.flags}`).toMatch(/\S/);
  }
});

describe.runIf(hasShell('bash'))('bash', () => {
  const script = completionScript('bash', commands);

  function complete(...words: readonly string[]): readonly string[] {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _dma_lens; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' });
    return out.split('\n').filter(Boolean);
  }

  test.each([
    [['dma-lens', 'che'], ['check']],
    [['dma-lens', '--v'], ['--version']],
    [['dma-lens', 'check', '--for'], ['--format']],
    [['dma-lens', 'check', '--format', 's'], ['sarif']],
    [['dma-lens', 'check', '--rule', 'stack-buffer,vm'], ['stack-buffer,vmalloc-buffer']],
    [['dma-lens', 'explain', 'double'], ['double-unmap']],
    [['dma-lens', 'simulate', '--backend', 'swiotlb'], ['swiotlb']],
    [['dma-lens', 'completion', 'z'], ['zsh']],
    // Left to the shell: files.
    [['dma-lens', 'check', 'dri'], []],
    [['dma-lens', 'check', '--baseline', 'x'], []],
  ])('%j', (words, expected) => {
    expect(complete(...words)).toEqual(expected);
  });
});

describe.runIf(hasShell('zsh'))('zsh', () => {
  test('the script parses', () => {
    expect(spawnSync('zsh', ['-n'], { input: completionScript('zsh', commands), encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe.runIf(hasShell('fish'))('fish', () => {
  const box = sandbox();
  const ask = (line: string) => {
    box.put({ 'dma-lens.fish': completionScript('fish', commands) });
    const command = `source dma-lens.fish; complete -C '${line}'`;
    const env = { ...process.env, HOME: box.folder, XDG_CONFIG_HOME: box.folder, XDG_DATA_HOME: box.folder };
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', command], {
      cwd: box.folder,
      encoding: 'utf8',
      env,
    });
    return { words: stdout.split('\n').map((one) => one.split('\t')[0]), stderr };
  };
  test('commands, options and values', () => {
    expect(ask('dma-lens che')).toMatchObject({ words: ['check', ''], stderr: '' });
    expect(ask('dma-lens check --form').words).toContain('--format');
    expect(ask('dma-lens check --format sa').words).toContain('sarif');
    expect(ask('dma-lens explain double').words).toContain('double-unmap');
  });
});

test.each(SHELLS)('%s knows all commands and long options', (shell) => {
  const script = completionScript(shell, commands);
  for (const command of commands) {
    expect(script).toContain(command.name);
    for (const option of command.options) expect(script).toContain((option.names.at(-1) ?? '').replace(/^--/, ''));
  }
});

describe('the manual page', () => {
  const page = readFileSync('man/dma-lens.1', 'utf8');

  test('names every command and option', () => {
    const plain = page.replace(/\\-/g, '-');
    for (const command of commands) {
      expect(plain).toContain(`.B dma-lens ${command.name}`);
      for (const option of command.options) expect(plain).toContain(option.flags);
    }
  });

  test('no line of text is taken for a macro', () => {
    const macros = new Set(page.split('\n').flatMap((line) => /^[.'](\S+)/.exec(line)?.[1] ?? []));
    expect([...macros].sort()).toEqual(['B', 'SH', 'SS', 'TH', 'TP', 'br', 'fi', 'nf']);
  });
});
