/** What comes from others: all of it pinned, its licences known and permissive, its texts in the package. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import manifest from '../package.json';
import { thirdParties, thirdPartyPage } from '../scripts/thirdParty';

/** Ask for no more than to be named. */
const PERMISSIVE = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0'];
/** Of tools that are not shipped, these are allowed too. */
const FOR_TOOLS = [
  ...PERMISSIVE,
  'MPL-2.0',
  'Artistic-2.0',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
];
/** Free to use, not free software: signs packages for a marketplace, and is part of the packager. */
const OWN_TERMS = /^node_modules\/@vscode\/vsce-sign/;

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
}

const lock: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
);
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

const packages = await thirdParties();

describe('what is shipped', () => {
  test('has its licences in THIRD-PARTY.md; npm run generate writes it', () => {
    expect(readFileSync('THIRD-PARTY.md', 'utf8')).toBe(thirdPartyPage(packages));
    expect(packages.map((one) => one.name)).toContain('web-tree-sitter');
  });

  test('may be shipped', () => {
    expect(packages.filter((one) => !PERMISSIVE.includes(one.licence))).toEqual([]);
  });
});

describe('the lock file', () => {
  test('pins everything with a checksum, and names no source but the registry', () => {
    const loose = locked.filter(
      ([, { resolved, integrity = '' }]) => resolved !== undefined || !/^sha512-/.test(integrity),
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  test('has all that the manifest asks for', () => {
    for (const name of Object.keys({ ...manifest.devDependencies, ...manifest.optionalDependencies })) {
      expect(lock.packages[`node_modules/${name}`]?.version).toBeDefined();
    }
  });

  test('has licences that are known', () => {
    const words = (licence: string) => licence.replace(/[()]/g, '').split(/ (?:OR|AND) /);
    const unknown = locked
      .filter(([path]) => !OWN_TERMS.test(path))
      .filter(([, { license }]) => !words(license ?? '').some((one) => FOR_TOOLS.includes(one)));
    expect(unknown.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  });
});

test('only what was looked at may run scripts when it is installed', () => {
  expect(manifest.allowScripts).toEqual({ esbuild: true });
});
