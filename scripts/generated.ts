/** The generated files and their content. */

import { manPage } from '../server/cli/manPage';
import { outline } from '../server/cli/outline';
import { createProgram } from '../server/cli/program';
import { DMA_API } from '../server/dmaApi';
import { withoutMarkers } from '../server/report/ruleText';
import { RULES, type Rule } from '../server/rules/index';
import { SETTINGS } from '../server/settings';
import { defaultPlatforms, PLATFORMS } from '../server/sim/platforms';
import { formatKernel, NEWEST_KERNEL, SEVERITIES } from '../server/types';
import { PROJECT_SCHEMA } from '../server/workspace/projectFile';
import { dmaApiPage } from './dmaApiPage';

/** Path to content. `read` gives a file as it is now. */
export function generatedFiles(read: (path: string) => string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const rule of RULES) files.set(`docs/rules/${rule.id}.md`, rulePage(rule));
  files.set('docs/dma-api.md', dmaApiPage());
  let readme = read('README.md');
  readme = between(readme, 'rules', rulesTable());
  readme = between(readme, 'platforms', platformsTable());
  readme = between(readme, 'settings', settingsTable());
  files.set('README.md', readme);
  files.set('schemas/dma-lens.schema.json', `${JSON.stringify(PROJECT_SCHEMA, undefined, 2)}\n`);
  const program = createProgram(() => {});
  files.set('man/dma-lens.1', manPage(program.description(), outline(program)));
  files.set('package.json', manifest(read('package.json')));
  files.set('syntaxes/dma-api.injection.tmLanguage.json', apiGrammar());
  return files;
}

function between(text: string, name: string, content: string): string {
  const begin = `<!-- generated:${name} -->`;
  const end = `<!-- /generated:${name} -->`;
  const start = text.indexOf(begin);
  const stop = text.indexOf(end);
  if (start === -1 || stop < start) throw new Error(`README.md has no place for '${name}'`);
  return `${text.slice(0, start + begin.length)}\n${content}\n${text.slice(stop)}`;
}

function rulePage(rule: Rule): string {
  const [documents, debug] = rule.reference.split(/\s*dma-debug: /);
  const messages = [...rule.bad.matchAll(/\/\/ +\^+ ((?:error|warning|information): .*)/g)].map(
    (match) => `    ${match[1]}`,
  );
  return `# ${rule.id}

${rule.title}. Severity: ${rule.severity}.

## Why

${rule.why}

${documents}

## Wrong

\`\`\`c
${withoutMarkers(rule.bad)}
\`\`\`

${messages.join('\n')}

## Right

\`\`\`c
${withoutMarkers(rule.good)}
\`\`\`

## Fix

${rule.fix}

## Not reported

${rule.silent}

## Kernels

${rule.since ? `Reported for ${formatKernel(rule.since)} and newer.` : 'Reported for every kernel.'}${debug ? `\n\nCONFIG_DMA_API_DEBUG says, when the code runs: ${debug}` : ''}

Allow one place with \`/* dma-lens: allow(${rule.id}) reason */\` on the line or the line above.
`;
}

function rulesTable(): string {
  const rows = RULES.map((rule) => `| [\`${rule.id}\`](docs/rules/${rule.id}.md) | ${rule.severity} | ${rule.title} |`);
  return ['| rule | severity | what it reports |', '|---|---|---|', ...rows].join('\n');
}

function platformsTable(): string {
  const defaults = defaultPlatforms(NEWEST_KERNEL);
  const rows = PLATFORMS.map(
    (one) =>
      `| \`${one.id}\` | ${one.title} | ${one.doc} | \`${one.backend.source}\` | ${defaults.includes(one.id) ? 'yes' : ''} |`,
  );
  return ['| id | platform | what it does | follows | default |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Marks calls of the DMA API in C by what they do. */
function apiGrammar(): string {
  const roles = new Map<string, string[]>();
  for (const { name, role } of DMA_API) roles.set(role, [...(roles.get(role) ?? []), name]);
  const patterns = [...roles].map(([role, names]) => ({
    match: `\\b(?:${[...new Set(names)].sort().join('|')})\\b(?=\\s*\\()`,
    name: `support.function.dma.${role}.c`,
  }));
  const grammar = {
    name: 'Linux DMA API by role',
    scopeName: 'dma-lens.api.injection',
    injectionSelector: 'L:source.c -comment -string',
    patterns,
  };
  return `${JSON.stringify(grammar, undefined, 2)}\n`;
}

function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(
    ([name, one]) => `| \`dmaLens.${name}\` | \`${JSON.stringify(one.default)}\` | ${one.doc} |`,
  );
  return ['| setting | default | |', '|---|---|---|', ...rows].join('\n');
}

function manifest(text: string): string {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) throw new Error('package.json is no object');
  const contributes = 'contributes' in parsed && typeof parsed.contributes === 'object' ? parsed.contributes : {};
  const properties = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, { doc, ...definition }], order) => [
      `dmaLens.${name}`,
      { ...definition, order, markdownDescription: doc, ...DETAILS[name] },
    ]),
  );
  const configuration = { title: 'DMA Lens', properties };
  const jsonValidation = [{ fileMatch: 'dma-lens.json', url: './schemas/dma-lens.schema.json' }];
  return `${JSON.stringify({ ...parsed, contributes: { ...contributes, configuration, jsonValidation } }, undefined, 2)}\n`;
}

/** What the settings' schemas know from other tables. */
const DETAILS: Readonly<Record<string, object>> = {
  platforms: {
    uniqueItems: true,
    items: {
      type: 'string',
      enum: PLATFORMS.map((one) => one.id),
      enumDescriptions: PLATFORMS.map((one) => one.title),
    },
  },
  severities: {
    additionalProperties: false,
    properties: Object.fromEntries(
      RULES.map(({ id, title, severity }) => [
        id,
        { type: 'string', enum: [...SEVERITIES, 'off'], default: severity, description: title },
      ]),
    ),
  },
};
