import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** What each folder below `server/` may import, besides itself and the nouns and tables at the top. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  sim: [],
  syntax: [],
  code: ['syntax'],
  facts: ['code', 'replay/types', 'sim/types'],
  rules: ['facts', 'code/ir'],
  replay: ['sim'],
  render: ['sim', 'replay', 'lens'],
  workspace: ['lens', 'syntax', 'rules', 'sim', 'facts/summary'],
  report: ['render', 'replay', 'sim', 'workspace', 'lens', 'rules', 'suppressions'],
  trace: ['sim'],
  lsp: ['lens', 'render', 'replay', 'sim', 'workspace', 'syntax', 'rules', 'report', 'suppressions', 'trace'],
  cli: ['lens', 'report', 'render', 'rules', 'sim', 'syntax', 'workspace', 'replay', 'lsp', 'code', 'facts', 'trace'],
};
/** Files at the top of `server/` that import nothing but types. */
const NOUNS = ['types', 'dmaApi', 'settings', 'protocol', 'nearest'];
/** What may touch files or the process. */
const MAY_TOUCH_FILES =
  /^server\/(?:main\.ts|launch\.ts|cli\.ts|cli\/|workspace\/|syntax\/parser\.ts|lsp\/start\.ts)|^scripts\//;

const files = walk('server');

test('imports point down', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const folder = file.split('/')[1] ?? '';
    const allowed = MAY_IMPORT[folder];
    if (!allowed) continue;
    for (const target of importsOf(file)) {
      const inside = target.replace(/^server\//, '');
      const isOwn = inside.startsWith(`${folder}/`);
      const isNoun = folder !== 'sim' && NOUNS.includes(inside);
      if (isOwn || isNoun || allowed.some((one) => inside === one || inside.startsWith(`${one}/`))) continue;
      wrong.push(`${file} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('the client knows the tables and the protocol of the server; its explorer simulates and draws, too', () => {
  const wrong = walk('client').flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('server/') && !NOUNS.includes(target.slice('server/'.length)))
      .filter((target) => !file.startsWith('client/explorer/') || !/^server\/(?:sim|replay|render)\//.test(target))
      .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('only the shells touch files', () => {
  const wrong = files.filter(
    (file) => !MAY_TOUCH_FILES.test(file) && /from 'node:(?:fs|path|child_process|os)/.test(readFileSync(file, 'utf8')),
  );
  expect(wrong).toEqual([]);
});

test('files can be read from top to bottom', () => {
  const isTable = (file: string) => /dialectTables|dmaApi/.test(file);
  const long = files.filter((file) => !isTable(file) && 400 < readFileSync(file, 'utf8').split('\n').length);
  expect(long).toEqual([]);
});

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/from '(\.[^']+)'/g)].map((match) => normalize(join(dirname(file), match[1] ?? '')));
}
