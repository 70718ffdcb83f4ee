/** Each function of a file followed through its blocks, callees first, so that callers know what they call. */

import type { FileIr, FunctionIr } from '../code/ir';
import { calledNames, mentionedNames } from '../code/visit';
import { calleesFirst } from './callGraph';
import { bitMask, knownConstant } from './constants';
import { analyzeFlow, type Flow } from './flow';
import type { Knowledge } from './knowledge';
import type { Memory } from './memory';
import { summarize } from './summaries';
import { readsEntryParams, type WalkFacts, walksOf } from './walks';

/** A function with what it does to lists. */
export interface Followed {
  readonly flow: Flow;
  readonly walked: WalkFacts;
}

/** Follows the functions of a file; `knowledge` learns what each does. */
export function followFunctions(file: FileIr, knowledge: Knowledge, memory: Memory): readonly Followed[] {
  const macros = constantMacros(file);
  const order = calleesFirst(file.functions);
  const lastOf = new Map(order.map((ir, position) => [ir.name, position]));
  const readers = new Map<string, ReadonlySet<number>>();
  const follow = (ir: FunctionIr) => {
    const flow = analyzeFlow(ir, macros, knowledge.row);
    const walked = walksOf(flow, readers);
    const read = readsEntryParams(flow, walked);
    const summary = summarize(flow, walked, knowledge);
    return {
      flow,
      walked,
      read: memory.settle(`read ${ir.name}`, read, [...read].join()),
      summary: memory.settle(`summary ${ir.name}`, summary, JSON.stringify(summary)),
    };
  };
  const asked = (ir: FunctionIr, position: number): readonly unknown[] => {
    const answers: unknown[] = [];
    for (const name of mentionedNames(ir)) answers.push(macros.get(name));
    for (const name of calledNames(ir)) {
      // In a recursion, or with two functions of one name, what it means depends on when that is asked.
      if (position <= (lastOf.get(name) ?? -1)) answers.push(Symbol('open'));
      answers.push(knowledge.row(name), knowledge.summary(name), readers.get(name));
    }
    return answers;
  };
  return order.map((ir, position) => {
    const { flow, walked, read, summary } = memory.recall('flow', ir, asked(ir, position), () => follow(ir));
    readers.set(ir.name, read);
    knowledge.learn(summary);
    return { flow, walked };
  });
}

/** `#define NAME 64`, `#define NAME SZ_64K`, `#define NAME DMA_BIT_MASK(32)`. */
function constantMacros(file: FileIr): ReadonlyMap<string, bigint> {
  const values = new Map<string, bigint>();
  for (const macro of file.macros) {
    if (macro.params) continue;
    const value = constantText(macro.body.trim().replace(/^\((.*)\)$/, '$1'));
    if (value !== undefined) values.set(macro.name, value);
  }
  return values;
}

function constantText(text: string): bigint | undefined {
  const literal = /^(0[xX][0-9a-fA-F]{1,16}|\d{1,19})[uUlL]*$/.exec(text)?.[1];
  if (literal !== undefined) return BigInt(literal);
  const bits = /^DMA_BIT_MASK\((\d{1,2})\)$/.exec(text)?.[1];
  if (bits !== undefined) return bitMask(BigInt(bits));
  return /^[A-Z]\w*$/.test(text) ? knownConstant(text) : undefined;
}
