/**
 * The C parser behind one small surface: the native tree-sitter where it loads, the WASM one elsewhere. Nothing outside
 * this folder knows which one answered.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rewriteDialect } from './dialect';

/** A node as plain data; offsets are UTF-16 units of the user's text. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** The field of the parent that this node is, such as `condition`. */
  readonly field: string | undefined;
  readonly named: boolean;
  /** The node is an error, or was made up to go on after one. */
  readonly isBad: boolean;
  readonly children: readonly SyntaxNode[];
}

export interface Parser {
  readonly engine: 'native' | 'wasm';
  /** Parses kernel C. `skip` tells which nodes to take without their children. Throws when the parser gives up. */
  parse(text: string, skip?: (type: string, start: number, end: number) => boolean): SyntaxNode;
}

export interface ParserOptions {
  /** Insists on one of the two; absent: native, else WASM. */
  readonly engine?: 'native' | 'wasm';
  /** The WASM parser's two files, where there is no file system; absent: read from beside the program. */
  readonly wasm?: { readonly runtime: Uint8Array; readonly grammar: Uint8Array };
}

/** Deeper nesting than any code that people write; what lies below is left out. */
const MAX_DEPTH = 600;

/** Loads a parser. Fails only when neither of the two can be loaded. */
export async function createParser(options: ParserOptions = {}): Promise<Parser> {
  const native = options.engine === 'wasm' || options.wasm ? undefined : loadNative();
  if (native) return native;
  if (options.engine === 'native') throw new Error('the native parser does not load on this machine');
  return loadWasm(options.wasm);
}

/** What both bindings have in common. */
interface Cursor {
  readonly nodeType: string;
  readonly nodeIsNamed: boolean;
  readonly nodeIsMissing: boolean;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly currentFieldName: string | null | undefined;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

type Skip = (type: string, start: number, end: number) => boolean;

/** Copies the tree to plain data, one cursor walk from top to bottom. */
function snapshot(
  cursor: Cursor,
  skip: Skip | undefined,
  fieldOf: (cursor: Cursor) => string | undefined,
  depth = 0,
): SyntaxNode {
  const type = cursor.nodeType;
  const start = cursor.startIndex;
  const end = cursor.endIndex;
  const children: SyntaxNode[] = [];
  const isTooDeep = MAX_DEPTH < depth;
  if (!isTooDeep && !skip?.(type, start, end) && cursor.gotoFirstChild()) {
    do children.push(snapshot(cursor, skip, fieldOf, depth + 1));
    while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return {
    type,
    start,
    end,
    field: fieldOf(cursor),
    named: cursor.nodeIsNamed,
    isBad: type === 'ERROR' || cursor.nodeIsMissing || isTooDeep,
    children,
  };
}

interface NativeParser {
  setLanguage(language: unknown): void;
  parse(text: string, old?: undefined, options?: { bufferSize: number }): { walk(): Cursor };
}

function loadNative(): Parser | undefined {
  try {
    const load = createRequire(import.meta.url);
    const Binding = load('tree-sitter') as new () => NativeParser;
    const parser = new Binding();
    parser.setLanguage(load('tree-sitter-c'));
    const fieldOf = (cursor: Cursor) => cursor.currentFieldName ?? undefined;
    return {
      engine: 'native',
      parse(text, skip) {
        const bufferSize = Math.max(32 * 1024, text.length * 2 + 2);
        return snapshot(parser.parse(rewriteDialect(text), undefined, { bufferSize }).walk(), skip, fieldOf);
      },
    };
  } catch {
    // Not installed, or a binary for another system: the WASM parser does the same.
    return undefined;
  }
}

async function loadWasm(given: ParserOptions['wasm']): Promise<Parser> {
  const { Language, Parser: WasmParser } = await import('web-tree-sitter');
  await WasmParser.init({ wasmBinary: given?.runtime ?? readAsset('web-tree-sitter.wasm', 'web-tree-sitter') });
  const language = await Language.load(given?.grammar ?? readAsset('tree-sitter-c.wasm', 'tree-sitter-c'));
  const parser = new WasmParser();
  parser.setLanguage(language);
  const fieldOf = (cursor: Cursor) => cursor.currentFieldName ?? undefined;
  return {
    engine: 'wasm',
    parse(text, skip) {
      const tree = parser.parse(rewriteDialect(text));
      if (!tree) throw new Error('the parser gave up');
      const cursor = tree.walk();
      try {
        return snapshot(cursor as unknown as Cursor, skip, fieldOf);
      } finally {
        cursor.delete();
        tree.delete();
      }
    },
  };
}

/** A file beside the bundle, or inside the package when running from sources. */
function readAsset(name: string, packageName: string): Uint8Array {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [
    join(here, name),
    join(here, '../../node_modules', packageName, name),
    join(here, '../node_modules', packageName, name),
  ];
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error(`${name} is missing beside the program`);
  return readFileSync(found);
}
