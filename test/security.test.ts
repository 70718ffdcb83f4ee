/**
 * What comes from files, traces, settings and workspaces starts nothing, reaches nobody, and is written nowhere but where
 * the command line says, and in the cache. A process is watched from within, and git by traps that leave a mark.
 */

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { frame } from '../scripts/fuzz/client';
import { checkSvg } from '../scripts/fuzz/source';
import { analyze } from '../server/lens';
import { escapeMarkdown, hoverMarkdown } from '../server/render/markdown';
import { drawSvg } from '../server/render/svg';
import { createParser } from '../server/syntax/parser';
import { tracePage } from '../server/trace/page';
import { summarize } from '../server/trace/summary';
import { traceSvg } from '../server/trace/svg';
import { NEWEST_KERNEL } from '../server/types';
import { sandbox } from './support/sandbox';
import { FIRST_ADDRESS, WRONG_COUNT } from './support/scan';

vi.setConfig({ testTimeout: 120_000 });

const box = sandbox();
const CLI = resolve('dist/cli.js');
const WATCH = resolve('test/support/watchProcess.cjs');
const LOG = join(box.folder, 'log');
const CACHE = join(box.folder, 'cache');
/** Names and words that would do something in a shell, on a terminal, in Markdown or in HTML. */
const NAMES = [
  '$(touch pwned).c',
  '`touch pwned`.c',
  ';touch pwned;.c',
  '\'"&|<b>.c',
  '--fix.c',
  '-rf.c',
  'a\nb.c',
  '~.c',
];
const WORDS = '$(touch pwned) `touch pwned` <script>alert(1)</script> ![x](http://example.org/x) [x](command:y)';
const SETTINGS = {
  'dmaLens.server.path': '/bin/sh',
  'dmaLens.trace.server': '$(touch pwned)',
  'git.path': './pwn.sh',
};

beforeAll(() => {
  for (const [i, name] of NAMES.entries()) {
    box.put({ [`tree/${name}`]: `/* ${WORDS} ${i} */\n${i % 2 === 0 ? WRONG_COUNT : FIRST_ADDRESS}` });
  }
  // Enough for workers.
  for (let i = 0; i < 40; i++) box.put({ [`tree/more/f${i}.c`]: `${WRONG_COUNT}/* ${i} ${'-'.repeat(60_000)} */\n` });
  box.put({
    'tree/dma-lens.json': `{ "kernel": "6.12", "ignore": ["../../**", "$(touch pwned)"] }`,
    'tree/.vscode/settings.json': JSON.stringify(SETTINGS),
    'tree/package.json': JSON.stringify({ main: './pwn.js', scripts: { preinstall: 'touch pwned' } }),
    'tree/node_modules/tree-sitter/index.js': `require('node:fs').writeFileSync('pwned', '')`,
    'tree/tree-sitter.js': `require('node:fs').writeFileSync('pwned', '')`,
    'tree/shard.json': JSON.stringify({
      version: 1,
      kernel: '6.12',
      files: { seen: 1, analyzed: 1, failed: [{ file: WORDS, reason: WORDS }] },
      findings: [],
    }),
    'tree/.gitignore': '!*\n$(touch pwned)\n',
  });
});

/** Starts the command line; `did` tells what it did besides reading and writing to the cache, as `write "/tmp/x"`. */
function start(args: readonly string[], cache = CACHE) {
  rmSync(LOG, { force: true });
  const child = spawn(process.execPath, ['--require', WATCH, CLI, ...args], {
    cwd: join(box.folder, 'tree'),
    env: { ...process.env, XDG_CACHE_HOME: CACHE, WATCH_LOG: LOG },
  });
  const did = () => {
    const lines = existsSync(LOG) ? readFileSync(LOG, 'utf8').trimEnd().split('\n') : [];
    return lines.filter((line) => !line.startsWith(`write "${cache}`));
  };
  return { child, did };
}

/** Runs it to its end. */
async function watched(args: readonly string[], input = '', cache = CACHE) {
  const { child, did } = start(args, cache);
  child.stdin.end(input);
  child.stdout.resume();
  let err = '';
  child.stderr.on('data', (part) => (err += part));
  const status = await new Promise((done) => child.once('close', done));
  return { status, err, did: did() };
}

