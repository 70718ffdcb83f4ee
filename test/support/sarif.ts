/** Checks SARIF logs against the schema of the standard. */

import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import type { Log } from 'sarif';
import { expect } from 'vitest';

const {
  $schema: _draft4,
  id: _id,
  ...schema
} = JSON.parse(readFileSync('test/fixtures/sarif/sarif-2.1.0-rtm.5.json', 'utf8'));
const validate = new Ajv({
  strict: false,
  allErrors: true,
  unicodeRegExp: false,
  formats: {
    uri: (text: string) => URL.canParse(text),
    'uri-reference': (text: string) => /^(?:%[0-9A-F]{2}|[\w.~:/?#@!$&'()*+,;=-])*$/i.test(text),
    'date-time': true,
  },
}).compile<Log>(schema);

/** The log in `text`, valid or the test fails. */
export function validSarif(text: string): Log {
  const log: unknown = JSON.parse(text);
  const isValid = validate(log);
  expect(validate.errors ?? []).toEqual([]);
  if (!isValid) throw new Error('not SARIF');
  return log;
}
