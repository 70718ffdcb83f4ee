// Makes the .vsix: minified bundles, no native code, no network. `--target linux-x64` names a platform in the package.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { target: { type: 'string' } } });
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
execFileSync(process.execPath, ['scripts/build.mjs', '--minify'], { stdio: 'inherit' });
const vsce = [
  'node_modules/@vscode/vsce/vsce',
  'package',
  '--no-dependencies',
  '--allow-missing-repository',
  '--skip-license',
  '--no-rewrite-relative-links',
];
// Every target gets the same files: nothing in them depends on the platform.
const target = values.target === undefined ? [] : ['--target', values.target];
const file = [name, ...target.slice(1), version].join('-');
execFileSync(process.execPath, [...vsce, ...target, '--out', `${file}.vsix`], { stdio: 'inherit' });
