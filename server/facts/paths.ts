/**
 * Follows what becomes of something after a call, along every kind of path. Paths are kept apart by a state that the
 * caller defines ("mapped", "given to the device", ...) and joined where the state is the same, so that
 * `if (!desc) goto fail` is still known to have failed at the end of `fail`.
 */

import type { Block, Call, Expr, Statement, Terminator } from '../code/ir';
import type { Span } from '../types';
import { joinBlocks, successors } from './blocks';
import { type Environment, evaluate } from './evaluate';
import { hasFlag } from './flags';
import { type CallFact, type Flow, runStatement, type StoreFact } from './flow';
import { isNote, joinInto } from './joins';
import { waysOn } from './switches';
import { dyingTemporaries } from './temporaries';
import { binary, constant, mapped, type Value } from './values';

export type PathEvent =
  | { readonly kind: 'call'; readonly call: CallFact }
  | { readonly kind: 'store'; readonly store: StoreFact }
  /** Control goes the way that `test` being `holds` says, and not to block `other`. */
  | {
      readonly kind: 'branch';
      readonly test: Value;
      readonly holds: boolean;
      readonly span: Span;
      readonly other: number;
    };

export interface PathEnd {
  readonly state: string;
  /** What the function returns; undefined for `return;` and the end of a void function. */
  readonly value: Value | undefined;
  readonly span: Span;
  /** What is known at the end: whether a value was found to be zero or not. */
  readonly isNonzero: (value: Value) => boolean | undefined;
}

/** The next state; undefined: nothing more to see on this path. */
export type Step = (state: string, event: PathEvent, env: Environment) => string | undefined;

/** Told what is read on the way, before it is: the value of an assignment, an argument of `call`, a test. */
export type Watch = (read: Expr, env: Environment, call: Call | undefined, target: Expr | undefined) => void;

const MAX_STEPS = 3000;
const MAX_VISITS = 6;

/**
 * Walks from the function's entry to `call`, and on from behind it; the ways that end in a return behind it. Undefined
 * when there are too many to tell.
 */
export function followFrom(
  flow: Flow,
  call: CallFact,
  initial: string,
  step: Step,
  watch?: Watch,
): readonly PathEnd[] | undefined {
  const arrivals = arrivalsAt(flow, call);
  if (!arrivals) return undefined;
  const walk = new Walk(flow);
  const follower = { flow, walk, step, watch, ends: [] as PathEnd[] };
  for (const env of arrivals) goOn(follower, call, new Map(env), initial);
  for (let spot = walk.next(); spot; spot = walk.next()) {
    const block = flow.ir.blocks[spot.block];
    if (block) goThrough(follower, block, 0, spot.env, spot.state);
  }
  return walk.isTooLong ? undefined : follower.ends;
}

interface Follower {
  readonly flow: Flow;
  readonly walk: Walk;
  readonly step: Step;
  readonly watch: Watch | undefined;
  readonly ends: PathEnd[];
}

/** Goes on from behind `call`, in the middle of its block. */
function goOn(follower: Follower, call: CallFact, env: Map<string, Value>, state: string): void {
  const block = follower.flow.ir.blocks[call.block];
  const index = block?.statements.findIndex((one) => one.kind === 'call' && one.call.id === call.call.id) ?? -1;
  if (block && index !== -1) goThrough(follower, block, index + 1, env, state);
}

/** Runs a block from statement `from` to its end, and enters what follows. */
function goThrough(follower: Follower, block: Block, from: number, env: Map<string, Value>, begin: string): void {
  const { flow, walk, step, watch } = follower;
  let state: string | undefined = begin;
  const seen = { calls: [] as CallFact[], branches: [], stores: [] as StoreFact[], returns: [] };
  for (let i = from; i < block.statements.length; i++) {
    const statement = block.statements[i];
    if (!statement) continue;
    if (watch) watchStatement(statement, env, watch);
    seen.calls.length = 0;
    seen.stores.length = 0;
    runStatement(flow, block, statement, env, seen);
    for (const store of seen.stores) if (state !== undefined) state = step(state, { kind: 'store', store }, env);
    for (const made of seen.calls) if (state !== undefined) state = step(state, { kind: 'call', call: made }, env);
    if (state === undefined) return;
  }
  const { end } = block;
  if (watch) watchEnd(end, env, watch);
  if (end.kind === 'return') {
    const value = end.value && evaluate(end.value, env, flow.names);
    follower.ends.push({ state, value, span: end.span, isNonzero: (one) => truth(one, env) });
  } else if (end.kind === 'branch') {
    const test = evaluate(end.test, env, flow.names);
    const told = truth(test, env);
    walk.leave(block.id, env);
    for (const holds of [true, false]) {
      if (told !== undefined && told !== holds) continue;
      const other = holds ? end.whenFalse : end.whenTrue;
      const next = step(state, { kind: 'branch', test, holds, span: end.test.span, other }, env);
      if (next === undefined) continue;
      const after = new Map(env);
      assume(test, holds, after);
      walk.enter(holds ? end.whenTrue : end.whenFalse, after, next);
    }
  } else {
    walk.leave(block.id, env);
    for (const to of waysOn(flow, block, env)) walk.enter(to, end.kind === 'goto' ? env : new Map(env), state);
  }
}

