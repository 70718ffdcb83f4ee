/** Expressions to values, under an environment that says what places hold. */

import type { Expr } from '../code/ir';
import { bitMask, knownConstant } from './constants';
import { address, binary, constant, initial, opaque, pure, unary, type Value } from './values';

/** What places hold where it differs from their initial content. Keyed by place. */
export type Environment = ReadonlyMap<string, Value>;

/** Names that are not plain variables: constant macros of the file, arrays (they decay to their address). */
export interface Names {
  readonly macros: ReadonlyMap<string, bigint>;
  readonly arrays: ReadonlySet<string>;
}

/** A memory location; `pointer` is set when it is simply what a value points to. */
export interface Place {
  readonly key: string;
  readonly pointer?: Value;
}

/** Fields of struct scatterlist that have accessor macros, under the accessor's name. */
const SCATTERLIST_FIELDS: Readonly<Record<string, string>> = {
  dma_address: 'sg_dma_address',
  dma_length: 'sg_dma_len',
};

/** Functions and macros whose result depends on their arguments alone. */
const PURE = new Set([
  'sg_dma_address',
  'sg_dma_len',
  'sg_page',
  'sg_phys',
  'sg_virt',
  'sg_next',
  'sg_nents',
  'sg_nents_for_len',
  'PAGE_ALIGN',
  'ALIGN',
  'ALIGN_DOWN',
  'round_up',
  'round_down',
  'roundup',
  'rounddown',
  'DIV_ROUND_UP',
  'offset_in_page',
  'ERR_PTR',
  'ERR_CAST',
  'PTR_ERR',
  'PTR_ERR_OR_ZERO',
  'IS_ERR',
  'IS_ERR_VALUE',
  'IS_ERR_OR_NULL',
  'min',
  'max',
  'min_t',
  'max_t',
  'clamp',
  'lower_32_bits',
  'upper_32_bits',
  ...['le16', 'le32', 'le64', 'be16', 'be32', 'be64'].flatMap((type) => [`cpu_to_${type}`, `${type}_to_cpu`]),
  'ARRAY_SIZE',
  'DMA_BIT_MASK',
  'BIT',
  'GENMASK',
  'virt_to_phys',
  'page_to_phys',
  'scsi_sg_count',
  'scsi_sglist',
  'scsi_bufflen',
]);

/** Functions that lead from one object to another that belongs to it: netdev_priv(), ATH10K_SKB_CB(), to_foo(). */
const ACCESSOR =
  /^(?:netdev_priv|skb_shinfo|to_\w+|[a-z]\w*_to_[a-z]\w*|\w+_(?:priv|private|drvdata|cb|ctx|tfm|data)|crypto_\w+size|skb_headlen|skb_frag_size|[A-Z0-9_]+_(?:CB|PRIV|SP|CTX|DATA))$/;
const MAKES_OR_MOVES =
  /alloc|create|new|init|find|lookup|next|pop|read|write|copy|send|submit|set|get_user|move|add|put|map|free/i;
/** Questions whose answer stays the same while a function runs: sas_protocol_ata(), ieee80211_is_mgmt(). */
const PREDICATE = /^(?:is|has|can|needs|use|sas_protocol)_|_(?:is|has|can|supports)_|_(?:enabled|capable|supported)$/;

/** True when calling `name` with that many arguments changes nothing, and gives the same result each time. */
export function isPure(name: string | undefined, args = 1): boolean {
  if (name === undefined) return false;
  const known = args === 1 ? knownPureOfOne : knownPure;
  let pure = known.get(name);
  if (pure === undefined) {
    pure = looksPure(name, args);
    known.set(name, pure);
  }
  return pure;
}

/** The answers for names, by whether they are called with one argument: asked for each call on each visit. */
const knownPureOfOne = new Map<string, boolean>();
const knownPure = new Map<string, boolean>();

function looksPure(name: string, args: number): boolean {
  if (PURE.has(name)) return true;
  if (args === 1 && ACCESSOR.test(name)) return !MAKES_OR_MOVES.test(name);
  return PREDICATE.test(name) && !MAKES_OR_MOVES.test(name);
}

