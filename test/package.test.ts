/** What the extension's package holds: all that it needs, and nothing else. */

import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, PackageManager } from '@vscode/vsce';
import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../package.json';
import { RULES } from '../server/rules/index';
import { sandbox } from './support/sandbox';

const box = sandbox();

let files: readonly string[];

beforeAll(async () => {
  files = await listFiles({ cwd: process.cwd(), packageManager: PackageManager.None });
});

test('the list of files', () => {
  const pages = RULES.map((rule) => `docs/rules/${rule.id}.md`);
  expect(files.filter((file) => !pages.includes(file)).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'THIRD-PARTY.md',
    'dist/cli.js',
    'dist/client.js',
    'dist/explorer.js',
    'dist/main.js',
    'dist/scan-worker.js',
    'dist/tree-sitter-c.wasm',
    'dist/web-client.js',
    'dist/web-server.js',
    'dist/web-tree-sitter.wasm',
    'dist/worker.js',
    'images/diagnostics.png',
    'images/explorer.png',
    'images/findings.png',
    'images/fix.png',
    'images/hover.png',
    'images/icon.png',
    'images/status.png',
    'images/view.svg',
    'package.json',
    'samples/driver.c',
    'schemas/dma-lens.schema.json',
    'syntaxes/dma-api.injection.tmLanguage.json',
    'syntaxes/dma-layout.tmLanguage.json',
    'syntaxes/dma-recording.tmLanguage.json',
  ]);
  expect(files.filter((file) => pages.includes(file))).toHaveLength(RULES.length);
});

describe('the list is enough', () => {
  test('files that the manifest names', () => {
    const named = [...JSON.stringify(manifest).matchAll(/"(\.?\/?(?:dist|images|syntaxes|schemas)\/[^"]+)"/g)];
    expect(named.length).toBeGreaterThan(8);
    for (const [, file = ''] of named) expect(files).toContain(file.replace(/^\.\//, ''));
  });

  test('files that the programs name', () => {
    const client = readFileSync('dist/client.js', 'utf8');
    const web = readFileSync('dist/web-client.js', 'utf8');
    for (const name of ['dist/cli.js', 'samples/driver.c']) {
      expect(files).toContain(name);
      expect(client).toContain(name);
    }
    for (const name of ['web-server.js', 'web-tree-sitter.wasm', 'tree-sitter-c.wasm']) {
      expect(files).toContain(`dist/${name}`);
      expect(web).toContain(name);
    }
  });

  test('programs need no module that is not inside', () => {
    const inside = new Set(['vscode', 'tree-sitter', 'tree-sitter-c', '@napi-rs/nice']);
    for (const file of files.filter((one) => /^dist\/.*\.js$/.test(one))) {
      const required = [...readFileSync(file, 'utf8').matchAll(/\brequire\("((?!node:|\.)[a-z@][\w@/.-]*)"\)/g)];
      const foreign = required.map((match) => match[1] ?? '').filter((name) => !inside.has(name) && !isBuiltIn(name));
      expect([file, foreign]).toEqual([file, []]);
    }
  });
});

test('the package alone, without the native parser, says what a checkout says', { timeout: 60_000 }, () => {
  for (const file of files.filter((one) => one.startsWith('dist/') || one === 'package.json')) {
    box.put({ [`package/${file}`]: readFileSync(file) });
  }
  const padding = `/* ${'-'.repeat(60_000)} */\n`;
  const source = readFileSync('samples/driver.c', 'utf8');
  for (let i = 0; i < 60; i++) box.put({ [`tree/f${i}.c`]: `${source}/* ${i} */${padding}` });
  const cache = { XDG_CACHE_HOME: join(box.folder, 'cache') };
  for (const paths of [['tree/f0.c'], ['tree/f1.c'], ['--jobs', '2', 'tree']]) {
    const args = ['check', '--no-cache', '--fail-on', 'never', '--format', 'json', ...paths];
    const alone = spawnSync(process.execPath, [join(box.folder, 'package/dist/cli.js'), ...args], {
      cwd: box.folder,
      encoding: 'utf8',
      env: { ...process.env, ...cache },
    });
    expect(alone.stderr).toBe('');
    expect(JSON.parse(alone.stdout).findings.length).toBeGreaterThan(0);
    expect(alone.stdout).toBe(box.run(args, undefined, cache).out);
  }
});

test('programs for the browser need no module of Node', () => {
  // The parser's loader asks for three of them, but only after it has seen that Node runs it.
  const allowed = { 'dist/web-client.js': ['vscode'], 'dist/web-server.js': ['fs', 'path', 'url'] };
  for (const [file, names] of Object.entries(allowed)) {
    const required = [...readFileSync(file, 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1] ?? '');
    expect([file, required.filter((name) => !names.includes(name))]).toEqual([file, []]);
  }
});

test('pictures stay small', () => {
  const bytes = files.filter((file) => file.startsWith('images/')).reduce((sum, file) => sum + statSync(file).size, 0);
  expect(bytes).toBeLessThan(300_000);
});

function isBuiltIn(name: string): boolean {
  return process.getBuiltinModule(name) !== undefined;
}
