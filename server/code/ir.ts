/**
 * The intermediate representation of one C function: basic blocks of simple statements.
 *
 * Expressions are pure trees. Every call, assignment, `++`, `&&`, `||`, `?:` and statement expression is taken out of
 * them, in evaluation order, into statements and branches, so that an expression never has a side effect and every call
 * is a statement of its own. What a call or a `?:` yields is a temporary, written as a variable named `#1`, `#2`, ...
 * Spans are offsets in the user's text. Plain data: outlives the syntax tree.
 */

import type { Span } from '../types';

export type Expr =
  | { readonly kind: 'number'; readonly value: bigint; readonly text: string; readonly span: Span }
  | { readonly kind: 'string'; readonly text: string; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  /** `base.name`, or `base->name` with `arrow`. */
  | { readonly kind: 'field'; readonly base: Expr; readonly name: string; readonly arrow: boolean; readonly span: Span }
  | { readonly kind: 'index'; readonly base: Expr; readonly index: Expr; readonly span: Span }
  | { readonly kind: 'deref'; readonly base: Expr; readonly span: Span }
  | { readonly kind: 'address'; readonly base: Expr; readonly span: Span }
  | { readonly kind: 'unary'; readonly op: '-' | '~' | '!' | '+'; readonly operand: Expr; readonly span: Span }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr; readonly span: Span }
  | { readonly kind: 'cast'; readonly type: string; readonly operand: Expr; readonly span: Span }
  | { readonly kind: 'sizeof'; readonly text: string; readonly span: Span }
  /** `container_of(pointer, type, member)` and its kin. */
  | {
      readonly kind: 'container';
      readonly pointer: Expr;
      readonly type: string;
      readonly member: string;
      readonly span: Span;
    }
  /** `{ .a = x, y }`, with or without a cast in front. */
  | { readonly kind: 'initializer'; readonly fields: readonly InitializerField[]; readonly span: Span }
  /** A label's address, a type used as a value, text that did not parse. */
  | { readonly kind: 'opaque'; readonly text: string; readonly span: Span };

export interface InitializerField {
  /** Designator such as `.sgl` or `[3]`; absent for a positional one. */
  readonly designator?: string;
  readonly value: Expr;
}

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | '^'
  | '<<'
  | '>>'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>=';

/** A call of a function or of a macro that looks like one. */
export interface Call {
  /** Unique within the function. */
  readonly id: number;
  /** The callee's name: `foo` for `foo(x)`, `ops->map` gives undefined with `target` set. */
  readonly name: string | undefined;
  /** The called expression when it is no plain name. */
  readonly target?: Expr;
  /** Span of the callee's name. */
  readonly nameSpan: Span;
  readonly args: readonly Expr[];
  readonly span: Span;
}

export type Statement =
  /** `target = value`. Compound assignments and `++` are spelled out; `via` tells the original operator. */
  | { readonly kind: 'assign'; readonly target: Expr; readonly value: Expr; readonly via: string; readonly span: Span }
  /** `result = call`; `result` is a temporary, or absent where the value is not used. */
  | { readonly kind: 'call'; readonly call: Call; readonly result?: string; readonly span: Span }
  /** A declaration without initialiser: the variable holds nothing yet. */
  | { readonly kind: 'declare'; readonly name: string; readonly span: Span }
  /** An expression statement without effect, kept because it reads something. */
  | { readonly kind: 'read'; readonly value: Expr; readonly span: Span };

export type Terminator =
  | { readonly kind: 'goto'; readonly to: number }
  /** `test` is pure. Both arms of an `#ifdef` are a branch on an opaque test. */
  | { readonly kind: 'branch'; readonly test: Expr; readonly whenTrue: number; readonly whenFalse: number }
  | { readonly kind: 'switch'; readonly value: Expr; readonly cases: readonly SwitchCase[]; readonly otherwise: number }
  | { readonly kind: 'return'; readonly value?: Expr; readonly span: Span }
  /** BUG(), panic(): control does not come back. Also what computed gotos with unknown targets end in. */
  | { readonly kind: 'stop' };

export interface SwitchCase {
  readonly values: readonly Expr[];
  /** `case 1 ... 3`: the values are the first and the last one. */
  readonly isRange?: true;
  readonly to: number;
}

export interface Block {
  /** Index in `FunctionIr.blocks`. */
  readonly id: number;
  readonly statements: readonly Statement[];
  readonly end: Terminator;
}

/** A loop: `for`, `while`, `do`, or a macro such as `for_each_sg(sgl, sg, n, i)`. */
export interface Loop {
  /** The block that decides whether to go round again. */
  readonly header: number;
  /** All blocks of the body, header included. */
  readonly blocks: readonly number[];
  /** The macro's name and arguments; absent for plain C loops. Its call also stands as a statement in the header. */
  readonly macro?: Call;
  /** Header span: keyword or macro name to the closing parenthesis. */
  readonly span: Span;
  /** Index into `FunctionIr.loops` of the enclosing loop. */
  readonly parent?: number;
}

export interface Variable {
  readonly name: string;
  /** Type as written, without the declarator: `struct scatterlist`, `unsigned int`. */
  readonly type: string;
  /** Number of `*` in the declarator. */
  readonly pointers: number;
  readonly array: boolean;
  readonly isStatic: boolean;
  /** Declared with `__free(x)`: released when the scope ends. */
  readonly cleanup?: string;
  readonly span: Span;
}

export interface FunctionIr {
  readonly name: string;
  readonly nameSpan: Span;
  readonly span: Span;
  readonly isStatic: boolean;
  /** Return type as written, pointers included, such as `int`, `struct sg_table *`. */
  readonly returnType: string;
  readonly params: readonly Variable[];
  readonly locals: readonly Variable[];
  /** `blocks[0]` is the entry. */
  readonly blocks: readonly Block[];
  readonly loops: readonly Loop[];
  /** Offset of the first parse error inside: be careful. */
  readonly errorAt?: number;
}

/** A file-level variable with an initialiser, such as an ops table: `.map_dma_buf = foo_map`. */
export interface GlobalIr {
  readonly variable: Variable;
  readonly value?: Expr;
}

/** One `struct` definition seen in the file. */
export interface StructIr {
  readonly name: string;
  readonly fields: readonly Variable[];
}

export interface FileIr {
  readonly functions: readonly FunctionIr[];
  readonly globals: readonly GlobalIr[];
  readonly structs: readonly StructIr[];
  /** `#define NAME value` with a plain constant value, and function-like macros with their text. */
  readonly macros: readonly { readonly name: string; readonly params?: readonly string[]; readonly body: string }[];
  /** All functions of the file, in their order, whether they were lowered or not. */
  readonly defined: readonly DefinedFunction[];
  /** Those among them that were to be lowered and hold a parse error. */
  readonly errors: readonly FunctionError[];
}

/** Where a function stands. */
export interface DefinedFunction extends Span {
  readonly name: string;
}

/** A function that could not be read in full, and the offset where reading it failed first. */
export interface FunctionError extends Span {
  readonly at: number;
}