/** The value of a pure call, simplified where it is a constant. */
export function pureCall(name: string, args: readonly Value[]): Value {
  const [first] = args;
  if (name === 'DMA_BIT_MASK' && first?.kind === 'constant' && 0n < first.number && first.number <= 64n) {
    return constant(bitMask(first.number));
  }
  if (name === 'BIT' && first?.kind === 'constant' && 0n <= first.number && first.number < 64n) {
    return constant(1n << first.number);
  }
  return pure(name, args);
}

export function evaluate(expr: Expr, env: Environment, names: Names): Value {
  switch (expr.kind) {
    case 'number':
      return constant(expr.value, expr.text);
    case 'name': {
      const held = env.get(expr.name);
      if (held) return held;
      const known = names.macros.get(expr.name) ?? knownConstant(expr.name);
      if (known !== undefined) return constant(known, expr.name);
      return names.arrays.has(expr.name) ? address(expr.name) : initial(expr.name);
    }
    case 'field':
    case 'index':
    case 'deref': {
      if (expr.kind === 'field') {
        const accessor = Object.hasOwn(SCATTERLIST_FIELDS, expr.name) ? SCATTERLIST_FIELDS[expr.name] : undefined;
        if (accessor) return pure(accessor, [pointerTo(expr, env, names)]);
      }
      return load(placeOf(expr, env, names), env);
    }
    case 'address': {
      const place = placeOf(expr.base, env, names);
      return place.pointer ?? address(place.key);
    }
    case 'unary':
      return unary(expr.op, evaluate(expr.operand, env, names));
    case 'binary':
      return binary(expr.op, evaluate(expr.left, env, names), evaluate(expr.right, env, names));
    case 'cast':
      return evaluate(expr.operand, env, names);
    case 'container':
      return pure(`container_of:${expr.type}:${expr.member}`, [evaluate(expr.pointer, env, names)]);
    case 'string':
    case 'sizeof':
    case 'initializer':
    case 'opaque':
      return opaque(`${expr.kind}@${expr.span.start}`);
  }
}

/** The location that an lvalue names. */
export function placeOf(expr: Expr, env: Environment, names: Names): Place {
  switch (expr.kind) {
    case 'name':
      return { key: expr.name };
    case 'field': {
      if (expr.arrow) return { key: `${pointee(evaluate(expr.base, env, names))}${expr.name}` };
      const base = placeOf(expr.base, env, names);
      return { key: base.pointer ? `${pointee(base.pointer)}${expr.name}` : `${base.key}.${expr.name}` };
    }
    case 'index': {
      const base = evaluate(expr.base, env, names);
      const index = evaluate(expr.index, env, names);
      if (index.kind === 'constant' && index.number === 0n) return target(base);
      const start = base.kind === 'address' ? base.place : base.key;
      return { key: `${start}[${index.key}]` };
    }
    case 'deref':
      return target(evaluate(expr.base, env, names));
    case 'cast':
      return placeOf(expr.operand, env, names);
    default:
      return { key: `?${expr.span.start}` };
  }
}

/** The value of field `name` of the struct that `pointer` points to. */
export function loadField(pointer: Value, name: string, env: Environment): Value {
  return load({ key: `${pointee(pointer)}${name}` }, env);
}

/** The place of field `name` of the struct that `pointer` points to. */
export function fieldPlace(pointer: Value, name: string): string {
  return `${pointee(pointer)}${name}`;
}

function load(place: Place, env: Environment): Value {
  return env.get(place.key) ?? initial(place.key);
}

function target(pointer: Value): Place {
  return pointer.kind === 'address' ? { key: pointer.place } : { key: `*${pointer.key}`, pointer };
}

function pointee(pointer: Value): string {
  return pointer.kind === 'address' ? `${pointer.place}.` : `${pointer.key}->`;
}

/** A pointer to the struct of which `expr` reads a field. */
function pointerTo(expr: Extract<Expr, { kind: 'field' }>, env: Environment, names: Names): Value {
  if (expr.arrow) return evaluate(expr.base, env, names);
  const place = placeOf(expr.base, env, names);
  return place.pointer ?? address(place.key);
}
