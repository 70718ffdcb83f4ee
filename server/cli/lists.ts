/** `dma-lens explain`, `rules` and `platforms`. */

import { explainRule } from '../report/ruleText';
import { RULES } from '../rules/index';
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