const TRACED =
  '  t-1 [000] ..... 1.0: dma_map_page: $(touch<script> dir=TO_DEVICE dma_addr=fffff000 size=64 phys_addr=1000 attrs=\n';
const REPLAYED = '--platform=direct,iommu-dma,swiotlb';

describe('besides reading, and writing to its cache, nothing is done by', () => {
  test.each([
    ['a check of a folder, in several threads', ['check', '--jobs', '2', REPLAYED, '.'], '', 1],
    ['a check of a folder without a cache', ['check', '--no-cache', '--format', 'sarif', '.'], '', 1],
    ['a check of standard input', ['check', '--stdin', '--stdin-filename', '$(touch pwned).c'], WRONG_COUNT, 1],
    ['a look at what the analysis sees', ['debug', 'summaries', NAMES[0] ?? ''], '', 0],
    ['a drawing', ['simulate', '--backend', 'direct', '--segments', '64K,16K', '--format', 'svg'], '', 0],
    ['a drawing of nonsense', ['simulate', '--backend', 'direct', '--segments', '64K,$(touch pwned)'], '', 2],
    ['a trace', ['trace', '--format', 'html', '-'], TRACED, 0],
    ['a script to record with', ['record-script', '--device', '0000:00:01.0'], '', 0],
    ['a script for no device', ['record-script', '--device', '$(touch pwned)'], '', 2],
    ['reports of others', ['merge', 'shard.json'], '', 0],
  ])('%s', async (_what, args, input, expected) => {
    const { did, status } = await watched(args, input);
    expect({ did, status }).toEqual({ did: [], status: expected });
    expect(existsSync(join(box.folder, 'tree/pwned'))).toBe(false);
  });
});

test('without kept results only the compiled program is written', async () => {
  const { did } = await watched(['check', '--no-cache', '.'], '', join(CACHE, 'dma-lens/compiled'));
  expect(did).toEqual([]);
});

test('a server whose workspace, messages and settings are hostile', async () => {
  const root = pathToFileURL(join(box.folder, 'tree')).href;
  const uri = `${root}/${encodeURIComponent(NAMES[0] ?? '')}`;
  const notify = (method: string, params: unknown) => frame({ jsonrpc: '2.0', method, params });
  const ask = (method: string, params: unknown) => frame({ jsonrpc: '2.0', id: method, method, params });
  const at = { textDocument: { uri }, position: { line: 5, character: 30 } };
  const input = [
    ask('initialize', {
      processId: null,
      rootUri: root,
      workspaceFolders: [{ uri: root, name: WORDS }],
      capabilities: { window: { workDoneProgress: true } },
      initializationOptions: { settings: SETTINGS, rulePages: 'http://example.org', path: '/bin/sh' },
    }),
    notify('initialized', {}),
    notify('textDocument/didOpen', { textDocument: { uri, languageId: 'c', version: 1, text: FIRST_ADDRESS } }),
    ask('textDocument/hover', at),
    ask('textDocument/codeLens', at),
    ask('dmaLens/layout', at),
    ask('dmaLens/trace', { text: WORDS, name: '../../pwned' }),
    ask('workspace/executeCommand', { command: 'dmaLens.server.check', arguments: [root] }),
    ask('workspace/executeCommand', { command: '$(touch pwned)', arguments: [WORDS] }),
    ask('shutdown', null),
    notify('exit', null),
  ];
  const { child, did } = start(['lsp', '--stdio']);
  let out = '';
  child.stdout.on('data', (part) => (out += part));
  child.stdin.write(input.join(''));
  const status = await new Promise((done) => child.once('close', done));
  expect(out).toContain('"code":"contiguity-assumed"');
  expect({ did: did(), status }).toEqual({ did: [], status: 0 });
  expect(existsSync(join(box.folder, 'tree/pwned'))).toBe(false);
});

