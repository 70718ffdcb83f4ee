/** A rule in plain text and in Markdown. */

import type { Rule } from '../rules/index';

/** The whole explanation of a rule, for a terminal. */
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

/** The same in Markdown, for viewers of reports. */
export function ruleMarkdown(rule: Rule): string {
  const parts = [
    rule.why,
    `**Wrong**\n\n${code(rule.bad)}`,
    `**Right**\n\n${code(rule.good)}`,
    `**Fix:** ${rule.fix}`,
    `**Not reported:** ${rule.silent}`,
    rule.reference,
  ];
  return parts.join('\n\n');
}

/** An example without the lines that say what is found where. */
export function withoutMarkers(example: string): string {
  return example
    .split('\n')
    .filter((line) => !/^\s*\/\/\s*\^/.test(line))
    .join('\n')
    .trim();
}

function code(example: string): string {
  return `\`\`\`c\n${withoutMarkers(example)}\n\`\`\``;
}
