/**
 * Walks a function's blocks until nothing changes any more, then tells what each call, branch, store and return of the
 * function sees. Values are symbolic (`values.ts`); where paths meet with different values, both are kept.
 */

import type { Block, Call, Expr, FunctionIr, Loop, Statement } from '../code/ir';
import type { DmaFunction } from '../dmaApi';
import type { Span } from '../types';
import { joinBlocks, reversePostorder, successors } from './blocks';
import { type Environment, evaluate, fieldPlace, isPure, loadField, type Names, placeOf, pureCall } from './evaluate';
import { type Edges, meet, replace } from './joins';
import { dyingTemporaries } from './temporaries';
import { entryOf, initial, mapped, opaque, pure, result, type Value } from './values';

export interface CallFact {
  readonly call: Call;
  readonly api: DmaFunction | undefined;
  readonly args: readonly Value[];
  /** The value of the call; set even where the code drops it. */
  readonly result: Value;
  /** The code keeps or uses the result. */
  readonly resultUsed: boolean;
  /** Start of the scatterlist that the call is about, where the table says so. */
  readonly list?: Value;
  /** The table that the call is about. */
  readonly table?: Value;
  readonly block: number;
  /** What places hold at the call; kept for releases only. */
  readonly env?: Environment;
}

export interface BranchFact {
  readonly test: Value;
  readonly expr: Expr;
  readonly block: number;
  readonly whenTrue: number;
  readonly whenFalse: number;
  /** The branch decides whether a loop goes round again. */
  readonly isLoopTest: boolean;
}

export interface StoreFact {
  readonly place: string;
  readonly target: Expr;
  readonly value: Value;
  readonly span: Span;
  readonly block: number;
}

export interface ReturnFact {
  readonly value: Value | undefined;
  readonly span: Span;
  readonly block: number;
}

export interface Flow {
  readonly ir: FunctionIr;
  readonly calls: readonly CallFact[];
  readonly branches: readonly BranchFact[];
  readonly stores: readonly StoreFact[];
  readonly returns: readonly ReturnFact[];
  /** What places hold when a block begins; absent for blocks that no path reaches. */
  readonly entering: ReadonlyMap<number, Environment>;
  /** The function is too large to follow: nothing is known of it. */
  readonly isGivenUp: boolean;
  readonly names: Names;
  readonly apis: ApiLookup;
}

/** The kernel's DMA interfaces, and the file's own wrappers of them. */
export type ApiLookup = (name: string | undefined) => DmaFunction | undefined;

/** Marks of the lowering for an iteration variable that takes its next element. */
const EACH = 'for_each';
const MAX_VISITS = 12;
/** Places and statements looked at before a function is given up: some hundred times those of the largest drivers. */
const MAX_WORK = 20_000_000;
/** Statements times calls of DMA interfaces, as each call is followed through the function: some hundred times those of large drivers. */
const MAX_FOLLOWED = 1_000_000;

export function analyzeFlow(ir: FunctionIr, macros: ReadonlyMap<string, bigint>, apis: ApiLookup): Flow {
  const names: Names = { macros, arrays: new Set(ir.locals.filter((local) => local.array).map((local) => local.name)) };
  const context: Context = { ir, names, apis };
  const entering = settle(context);
  const collected: Collector = { calls: [], branches: [], stores: [], returns: [], keepsPlaces: true };
  const loopTests = new Set(ir.loops.map((loop) => loop.header));
  for (const block of ir.blocks) {
    const env = entering?.get(block.id);
    if (!env) continue;
    const after = block.statements.length === 0 ? env : new Map(env);
    for (const statement of block.statements) runStatement(context, block, statement, after, collected);
    const { end } = block;
    if (end.kind === 'branch') {
      collected.branches.push({
        test: evaluate(end.test, after, names),
        expr: end.test,
        block: block.id,
        whenTrue: end.whenTrue,
        whenFalse: end.whenFalse,
        isLoopTest: loopTests.has(block.id),
      });
    } else if (end.kind === 'return') {
      const value = end.value && evaluate(end.value, after, names);
      collected.returns.push({ value, span: end.span, block: block.id });
    }
  }
  const { calls, branches, stores, returns } = collected;
  return { ir, calls, branches, stores, returns, entering: entering ?? new Map(), isGivenUp: !entering, names, apis };
}

/** What stays the same while a function is walked. */
export interface Context {
  readonly ir: FunctionIr;
  readonly names: Names;
  readonly apis: ApiLookup;
}

interface Collector {
  readonly calls: CallFact[];
  readonly branches: BranchFact[];
  readonly stores: StoreFact[];
  readonly returns: ReturnFact[];
  /** Calls that map, sync or release keep what places hold there. */
  readonly keepsPlaces?: boolean;
}

