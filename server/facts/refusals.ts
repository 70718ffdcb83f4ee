/** Ways that end in failure. */

import type { FunctionIr } from '../code/ir';
import type { Span } from '../types';
import { errnoName } from './constants';
import { explore, type Outcome } from './explore';
import type { Flow } from './flow';
import type { Value } from './values';

/** What a function returns on ways that fail: `-EFAULT`. */
export interface Refusal {
  readonly text: string;
  readonly span: Span | undefined;
}

/** What the function returns from `block` on, when every path from there fails. */
export function refusalAt(flow: Flow, block: number): Refusal | undefined {
  const env = flow.entering.get(block);
  if (!env) return undefined;
  const outcomes = explore(flow, block, env);
  if (!outcomes) return undefined;
  const texts = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    // A way that comes round to where it was ends as its other turn does: `while (i--) unmap(i);`
    if (!outcome.returned) continue;
    const text = failureText(flow.ir, outcome.value);
    if (text === undefined) return undefined;
    texts.set(text, outcome);
  }
  const first = [...texts][0];
  return first && { text: [...texts.keys()].join(' or '), span: first[1].span };
}

function failureText(ir: FunctionIr, value: Value | undefined): string | undefined {
  if (!value) return undefined;
  if (value.kind === 'constant') {
    if (value.number < 0n) return value.text.startsWith('-E') ? value.text : errnoName(value.number);
    if (value.number === 0n && ir.returnType.includes('*')) return 'NULL';
    if (value.number === 0n && /\bbool\b/.test(ir.returnType)) return 'false';
    return undefined;
  }
  if (value.kind === 'pure' && value.name === 'ERR_PTR') {
    const [error] = value.args;
    return error?.kind === 'constant' && error.number < 0n
      ? error.text.startsWith('-E')
        ? error.text
        : errnoName(error.number)
      : undefined;
  }
  return undefined;
}
