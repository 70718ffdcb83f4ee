import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generatedFiles } from '../scripts/generated';

const files = generatedFiles((path) => readFileSync(path, 'utf8'));

test.each([...files])('%s is fresh; npm run generate writes it', (path, content) => {
  const normal = (text: string) => (path.endsWith('.json') ? JSON.parse(text) : text);
  expect(normal(readFileSync(path, 'utf8'))).toEqual(normal(content));
});

test('no page of a rule that is gone', () => {
  const pages = [...files.keys()]
    .filter((path) => path.startsWith('docs/rules/'))
    .map((path) => path.slice('docs/rules/'.length));
  expect(readdirSync('docs/rules').sort()).toEqual(pages.sort());
});
