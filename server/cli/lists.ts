/** `dma-lens explain`, `rules` and `platforms`. */

import { RULES, type Rule } from '../rules/index';
import { defaultPlatforms, PLATFORMS } from '../sim/platforms';
import { NEWEST_KERNEL } from '../types';
import { knownIds } from './ids';

export function printRule(id: string): void {
  const [known] = knownIds(
    id,
    RULES.map((rule) => rule.id),
    'rule',
  );
  const rule = RULES.find((one) => one.id === known);
  if (rule) process.stdout.write(explainRule(rule));
}

/** A rule in plain text. */
export function explainRule(rule: Rule): string {
  const parts = [
    `${rule.id} (${rule.severity})`,
    rule.title,
    rule.why,
    `Wrong:\n${withoutMarkers(rule.bad)}`,
    `Right:\n${withoutMarkers(rule.good)}`,
    `Fix: ${rule.fix}`,
    `Not reported: ${rule.silent}`,
    `See: ${rule.reference}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** An example without the lines that say what is found where. */
export function withoutMarkers(example: string): string {
  return example
    .split('\n')
    .filter((line) => !/^\s*\/\/\s*\^/.test(line))
    .join('\n')
    .trim();
}

export function printRules(format: string): void {
  const rows = RULES.map(({ id, severity, title }) => ({ id, severity, title }));
  process.stdout.write(
    format === 'json'
      ? json(rows)
      : rows.map((one) => `${one.id.padEnd(28)}${one.severity.padEnd(13)}${one.title}\n`).join(''),
  );
}

export function printPlatforms(format: string): void {
  const defaults = defaultPlatforms(NEWEST_KERNEL);
  const rows = PLATFORMS.map(({ id, title, doc, backend }) => ({
    id,
    title,
    doc,
    source: backend.source,
    default: defaults.includes(id),
  }));
  process.stdout.write(
    format === 'json'
      ? json(rows)
      : rows.map((one) => `${one.id.padEnd(22)}${one.default ? '* ' : '  '}${one.title}\n`).join(''),
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
