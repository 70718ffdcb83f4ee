// Makes the .vsix: minified bundles, the WASM parser, no native code, no network.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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
execFileSync(process.execPath, [...vsce, '--out', `${name}-${version}.vsix`], { stdio: 'inherit' });