/** Runs one statement on `env`, changing it; tells `collector` what it saw. */
export function runStatement(
  context: Context,
  block: Block,
  statement: Statement,
  env: Map<string, Value>,
  collector?: Collector,
): void {
  const { names } = context;
  switch (statement.kind) {
    case 'declare':
      if (!names.arrays.has(statement.name)) env.set(statement.name, opaque(`unset:${statement.name}`));
      break;
    case 'assign': {
      const value = isNextElement(statement.value)
        ? nextElement(context, block, env)
        : evaluate(statement.value, env, names);
      const place = placeOf(statement.target, env, names);
      collector?.stores.push({
        place: place.key,
        target: statement.target,
        value,
        span: statement.span,
        block: block.id,
      });
      // An array is where it is, whatever it holds.
      if (statement.target.kind !== 'name' || !names.arrays.has(statement.target.name)) env.set(place.key, value);
      if (statement.value.kind === 'initializer') storeInitializer(place.key, statement.value, env, names);
      break;
    }
    case 'call': {
      const kept = isUnmapField(statement.call.name) ? unmapField(statement.call) : undefined;
      const [, , given] = statement.call.args;
      if (kept && given && statement.call.name?.endsWith('_set')) {
        const { span } = statement;
        const stored = { kind: 'assign', target: kept, value: given, via: '=', span } as const;
        runStatement(context, block, stored, env, collector);
      }
      const fact = runCall(context, block, statement, env, collector?.keepsPlaces === true);
      collector?.calls.push(fact);
      if (statement.result !== undefined) env.set(statement.result, fact.result);
      break;
    }
    case 'read':
      break;
  }
}

function followed({ ir, apis }: Context): number {
  let statements = 0;
  let calls = 0;
  for (const block of ir.blocks) {
    statements += block.statements.length;
    for (const one of block.statements) if (one.kind === 'call' && apis(one.call.name)) calls += 1;
  }
  return statements * calls;
}

/** What each block is entered with, once nothing changes any more; undefined when that takes too long. */
function settle(context: Context): Map<number, Map<string, Value>> | undefined {
  const { ir } = context;
  if (MAX_FOLLOWED < followed(context)) return undefined;
  const order = reversePostorder(ir.blocks);
  const position = new Int32Array(ir.blocks.length).fill(-1);
  order.forEach((id, index) => {
    position[id] = index;
  });
  const entering = new Map<number, Map<string, Value>>([[0, new Map()]]);
  const visits = new Uint8Array(order.length);
  const joins = joinBlocks(ir);
  const edges: Edges = new Map();
  const dying = dyingTemporaries(ir);
  const pending = new Uint8Array(order.length).fill(0);
  pending[0] = 1;
  let work = 0;
  for (let at = 0; at < order.length; ) {
    if (pending[at] === 0) {
      at += 1;
      continue;
    }
    pending[at] = 0;
    const next = order[at] ?? 0;
    const block = ir.blocks[next];
    const env = entering.get(next);
    const count = (visits[at] ?? 0) + 1;
    visits[at] = count;
    if (!block || !env || MAX_VISITS < count) continue;
    work += env.size + block.statements.length;
    if (MAX_WORK < work) return undefined;
    // What a block with one way in is entered with is replaced, and never written to.
    const gone = dying.get(next);
    const isKept = block.statements.length === 0 && !gone && !joins.has(next);
    const after = isKept ? env : new Map(env);
    for (const statement of block.statements) runStatement(context, block, statement, after);
    if (gone) for (const name of gone) after.delete(name);
    const ways = successors(block);
    for (let i = 0; i < ways.length; i++) {
      const to = ways[i] ?? 0;
      const isLast = i === ways.length - 1;
      if (!(joins.has(to) ? meet(entering, next, to, after, edges) : replace(entering, to, after, isLast))) continue;
      const index = position[to] ?? 0;
      pending[index] = 1;
      if (index <= at) at = index;
    }
  }
  return entering;
}

const UNMAP_FIELDS = new Set(['dma_unmap_addr', 'dma_unmap_len'].flatMap((name) => [name, `${name}_set`]));

function isUnmapField(name: string | undefined): boolean {
  return name !== undefined && UNMAP_FIELDS.has(name);
}

/** The field that dma_unmap_addr(p, field), dma_unmap_len(p, field) and their `_set` forms stand for. */
function unmapField(call: Call): Expr | undefined {
  if (!isUnmapField(call.name)) return undefined;
  const [base, field] = call.args;
  return base && field?.kind === 'name'
    ? { kind: 'field', base, name: field.name, arrow: true, span: call.span }
    : undefined;
}

