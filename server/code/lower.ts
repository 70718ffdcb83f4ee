/** From a file's syntax tree to its IR. No node leaves this folder. */

import { outlineOf, type Piece, type Select } from '../syntax/outline';
import type { Parser, SyntaxNode } from '../syntax/parser';
import type { Span } from '../types';
import { declaredVariables, type Source, tagOf, textOf } from './declarations';
import { lowerExpression } from './expressions';
import type { FileIr, FunctionError, FunctionIr, GlobalIr, StructIr, Variable } from './ir';
import { lowerFunction } from './lowerFunction';

type Macro = FileIr['macros'][number];

/** What may stand around functions and declarations. */
const NESTED = /^(?:preproc_(?:if|ifdef|elif|else|elifdef)|linkage_specification|declaration_list|ERROR)$/;
const DEFINES_TYPE = /^(?:struct_specifier|union_specifier|type_definition)$/;

/** What one piece of a file amounts to. */
export interface PieceIr extends Pick<FileIr, 'functions' | 'globals' | 'structs' | 'macros' | 'errors'> {}

/** Lowers a file, or the pieces of it that `select` wants. Nothing throws for what the text holds. */
export function lowerFile(parser: Parser, text: string, select?: Select): FileIr {
  const pieces = outlineOf(text);
  const wanted = select?.(text, pieces);
  const lowered = pieces
    .filter((piece) => !wanted || wanted.has(piece))
    .map(({ kind, start, end }) => lowerPiece(parser, text.slice(start, end), kind, start));
  return joinPieces(lowered, pieces);
}

/** Lowers the piece whose text is `code`; offsets count from `start`. */
export function lowerPiece(parser: Parser, code: string, kind: Piece['kind'], start: number): PieceIr {
  const functions: FunctionIr[] = [];
  const globals: GlobalIr[] = [];
  const structs: StructIr[] = [];
  const macros: Macro[] = [];
  const source: Source = { text: code, start };
  const pending = [...parser.parsePiece(code, kind, start)].reverse();
  for (let child = pending.pop(); child; child = pending.pop()) {
    if (child.type === 'function_definition') {
      const ir = lowerFunction(child, source);
      if (ir) functions.push(ir);
    } else if (NESTED.test(child.type)) {
      pending.push(...[...child.children].reverse());
    } else if (child.type === 'declaration') {
      globals.push(...lowerGlobals(child, source));
      structs.push(...structsIn(child, source));
    } else if (DEFINES_TYPE.test(child.type)) {
      structs.push(...structsIn(child, source));
    } else if (child.type === 'preproc_def' || child.type === 'preproc_function_def') {
      const macro = macroOf(child, source);
      if (macro) macros.push(macro);
    }
  }
  const errors = kind === 'function' ? errorsIn(functions, { start, end: start + code.length }) : [];
  return { functions, globals, structs, macros, errors };
}

/** What looked like a function and is none in the tree counts as well. */
function errorsIn(functions: readonly FunctionIr[], span: Span): readonly FunctionError[] {
  const at = functions.length === 0 ? span.start : functions.find((fn) => fn.errorAt !== undefined)?.errorAt;
  return at === undefined ? [] : [{ ...span, at }];
}

/** The file that lowered pieces, in their order, make together; `pieces` are all of it. */
export function joinPieces(lowered: readonly PieceIr[], pieces: readonly Piece[]): FileIr {
  return {
    functions: lowered.flatMap((one) => one.functions),
    globals: lowered.flatMap((one) => one.globals),
    structs: lowered.flatMap((one) => one.structs),
    macros: lowered.flatMap((one) => one.macros),
    defined: pieces.filter((piece) => piece.kind === 'function'),
    errors: lowered.flatMap((one) => one.errors),
  };
}

function lowerGlobals(node: SyntaxNode, source: Source): readonly GlobalIr[] {
  return declaredVariables(node, source).map(({ variable, value }) => ({
    variable,
    ...(value && { value: lowerExpression(value, source) }),
  }));
}

function structsIn(node: SyntaxNode, source: Source): readonly StructIr[] {
  const found: StructIr[] = [];
  const specifiers = /^(?:struct|union)_specifier$/.test(node.type)
    ? [node]
    : node.children.filter((child) => /^(?:struct|union)_specifier$/.test(child.type));
  for (const specifier of specifiers) {
    const body = specifier.children.find((child) => child.type === 'field_declaration_list');
    const name = tagOf(specifier, source);
    if (!body || name === undefined) continue;
    const fields: Variable[] = [];
    for (const field of body.children) {
      if (field.type === 'field_declaration')
        fields.push(...declaredVariables(field, source).map((one) => one.variable));
    }
    found.push({ name, fields });
  }
  return found;
}

function macroOf(node: SyntaxNode, source: Source): Macro | undefined {
  const name = node.children.find((child) => child.field === 'name');
  const value = node.children.find((child) => child.field === 'value');
  if (!name) return undefined;
  const body = value
    ? textOf(value, source)
        .replace(/\\\r?\n/g, ' ')
        .trim()
    : '';
  const params = node.children.find((child) => child.field === 'parameters');
  if (!params) return { name: textOf(name, source), body };
  const names = params.children.filter((child) => child.type === 'identifier').map((child) => textOf(child, source));
  return { name: textOf(name, source), params: names, body };
}
