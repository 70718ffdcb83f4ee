import { describe, expect, test } from 'vitest';
import { RULES } from '../../server/rules/index';
import { check } from '../support/check';

describe.each(RULES)('$id', (rule) => {
  test('finds its bad example', () => {
    expect(rule.bad).toMatch(/\/\/ +\^+ /);
    check([rule], rule.bad);
  });
  test('is silent on its good example', () => check([rule], rule.good));
});
