/**
 * The C parser behind one small surface: the native tree-sitter where it loads, the WASM one elsewhere. Nothing outside
 * this folder knows which one answered. A file is cut into pieces first, and only the wanted ones reach the parser.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineNode } from './defines';
import { rewriteDialect } from './dialect';
import type { SyntaxNode } from './node';
import { outlineOf, type Piece } from './outline';
import { type Cursor, type GrammarNames, snapshot } from './snapshot';

export type { SyntaxNode };

export interface ParsedFile {
  readonly pieces: readonly Piece[];
  /** The nodes of the pieces, in their order. */
  readonly nodes: readonly SyntaxNode[];
}

export interface Parser {
  readonly engine: 'native' | 'wasm';
  /** Parses kernel C. Never throws for what the text holds. */
  parse(text: string): ParsedFile;
  /** Parses one piece, whose text is `code`; offsets count from `start`. */
  parsePiece(code: string, kind: Piece['kind'], start: number): readonly SyntaxNode[];
}

export interface ParserOptions {
  /** Insists on one of the two; absent: native, else WASM. */
  readonly engine?: 'native' | 'wasm';
  /** The WASM parser's two files, where there is no file system; absent: read from beside the program. */
  readonly wasm?: { readonly runtime: Uint8Array; readonly grammar: Uint8Array };
}

/** Loads a parser. Fails only when neither of the two can be loaded. */
export async function createParser(options: ParserOptions = {}): Promise<Parser> {
  const native = options.engine === 'wasm' || options.wasm ? undefined : loadNative();
  if (native) return native;
  if (options.engine === 'native') throw new Error('the native parser does not load on this machine');
  return loadWasm(options.wasm);
}

/** Walks the tree of a text, and frees it. */
type Walk = (text: string, visit: (cursor: Cursor) => SyntaxNode) => SyntaxNode;

function parserOf(engine: Parser['engine'], walk: Walk): Parser {
  const names: GrammarNames = { kinds: new Map(), fields: new Map() };
  const parsePiece = (text: string, kind: Piece['kind'], start: number): readonly SyntaxNode[] => {
    if (kind === 'define') return [defineNode(text, start)];
    const code = rewriteDialect(text);
    return walk(code, (cursor) => snapshot(cursor, names, code, start)).children;
  };
  return {
    engine,
    parsePiece,
    parse(text) {
      const pieces = outlineOf(text);
      return {
        pieces,
        nodes: pieces.flatMap(({ kind, start, end }) => parsePiece(text.slice(start, end), kind, start)),
      };
    },
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
    return parserOf('native', (text, visit) => {
      const bufferSize = Math.max(32 * 1024, text.length * 2 + 2);
      return visit(parser.parse(text, undefined, { bufferSize }).walk());
    });
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
  return parserOf('wasm', (text, visit) => {
    const tree = parser.parse(text);
    if (!tree) throw new Error('the parser gave up');
    const cursor = tree.walk();
    try {
      return visit(cursor);
    } finally {
      cursor.delete();
      tree.delete();
    }
  });
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
