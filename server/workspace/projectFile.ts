/** What `dma-lens.json` may say. The schema is the table: it is shipped as a file, and reading follows it. */

import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { nearest } from '../nearest';
import { RULES } from '../rules/index';
import { SETTINGS } from '../settings';
import { PLATFORMS } from '../sim/platforms';
import { type KernelVersion, parseKernelVersion, SEVERITIES, type Severity } from '../types';

/** The part of JSON Schema that the table uses. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string';
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  /** Says what `pattern` asks for. */
  readonly errorMessage?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false;
}

export const PROJECT_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'DMA Lens project file',
  description: 'Read from the nearest folder above each file that is checked.',
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', description: 'Address of this schema.' },
    kernel: {
      type: 'string',
      pattern: '^v?\\d{1,3}\\.\\d{1,3}([.-].*)?$',
      errorMessage: 'is no kernel version; write it as 6.12',
      description: 'Target kernel such as `6.12`. Absent: that of the tree that the file lies in.',
    },
    platforms: {
      type: 'array',
      items: { enum: PLATFORMS.map((one) => one.id) },
      description: SETTINGS.platforms.doc,
    },
    severities: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(
        RULES.map((rule) => [rule.id, { enum: [...SEVERITIES, 'off'], description: rule.title }]),
      ),
      description: SETTINGS.severities.doc,
    },
    ignore: {
      type: 'array',
      items: { type: 'string' },
      description: 'Files and folders to leave out, as in `.gitignore`, relative to this file.',
    },
  },
} as const satisfies Schema & Readonly<Record<string, unknown>>;

export interface ProjectFile {
  readonly kernel?: KernelVersion;
  readonly platforms?: readonly string[];
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
  /** Patterns as in `.gitignore`. */
  readonly ignore: readonly string[];
}

/** Lines and columns count from 1. */
export type ParsedProject =
  | { readonly ok: true; readonly file: ProjectFile }
  | { readonly ok: false; readonly line: number; readonly column: number; readonly message: string };

/** Reads a project file; the first thing that is wrong is told with its place. */
export function parseProjectFile(text: string): ParsedProject {
  if (text.trim() === '') return complain(text, 0, 'empty; write at least {}');
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error || !root) {
    const words = error ? wordsOf(printParseErrorCode(error.error)) : 'no value';
    return complain(text, error?.offset ?? 0, `not JSON: ${words}`);
  }
  const wrong = firstWrong(root, PROJECT_SCHEMA, 'the file');
  if (wrong) return complain(text, wrong.offset, wrong.message);
  return { ok: true, file: toProject(root) };
}

function complain(text: string, offset: number, message: string): ParsedProject {
  const before = text.slice(0, offset).split('\n');
  return { ok: false, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message };
}

/** `CloseBraceExpected` as `close brace expected`. */
function wordsOf(code: string): string {
  return code.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

interface Wrong {
  readonly offset: number;
  readonly message: string;
}

function firstWrong(node: Node, schema: Schema, name: string): Wrong | undefined {
  const here = (message: string): Wrong => ({ offset: node.offset, message });
  const value: unknown = node.value;
  if (schema.type && node.type !== schema.type) return here(`${name} must be ${withArticle(schema.type)}`);
  if (schema.enum && !(typeof value === 'string' && schema.enum.includes(value))) {
    return here(`${name}: ${unknownWord(value, schema.enum)}`);
  }
  if (schema.pattern && !(typeof value === 'string' && new RegExp(schema.pattern).test(value))) {
    return here(`${name}: '${String(value)}' ${schema.errorMessage ?? 'has the wrong form'}`);
  }
  for (const child of node.children ?? []) {
    const wrong = node.type === 'object' ? wrongProperty(child, schema) : wrongItem(child, schema, name);
    if (wrong) return wrong;
  }
  return undefined;
}

function wrongItem(item: Node, schema: Schema, name: string): Wrong | undefined {
  return schema.items && firstWrong(item, schema.items, name);
}

function wrongProperty(property: Node, schema: Schema): Wrong | undefined {
  const [key, value] = property.children ?? [];
  const name = String(key?.value);
  const known = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined;
  if (!known) return { offset: property.offset, message: unknownWord(name, Object.keys(schema.properties ?? {})) };
  return value && firstWrong(value, known, `"${name}"`);
}

function unknownWord(word: unknown, known: readonly string[]): string {
  const near = typeof word === 'string' ? nearest(word, known) : [];
  const shown = typeof word === 'string' ? `'${word}'` : 'that value';
  return `unknown ${shown}; ${near.length === 0 ? `known: ${known.join(', ')}` : `did you mean ${near.join(' or ')}?`}`;
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** The values of a tree that fits the schema. */
function toProject(root: Node): ProjectFile {
  const value = (name: string) =>
    root.children?.find((property) => property.children?.[0]?.value === name)?.children?.[1];
  const strings = (node: Node | undefined) => node?.children?.map((item) => String(item.value)) ?? [];
  const severities: Record<string, Severity | 'off'> = {};
  for (const property of value('severities')?.children ?? []) {
    const [rule, given] = property.children ?? [];
    severities[String(rule?.value)] = SEVERITIES.find((one) => one === given?.value) ?? 'off';
  }
  const kernel = parseKernelVersion(String(value('kernel')?.value ?? ''));
  const platforms = strings(value('platforms'));
  return {
    ...(kernel && { kernel }),
    ...(0 < platforms.length && { platforms }),
    severities,
    ignore: strings(value('ignore')),
  };
}
