/** What the flow analysis saw of a function, as text: what places hold, and what calls, branches and stores see. */

import type { Environment } from '../../facts/evaluate';
import type { FunctionFacts } from '../../facts/facts';
import type { CallFact, Flow } from '../../facts/flow';
import type { Value } from '../../facts/values';
import type { Span } from '../../types';

/** One function: its state block by block, then its findings' facts. `lineOf` gives the line of an offset. */
export function factsText(fn: FunctionFacts, lineOf: (offset: number) => number): string {
  const { flow } = fn;
  const at = (span: Span) => `line ${lineOf(span.start)}: `;
  const lines = [`${flow.ir.name}()`];
  for (const { ops, field, doc } of fn.contracts) lines.push(`  as ${ops}.${field}: ${doc}`);
  for (const block of flow.ir.blocks) {
    const env = flow.entering.get(block.id);
    const seen = [
      ...flow.calls
        .filter((one) => one.block === block.id)
        .map((one) => ({ span: one.call.span, text: callText(one) })),
      ...flow.stores
        .filter((one) => one.block === block.id && !one.place.startsWith('#'))
        .map((one) => ({ span: one.span, text: `${one.place} = ${valueText(one.value)}` })),
      ...flow.branches
        .filter((one) => one.block === block.id)
        .map((one) => ({
          span: one.expr.span,
          text: `if ${valueText(one.test)} b${one.whenTrue} else b${one.whenFalse}`,
        })),
      ...flow.returns
        .filter((one) => one.block === block.id)
        .map((one) => ({ span: one.span, text: `return${one.value ? ` ${valueText(one.value)}` : ''}` })),
    ];
    if (!env) continue;
    const state = stateText(env);
    if (seen.length === 0 && state === '') continue;
    lines.push(`  b${block.id}:${state === '' ? '' : ` ${state}`}`);
    for (const { span, text } of seen) lines.push(`    ${at(span)}${text}`);
  }
  for (const mapping of mappingsOf(flow)) lines.push(`  ${at(mapping.call.span)}${mappingText(mapping)}`);
  for (const use of fn.contiguity.firstAddressUses)
    lines.push(`  ${at(use.span)}first address of ${use.list.key} goes to ${use.sink.text}`);
  for (const test of fn.contiguity.tests)
    lines.push(
      `  ${at(test.span)}${test.kind} of ${test.list.key} is tested${test.refusal ? `, else ${test.refusal.text}` : ''}`,
    );
  return `${lines.join('\n')}\n`;
}

/** What places hold where a block begins, temporaries left out. */
function stateText(env: Environment): string {
  const parts: string[] = [];
  for (const [place, value] of env) {
    if (place.startsWith('#') || place.startsWith('=')) continue;
    parts.push(`${place}=${valueText(value)}`);
  }
  return parts.join(' ');
}

function callText(fact: CallFact): string {
  const role = fact.api ? ` [${fact.api.role}]` : '';
  return `@${fact.call.id} ${fact.call.name ?? 'a function pointer'}(${fact.args.map(valueText).join(', ')})${role}`;
}

function mappingsOf(flow: Flow): readonly CallFact[] {
  return flow.calls.filter((one) => one.api?.role === 'map' || one.api?.role === 'unmap' || one.api?.role === 'sync');
}

function mappingText(fact: CallFact): string {
  const subject =
    fact.list ?? fact.table ?? (fact.api?.address === undefined ? undefined : fact.args[fact.api.address]);
  return `${fact.call.name}() ${fact.api?.role}s ${subject ? valueText(subject) : 'something'}`;
}

/** A value in short: what it is called, and between which it is undecided. */
function valueText(value: Value): string {
  if (value.kind !== 'either') return value.key;
  const options = value.options.map((one) => (one.kind === 'either' ? `${one.place}@b${one.block}` : one.key));
  return `${value.place}@b${value.block}{${options.join(' | ')}}`;
}