test('the watch sees what is done', () => {
  const script = `
    const fs = require('node:fs');
    fs.writeFileSync('seen', '');
    fs.promises.writeFile('seen', '').then(() => fs.createWriteStream('seen').end());
    fs.closeSync(fs.openSync('seen', 'a'));
    fs.renameSync('seen', 'seen2');
    require('node:child_process').spawnSync('true', ['x']);
    require('node:child_process').exec('true y');
    require('node:net').connect({ port: 9, host: '127.0.0.1' }).on('error', () => {});
    fetch('http://127.0.0.1:49152').catch(() => {});
    new (require('node:worker_threads').Worker)("require('node:fs').mkdirSync('seen3')", { eval: true });`;
  rmSync(LOG, { force: true });
  const env = { ...process.env, WATCH_LOG: LOG };
  const done = spawnSync(process.execPath, ['--require', WATCH, '-e', script], {
    cwd: box.folder,
    env,
    encoding: 'utf8',
  });
  expect(done.stderr).toBe('');
  const log = readFileSync(LOG, 'utf8');
  for (const seen of ['write "seen"', 'write "seen2"', 'write "seen3"', 'run "true x"', 'run "/bin/sh -c true y"']) {
    expect(log).toContain(`${seen}\n`);
  }
  expect(log.match(/^connect .*$/gm)?.length).toBeGreaterThan(1);
});

describe('a repository whose configuration runs programs', () => {
  const folder = join(box.folder, 'tree');
  const trap = (name: string) => `touch '${join(box.folder, `trap-${name}`)}'; cat`;
  const git = (...args: readonly string[]) =>
    spawnSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });

  beforeAll(() => {
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'x');
    const hooks = join(folder, '.git/hooks');
    mkdirSync(hooks, { recursive: true });
    for (const hook of ['post-index-change', 'fsmonitor-watchman', 'reference-transaction', 'post-checkout']) {
      writeFileSync(join(hooks, hook), `#!/bin/sh\n${trap(`hook-${hook}`)}\n`);
      chmodSync(join(hooks, hook), 0o755);
    }
    const settings = {
      'core.fsmonitor': trap('fsmonitor'),
      'core.pager': trap('pager'),
      'core.sshCommand': trap('ssh'),
      'core.editor': trap('editor'),
      'diff.external': trap('external'),
      'diff.evil.command': trap('driver'),
      'diff.evil.textconv': trap('textconv'),
      'filter.evil.clean': trap('clean'),
      'filter.evil.smudge': trap('smudge'),
      'filter.evil.required': 'true',
      'filter.process.process': trap('process'),
      'alias.diff': `!${trap('alias')}`,
      'alias.rev-parse': `!${trap('alias')}`,
      'uploadpack.packObjectsHook': trap('pack'),
    };
    for (const [name, value] of Object.entries(settings)) git('config', name, value);
    box.put({ 'tree/.gitattributes': '*.c diff=evil filter=evil\nf2.c filter=process\n' });
    // Looked at by git since its time differs, though it is the same; and one that did change.
    box.put({ 'tree/more/f1.c': readFileSync(join(folder, 'more/f1.c')) });
    const changed = readFileSync(join(folder, 'more/f2.c'), 'utf8').replace('dma_unmap_sg(', 'dma_unmap_sg (');
    box.put({ 'tree/more/f2.c': changed });
  });

  const sprung = () => readdirSync(box.folder).filter((name) => name.startsWith('trap-'));

  test('the traps work where git is asked without care', () => {
    git('diff');
    git('status');
    const expected = ['clean', 'driver', 'fsmonitor', 'hook-post-index-change', 'process'];
    expect(sprung().sort()).toEqual(expected.map((name) => `trap-${name}`));
    for (const name of sprung()) rmSync(join(box.folder, name));
  });

  test('--diff starts none of them', async () => {
    const { status, err, did } = await watched(['check', '--diff', 'HEAD', '.']);
    expect({ status, err }).toEqual({ status: 1, err: '' });
    expect(did.every((line) => line.startsWith('run "git '))).toBe(true);
    expect(sprung()).toEqual([]);
  });

  test('--diff refuses a filter that it cannot turn off', async () => {
    git('config', 'filter.a=b.clean', trap('clean'));
    const { status, err } = await watched(['check', '--diff', 'HEAD', '.']);
    expect(status).toBe(2);
    expect(err).toContain('git diff | dma-lens check --diff -');
    expect(sprung()).toEqual([]);
  });
});

