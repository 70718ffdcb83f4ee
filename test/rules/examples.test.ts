import { describe, test } from 'vitest';
import { RULES } from '../../server/rules/index';
import { check } from '../support/check';

describe.each(RULES)('$id', (rule) => {
  test('finds its bad example', () => check([rule], rule.bad));
  test('is silent on its good example', () => check([rule], rule.good));
});