function watchStatement(statement: Statement, env: Environment, watch: Watch): void {
  if (statement.kind === 'assign') watch(statement.value, env, undefined, statement.target);
  else if (statement.kind === 'call') for (const arg of statement.call.args) watch(arg, env, statement.call, undefined);
}

function watchEnd(end: Terminator, env: Environment, watch: Watch): void {
  if (end.kind === 'branch') watch(end.test, env, undefined, undefined);
  else if (end.kind === 'switch') watch(end.value, env, undefined, undefined);
  else if (end.kind === 'return' && end.value) watch(end.value, env, undefined, undefined);
}

const knownArrivals = new WeakMap<CallFact, readonly Environment[] | 'too many'>();

/** What places hold right behind `call`, for the ways that lead to it; several questions are asked about one call. */
function arrivalsAt(flow: Flow, call: CallFact): readonly Environment[] | undefined {
  let known = knownArrivals.get(call);
  if (!known) {
    known = findArrivals(flow, call) ?? 'too many';
    knownArrivals.set(call, known);
  }
  return known === 'too many' ? undefined : known;
}

function findArrivals(flow: Flow, call: CallFact): readonly Environment[] | undefined {
  const arrivals: Environment[] = [];
  const walk = new Walk(flow, blocksBefore(flow, call.block));
  walk.enter(0, new Map(), '');
  for (let spot = walk.next(); spot; spot = walk.next()) {
    const block = flow.ir.blocks[spot.block];
    if (!block) continue;
    const { env } = spot;
    const hasArrived = block.statements.some((statement) => {
      runStatement(flow, block, statement, env);
      return statement.kind === 'call' && statement.call.id === call.call.id;
    });
    if (hasArrived) {
      assumeMapped(call, env);
      arrivals.push(env);
      continue;
    }
    const { end } = block;
    if (end.kind === 'branch') {
      const test = evaluate(end.test, env, flow.names);
      const told = truth(test, env);
      walk.leave(block.id, env);
      for (const holds of [true, false]) {
        if (told !== undefined && told !== holds) continue;
        const after = new Map(env);
        assume(test, holds, after);
        walk.enter(holds ? end.whenTrue : end.whenFalse, after, '');
      }
    } else {
      walk.leave(block.id, env);
      for (const to of waysOn(flow, block, env)) walk.enter(to, end.kind === 'goto' ? env : new Map(env), '');
    }
  }
  return walk.isTooLong ? undefined : arrivals;
}

interface Spot {
  readonly block: number;
  readonly env: Map<string, Value>;
  readonly state: string;
}

/** The blocks that wait to be gone through, each with a state and with what places hold there. */
class Walk {
  isTooLong = false;
  private steps = 0;
  private readonly entering = new Map<string, Map<string, Value>>();
  private readonly visits = new Map<string, number>();
  private readonly waiting = new Map<string, { readonly block: number; readonly state: string }>();
  private readonly joins: ReadonlySet<number>;
  private readonly dying: ReadonlyMap<number, readonly string[]>;

  /** `only`: the blocks that may be entered. */
  constructor(
    flow: Flow,
    private readonly only?: ReadonlySet<number>,
  ) {
    this.joins = joinBlocks(flow.ir);
    this.dying = dyingTemporaries(flow.ir);
  }

  /** Takes over `env`. What waits already is looked at once, with all that came together until then. */
  enter(block: number, env: Map<string, Value>, state: string): void {
    if (this.only && !this.only.has(block)) return;
    const key = `${block}|${state}`;
    const known = this.entering.get(key);
    const isJoin = this.joins.has(block);
    if (known && (isJoin ? !joinInto(known, block, env) : isSame(known, env))) return;
    if (!known || !isJoin) this.entering.set(key, env);
    if (this.waiting.has(key)) return;
    const count = (this.visits.get(key) ?? 0) + 1;
    this.visits.set(key, count);
    if (count <= MAX_VISITS) this.waiting.set(key, { block, state });
  }

  /** Forgets what ends with a block. */
  leave(block: number, env: Map<string, Value>): void {
    for (const name of this.dying.get(block) ?? []) env.delete(name);
  }