function runCall(
  context: Context,
  block: Block,
  statement: Extract<Statement, { kind: 'call' }>,
  env: Map<string, Value>,
  keepsPlaces: boolean,
): CallFact {
  const { call } = statement;
  const api = context.apis(call.name);
  const args = call.args.map((arg) => evaluate(arg, env, context.names));
  const isHeld = keepsPlaces && (api?.role === 'unmap' || api?.role === 'sync' || api?.role === 'map');
  const held = isHeld ? { env: new Map(env) } : {};
  const base = { call, api, args, resultUsed: statement.result !== undefined, block: block.id, ...held };
  const kept = unmapField(call);
  if (kept) return { ...base, result: evaluate(kept, env, context.names) };
  // Asked twice about the same address, it gives the same answer.
  const tested = api?.role === 'check' && api.address !== undefined ? args[api.address] : undefined;
  if (tested) return { ...base, result: pure('dma_mapping_error', [tested]) };
  if (call.name !== undefined && isPure(call.name, call.args.length)) {
    const value = pureCall(call.name, args);
    const list = api?.list === undefined ? undefined : args[api.list];
    return { ...base, result: value, ...(list && { list }) };
  }
  const value: Value = api?.role === 'map' && api.fails === 'zero' ? mapped(call.id) : result(call.id, call.name);
  const table = api?.table === undefined ? undefined : api.table === -1 ? value : args[api.table];
  const list = api?.list !== undefined ? args[api.list] : table && loadField(table, 'sgl', env);
  forgetOutputs(call, args, env, api);
  if (api?.role === 'map' && table) env.set(fieldPlace(table, 'nents'), mapped(call.id));
  if (api?.role === 'build' && table && api.count !== undefined) {
    const count = args[api.count];
    if (count) {
      env.set(fieldPlace(table, 'nents'), count);
      env.set(fieldPlace(table, 'orig_nents'), count);
    }
  }
  return { ...base, result: value, ...(list && { list }), ...(table && { table }) };
}

/** Printing takes `&addr` for %pad, and leaves it as it is. */
export const PRINTS =
  /dbg|printk|^pr_|^(?:dev|netdev|drm|wiphy|ibdev)_(?:err|warn|info|notice)|_(?:err|warn|info|log)(?:_|$)|print|^trace_/i;

const knownPrints = new Map<string, boolean>();

function prints(name: string | undefined): boolean {
  if (name === undefined) return false;
  let known = knownPrints.get(name);
  if (known === undefined) {
    known = PRINTS.test(name);
    knownPrints.set(name, known);
  }
  return known;
}

/** What a call may have written: variables whose address it was given. Known interfaces write what the table says. */
function forgetOutputs(
  call: Call,
  args: readonly Value[],
  env: Map<string, Value>,
  api: DmaFunction | undefined,
): void {
  if ((api && api.role !== 'allocate') || prints(call.name)) return;
  for (const arg of args) {
    if (arg.kind !== 'address') continue;
    const { place } = arg;
    const inside = `${place}.`;
    for (const key of env.keys()) if (key.startsWith(inside)) env.set(key, initial(`${key}@${call.id}`));
    env.set(place, initial(`${place}@${call.id}`));
  }
}

function storeInitializer(
  place: string,
  initializer: Extract<Expr, { kind: 'initializer' }>,
  env: Map<string, Value>,
  names: Names,
): void {
  for (const field of initializer.fields) {
    if (field.designator?.startsWith('.')) env.set(`${place}${field.designator}`, evaluate(field.value, env, names));
  }
}

function isNextElement(value: Expr): boolean {
  return value.kind === 'opaque' && value.text === EACH;
}

/** The element that the innermost macro loop around `block` is at. */
function nextElement(context: Context, block: Block, env: Environment): Value {
  const { ir } = context;
  const index = innermostLoop(ir, block.id);
  const loop = ir.loops[index];
  const list = loop && walkedList(loop, env, context);
  return list ? entryOf(index, list) : opaque(`each@${index}`);
}

export function innermostLoop(ir: FunctionIr, block: number): number {
  let best = -1;
  let size = Number.POSITIVE_INFINITY;
  ir.loops.forEach((loop, index) => {
    if (loop.macro && loop.blocks.length < size && loop.blocks.includes(block)) {
      best = index;
      size = loop.blocks.length;
    }
  });
  return best;
}

/** What the arguments of a loop's macro see: calls among them are made in the header, before the macro itself. */
export function macroEnvironment(loop: Loop, entering: Environment, context: Context): Environment {
  const isTemporary = (arg: Expr) => arg.kind === 'name' && arg.name.startsWith('#');
  const header = context.ir.blocks[loop.header];
  if (!header || !loop.macro?.args.some(isTemporary)) return entering;
  const env = new Map(entering);
  for (const statement of header.statements) {
    if (statement.kind === 'call' && statement.call.id === loop.macro.id) break;
    runStatement(context, header, statement, env);
  }
  return env;
}

/** The start of the scatterlist that a macro loop walks, or undefined when it walks none. */
export function walkedList(loop: Loop, entering: Environment, context: Context): Value | undefined {
  const { names } = context;
  const env = macroEnvironment(loop, entering, context);
  const api = context.apis(loop.macro?.name);
  if (!loop.macro || api?.role !== 'walk') return undefined;
  const listArg = api.list === undefined ? undefined : loop.macro.args[api.list];
  if (listArg) return evaluate(listArg, env, names);
  const [command] = loop.macro.args;
  if (loop.macro.name === 'scsi_for_each_sg' && command) return pure('scsi_sglist', [evaluate(command, env, names)]);
  const tableArg = api.table === undefined ? undefined : loop.macro.args[api.table];
  return tableArg && loadField(evaluate(tableArg, env, names), 'sgl', env);
}
