/** Writes what is known in tables into the places where people read it: rule pages, README tables, manifest. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './generated';
import { thirdParties, thirdPartyPage } from './thirdParty';

const check = process.argv.includes('--check');
mkdirSync('docs/rules', { recursive: true });
for (const folder of ['schemas', 'man']) mkdirSync(folder, { recursive: true });
const files = generatedFiles((path) => readFileSync(path, 'utf8'));
const pages = new Set([...files.keys()].filter((path) => path.startsWith('docs/rules/')));
for (const name of readdirSync('docs/rules')) {
  if (!pages.has(`docs/rules/${name}`) && !check) rmSync(`docs/rules/${name}`);
}
for (const [path, content] of files) if (!check) writeFileSync(path, content);

thirdParties().then(
  (packages) => {
    if (!check) writeFileSync('THIRD-PARTY.md', thirdPartyPage(packages));
  },
  (error: unknown) => {
    process.stderr.write(`generate: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  },
);
