import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import { describe, expect, test } from 'vitest';
import { PROJECT_SCHEMA, parseProjectFile } from '../../server/workspace/projectFile';

const FULL = `{
  "$schema": "./schemas/dma-lens.schema.json",
  "kernel": "6.6",
  "platforms": ["direct", "iommu-dma"],
  "severities": { "mapping-leak": "off", "contiguity-required": "error" },
  "ignore": ["staging/", "*.mod.c"]
}`;

test('everything that can be said', () => {
  expect(parseProjectFile(FULL)).toEqual({
    ok: true,
    file: {
      kernel: { major: 6, minor: 6 },
      platforms: ['direct', 'iommu-dma'],
      severities: { 'mapping-leak': 'off', 'contiguity-required': 'error' },
      ignore: ['staging/', '*.mod.c'],
    },
  });
  expect(parseProjectFile('{}')).toEqual({ ok: true, file: { severities: {}, ignore: [] } });
});

describe('mistakes are told with their place', () => {
  test.each([
    ['', '1:1: empty; write at least {}'],
    ['{\n  "kernel": "6.6",\n}', '3:1: not JSON: property name expected'],
    ['{ // x\n}', '1:3: not JSON: invalid comment token'],
    ['[]', '1:1: the file must be an object'],
    ['{\n  "kernal": "6.6"\n}', "2:3: unknown 'kernal'; did you mean kernel?"],
    ['{ "kernel": 6.6 }', '1:13: "kernel" must be a string'],
    ['{ "kernel": "six" }', `1:13: "kernel": 'six' is no kernel version; write it as 6.12`],
    ['{ "platforms": ["dirct"] }', `1:17: "platforms": unknown 'dirct'; did you mean direct?`],
    ['{ "severities": { "mapping-leek": "off" } }', "1:19: unknown 'mapping-leek'; did you mean mapping-leak?"],
    [
      '{ "severities": { "mapping-leak": "fatal" } }',
      `1:35: "mapping-leak": unknown 'fatal'; known: error, warning, information, off`,
    ],
    ['{ "ignore": "x" }', '1:13: "ignore" must be an array'],
    ['{ "ignore": [1] }', '1:14: "ignore" must be a string'],
    ['{ "__proto__": {} }', "1:3: unknown '__proto__'"],
  ])('%j', (text, expected) => {
    const parsed = parseProjectFile(text);
    if (parsed.ok) throw new Error('accepted');
    expect(`${parsed.line}:${parsed.column}: ${parsed.message}`).toContain(expected);
  });
});

test('the schema that editors use says the same', () => {
  const { $schema: _, ...schema } = JSON.parse(readFileSync('schemas/dma-lens.schema.json', 'utf8'));
  const validate = new Ajv({ strict: false }).compile(schema);
  expect(schema).toEqual(JSON.parse(JSON.stringify({ ...PROJECT_SCHEMA, $schema: undefined })));
  const texts = [FULL, '{}', '{"a":1}', '{"kernel":"six"}', '{"platforms":["x"]}', '{"severities":{"x":"off"}}', '[]'];
  expect(texts.map((text) => validate(JSON.parse(text)))).toEqual(texts.map((text) => parseProjectFile(text).ok));
});
