import { describe, expect, test } from 'vitest';
import { MENTIONS_DMA } from '../../server/dmaApi';
import { RULES } from '../../server/rules/index';
import { check } from '../support/check';

describe.each(RULES)('$id', (rule) => {
  test('finds its bad example', () => {
    expect(rule.bad).toMatch(/\/\/ +\^+ /);
    check([rule], rule.bad);
  });
  test('has an example that is looked at when it stands in a file of its own', () => {
    expect(rule.bad).toMatch(MENTIONS_DMA);
  });
  test('is silent on its good example', () => check([rule], rule.good));
});