/** Would leave a tag, an attribute, a code span, a table cell or a link, were it not escaped. */
const MARKUP = `</code><img/src=x>"'\`|](command:y)![x](http://example.org/x)&lt;\n</script><script>alert(1)</script>`;

describe('words from a file stay words', () => {
  test('in hovers', async () => {
    const inString = MARKUP.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n');
    const text = `${FIRST_ADDRESS}int g(struct unit *unit)
{
	unit->addr["${inString}"] = dma_map_single(unit->dev, unit->buf, sizeof("${inString}"), DMA_TO_DEVICE);
	start(unit->addr["${inString}"]);
	return 0;
}
`.replaceAll('unit->base', `unit->base["${inString}"]`);
    const { hoverAt, findings } = analyze(text, await createParser(), { kernel: NEWEST_KERNEL });
    expect(findings.map((one) => one.message).join()).toContain('<img');
    const shown = new Set<string>();
    for (let at = 0; at < text.length; at++) {
      const hover = hoverAt(at);
      const options = { images: at % 2 === 0, theme: 'dark', explorer: true } as const;
      if (hover) shown.add(hoverMarkdown(hover, { ...options, rulePage: (rule) => `page:${rule}` }));
    }
    expect(shown.size).toBeGreaterThan(1);
    for (const markdown of shown) {
      const targets = [...markdown.matchAll(/(?<!\\)\]\(([^)\s]*)/g)].map((match) => match[1] ?? '');
      const ours = /^(?:page:[a-z-]+$|data:image\/svg\+xml;base64,|command:dmaLens\.\w+\?%5B)/;
      expect(targets.filter((target) => !ours.test(target))).toEqual([]);
      expect(markdown).not.toMatch(/<\/?[a-z]/i);
    }
  });

  test('in the titles of findings and the places where Markdown is made of them', () => {
    const escaped = escapeMarkdown(MARKUP);
    expect(escaped).not.toMatch(/(?<!\\)[`|[\]()!<>]/);
    expect(escaped).not.toContain('\n');
  });

  test('in pictures', () => {
    const failed = { ok: false, backend: MARKUP, errno: -5, reason: MARKUP } as const;
    for (const theme of ['light', 'dark'] as const) {
      const svg = drawSvg([{ page: 0x1000n, offset: 0, length: 4096 }], failed, { title: MARKUP, theme });
      expect(svg).not.toMatch(/<(?:img|script|code)|\son\w+=/i);
      checkSvg(svg);
    }
  });

  test('in the page and the picture of a trace, wherever they stand in it', () => {
    const lines = readFileSync('test/fixtures/trace-6.12-drivers.txt', 'utf8').split('\n').slice(0, 120);
    const evil = MARKUP.replace(/\n/g, '');
    const scripts = tracePage(summarize(lines), 'x', 'abc').match(/<script/g)?.length ?? 0;
    const seen = new Set<string>();
    for (let word = 0; word < 24; word++) {
      const bent = lines.map((line, i) => (line.startsWith('#') || i % 3 === 0 ? line : replaceWord(line, word, evil)));
      const report = summarize(bent);
      const page = tracePage(report, evil, 'abc');
      const tags = [...page.matchAll(/<([a-z]\w*)/gi)].map((match) => match[1] ?? '');
      for (const tag of tags) seen.add(tag);
      expect(page.match(/<script/g)).toHaveLength(scripts);
      expect(page).not.toMatch(/<img|="[^"]*"\s*'/i);
      checkSvg(traceSvg(report));
      expect(traceSvg(report)).not.toMatch(/<(?:img|script|code)/i);
    }
    expect(seen).toContain('table');
  });
});

/** A line with one of its words, or of its values, replaced. */
function replaceWord(line: string, index: number, by: string): string {
  const words = [...line.matchAll(/[^\s=:,[\]()]+/g)];
  const word = words[index % Math.max(1, words.length)];
  return word ? line.slice(0, word.index) + by + line.slice(word.index + word[0].length) : line;
}