  next(): Spot | undefined {
    for (const [key, { block, state }] of this.waiting) {
      this.waiting.delete(key);
      this.steps += 1;
      if (MAX_STEPS < this.steps) {
        this.isTooLong = true;
        return undefined;
      }
      return { block, env: new Map(this.entering.get(key)), state };
    }
    return undefined;
  }
}

function isSame(a: Environment, b: Environment): boolean {
  if (a.size !== b.size) return false;
  for (const [place, value] of b) if (a.get(place)?.key !== value.key) return false;
  return true;
}

/** Blocks from which control can get to `goal`, itself included. */
function blocksBefore(flow: Flow, goal: number): ReadonlySet<number> {
  const leads = new Set<number>([goal]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const block of flow.ir.blocks) {
      if (leads.has(block.id) || !successors(block).some((to) => leads.has(to))) continue;
      leads.add(block.id);
      grew = true;
    }
  }
  return leads;
}

/** After a successful mapping, the count that was passed in was positive, and so is the one that came out. */
function assumeMapped(call: CallFact, env: Map<string, Value>): void {
  const count = call.api?.count === undefined ? undefined : call.args[call.api.count];
  if (call.api?.role !== 'map' || call.api.fails === 'mapping-error') return;
  const nents = call.api.fails === 'nonzero' ? mapped(call.call.id) : call.result;
  for (const value of [count, nents]) {
    if (value && value.kind !== 'constant') assume(binary('>', value, constant(0n)), true, env);
  }
}

/** Facts that a branch told are kept in the environment, under names that no place has. */
const known = (value: Value) => `=${value.key}`;

/** Whether `test` is known to be nonzero (true) or zero (false). */
function truth(test: Value, env: Environment): boolean | undefined {
  if (test.kind === 'constant') return test.number !== 0n;
  const told = env.get(known(test));
  if (told?.kind === 'constant') return told.number !== 0n;
  if (test.kind === 'unary' && test.op === '!') {
    const inner = truth(test.operand, env);
    return inner === undefined ? undefined : !inner;
  }
  if (test.kind === 'binary') {
    const [left, right] = [test.left, test.right];
    const zero = right.kind === 'constant' && right.number === 0n ? left : undefined;
    if (zero && (test.op === '==' || test.op === '!=')) {
      const inner = truth(zero, env);
      return inner === undefined ? undefined : inner === (test.op === '!=');
    }
    if (zero && (test.op === '<' || test.op === '>') && truth(zero, env) === false) return false;
    if (zero && test.op === '<' && env.get(`=(${left.key}>0)`)) return false;
    if (test.op === '&' && isFixed(right)) return hasFlag(left, right);
    const held = env.get(`=value:${left.key}`);
    if (held && (test.op === '==' || test.op === '!=') && isFixed(held) && isFixed(right))
      return (held.key === right.key) === (test.op === '==');
    const opposite = OPPOSITE[test.op];
    const other = opposite === undefined ? undefined : env.get(`=(${left.key}${opposite}${right.key})`);
    if (other?.kind === 'constant') return other.number === 0n;
  }
  if (test.kind === 'either' && 0 < test.options.length) {
    const all = test.options.map((option) => (option.kind === 'either' ? undefined : truth(option, env)));
    const [first] = all;
    if (first !== undefined && all.every((one) => one === first)) return first;
  }
  return undefined;
}

const OPPOSITE: Readonly<Record<string, string>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

function assume(test: Value, holds: boolean, env: Map<string, Value>): void {
  if (test.kind === 'constant') return;
  env.set(known(test), constant(holds ? 1n : 0n));
  if (test.kind === 'unary' && test.op === '!') assume(test.operand, !holds, env);
  if (test.kind === 'binary') {
    const { left, right, op } = test;
    const isZero = right.kind === 'constant' && right.number === 0n;
    if (isZero && (op === '==' || op === '!=')) assume(left, holds === (op === '!='), env);
    else if (isZero && (op === '<' || op === '>') && holds) assume(left, true, env);
    else if (right.kind === 'constant' && op === '==' && holds) replaceEverywhere(left, right, env);
    if (holds === (op === '==') && (op === '==' || op === '!=') && isFixed(right)) env.set(`=value:${left.key}`, right);
  } else if (!holds) {
    replaceEverywhere(test, constant(0n), env);
  }
}

/** Constants, and names that look like an enum's. */
function isFixed(value: Value): boolean {
  return value.kind === 'constant' || (value.kind === 'initial' && /^[A-Z][A-Z0-9_]+$/.test(value.place));
}

/** Places that hold `value` hold `instead` from here on. */
function replaceEverywhere(value: Value, instead: Value, env: Map<string, Value>): void {
  for (const [place, held] of env) {
    if (held.key === value.key && !isNote(place)) env.set(place, instead);
  }
}
