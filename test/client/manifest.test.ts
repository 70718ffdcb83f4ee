import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json';
import { PLATFORM_PRESETS, readSettings, SETTINGS } from '../../server/settings';
import { PLATFORMS } from '../../server/sim/platforms';

const source = readdirSync('client', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(`client/${name}`, 'utf8'))
  .join('\n');
const { contributes } = manifest;
const contributed = contributes.commands.map((one) => one.command);
const matches = (pattern: RegExp) => [...new Set([...source.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();

/** Commands that the server names in lenses; they need arguments, so that nobody should find them in the palette. */
const INTERNAL = ['dmaLens.showHover'];
/** Commands that VS Code makes of views. */
const OF_VIEWS = ['dmaLens.findings.focus'];

describe('commands', () => {
  test('what is contributed is registered, and the other way round', () => {
    const registered = matches(/registerCommand\(\s*'([\w.]+)'/g);
    expect(registered).toEqual([...contributed, ...INTERNAL].sort());
  });

  test.each(contributes.commands)('$command has a title, a category and an enablement that can be true', (command) => {
    expect(command.title).toMatch(/^[A-Z][A-Za-z ]+(?:\.\.\.)?$/);
    expect(command.category).toBe('DMA Lens');
    const keys = [...('enablement' in command ? String(command.enablement) : '').matchAll(/dmaLens\.\w+/g)];
    const set = matches(/'setContext',\s*'([\w.]+)'/g);
    for (const [key] of keys) expect(set).toContain(key);
  });

  test('every command that is mentioned anywhere exists', () => {
    const text = JSON.stringify(contributes) + source;
    const mentioned = [
      ...text.matchAll(/(?:command:|"command": ?"|executeCommand\(\s*'|onCommand:)(dmaLens\.[\w.]+)/g),
    ];
    const known = [...contributed, ...INTERNAL, ...OF_VIEWS];
    expect(mentioned.map((match) => match[1]).filter((one) => !known.includes(one ?? ''))).toEqual([]);
    expect(mentioned.length).toBeGreaterThan(5);
  });

  test('menus show commands of ours', () => {
    const shown = Object.values(contributes.menus).flatMap((menu) => menu.map((one) => one.command));
    expect(shown.filter((one) => !contributed.includes(one))).toEqual([]);
  });
});

describe('views, languages, tasks', () => {
  test('every view has a provider and words for when it is empty', () => {
    const views = Object.values(contributes.views).flatMap((group) => group.map((one) => one.id));
    expect(views).toEqual(['dmaLens.findings']);
    for (const view of views) expect(source).toContain(`'${view}'`);
    expect(contributes.viewsWelcome.map((one) => one.view)).toEqual(views);
  });

  test('every language has a grammar, every grammar a file', () => {
    for (const { id } of contributes.languages) {
      expect(contributes.grammars.some((one) => 'language' in one && one.language === id)).toBe(true);
    }
    const files = contributes.grammars.map((one) => one.path.slice(2)).sort();
    expect(files).toEqual(readdirSync('syntaxes').map((name) => `syntaxes/${name}`));
    for (const { path, scopeName } of contributes.grammars) {
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ scopeName });
    }
  });

  test('the task type is provided, with the matcher that is contributed', () => {
    expect(contributes.taskDefinitions.map((one) => one.type)).toEqual(['dma-lens']);
    expect(source).toContain("TYPE = 'dma-lens'");
    expect(source).toContain(`'$${contributes.problemMatchers[0]?.name}'`);
  });

  test('the problem matcher reads what the command line writes', () => {
    const { regexp } = contributes.problemMatchers[0]?.pattern ?? { regexp: '' };
    const line = 'drivers/a b.c:37:41: error: it needs [this], not that [unmap-with-mapped-count]';
    expect(new RegExp(regexp).exec(line)?.slice(1)).toEqual([
      'drivers/a b.c',
      '37',
      '41',
      'error',
      'it needs [this], not that',
      'unmap-with-mapped-count',
    ]);
  });

  test('walkthrough: pictures with words, and steps that can be completed', () => {
    const steps = contributes.walkthroughs.flatMap((one) => one.steps);
    expect(steps).toHaveLength(5);
    for (const { media, completionEvents } of steps) {
      expect(existsSync(media.image)).toBe(true);
      expect(media.altText.length).toBeGreaterThan(20);
      expect(completionEvents.length).toBeGreaterThan(0);
    }
  });
});

describe('settings', () => {
  const properties: Readonly<
    Record<string, { scope?: string; enum?: readonly string[]; enumDescriptions?: readonly string[] }>
  > = contributes.configuration.properties;

  test('have a scope, and words for each choice', () => {
    for (const [name, one] of Object.entries(properties)) {
      expect([name, one.scope]).toEqual([name, expect.stringMatching(/^(?:resource|window|machine-overridable)$/)]);
      if (one.enum) expect([name, one.enumDescriptions?.length]).toEqual([name, one.enum.length]);
    }
  });

  test('that touch the process do not come from a workspace that nobody trusts', () => {
    const guarded = Object.entries(SETTINGS)
      .filter(([, one]) => one.scope === 'machine-overridable')
      .map(([name]) => `dmaLens.${name}`);
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(guarded);
    expect(guarded.length).toBeGreaterThan(0);
  });

  test('presets name platforms that exist', () => {
    const known = PLATFORMS.map((one) => one.id);
    for (const { platforms } of Object.values(PLATFORM_PRESETS)) {
      for (const id of platforms) expect(known).toContain(id);
    }
  });

  test.each([
    undefined,
    null,
    7,
    'x',
    [],
    {},
    { enable: 4, kernel: {}, platformPreset: 'toString', delay: Number.NaN },
  ])('nonsense such as %j leaves the defaults', (given) => {
    expect(readSettings(given)).toEqual(readSettings({}));
  });
});

describe('what a shop shows', () => {
  test('icon, banner, categories, keywords', () => {
    const icon = readFileSync(manifest.icon);
    expect(icon.subarray(1, 4).toString()).toBe('PNG');
    expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([256, 256]);
    expect(manifest.galleryBanner).toMatchObject({ color: expect.stringMatching(/^#/), theme: 'dark' });
    expect(manifest.categories).toContain('Linters');
    expect(manifest.keywords).toContain('dma');
  });

  test('pictures are small', () => {
    for (const name of readdirSync('images'))
      expect([name, statSync(`images/${name}`).size < 120_000]).toEqual([name, true]);
  });

  test('nothing is measured or sent', () => {
    expect(source).not.toMatch(/telemetry|fetch\(|https?:\/\//i);
    const server = readdirSync('server', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    for (const name of server)
      expect(readFileSync(`server/${name}`, 'utf8')).not.toMatch(/node:https?|node:net|fetch\(/);
  });
});
