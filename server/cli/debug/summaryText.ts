/** Summaries as sentences. */

import {
  type Effect,
  isMappingEffect,
  MAPPING_PARTS,
  type Operand,
  type Returned,
  type Summary,
} from '../../facts/summary';

/** `pin(buf, sgt): maps table 'sgt' through dma_map_sgtable(); returns 0 or a negative errno`. */
export function summaryText(summary: Summary): string {
  const says = summary.effects.map((effect) => effectText(effect, summary));
  if (summary.returns) says.push(returnedText(summary.returns, summary));
  const head = `${summary.isStatic ? 'static ' : ''}${summary.name}(${summary.params.join(', ')})`;
  return `${head}\n${says.map((one) => `  ${one}\n`).join('')}`;
}

function effectText(effect: Effect, summary: Summary): string {
  const name = (operand: Operand) => operandText(operand, summary);
  if (isMappingEffect(effect)) {
    const parts = MAPPING_PARTS.flatMap((part) => {
      const operand = effect[part];
      return operand ? [`${part} ${name(operand)}`] : [];
    });
    return `${effect.kind} ${parts.join(', ')} through ${effect.through}()`;
  }
  switch (effect.kind) {
    case 'walks':
      return `walks ${name(effect.count)} DMA segments of ${name(effect.list)}`;
    case 'tests-mapping':
      return `tests whether the mapping ${name(effect.what)} failed`;
    case 'takes-first-address':
      return `takes the first address of ${name(effect.what)} for the whole list`;
    case 'requires-contiguity':
      return `requires ${name(effect.what)} to be contiguous, else ${effect.refusal}`;
    case 'frees':
      return `frees ${name(effect.what)}`;
    case 'stores':
      return `keeps ${name(effect.what)} in ${effect.field}`;
  }
}

function returnedText(returned: Returned, summary: Summary): string {
  switch (returned.kind) {
    case 'mapped-count':
      return `returns the mapped count of ${operandText(returned.list, summary)}`;
    case 'status':
      return 'returns 0 or a negative errno';
    case 'address':
      return `returns a DMA address${returned.of ? ` of ${operandText(returned.of, summary)}` : ''}`;
    case 'contiguous-size':
      return `returns the contiguous size of ${operandText(returned.of, summary)}`;
    case 'contiguity':
      return `returns ${returned.whenTrue ? '' : 'not '}whether ${operandText(returned.of, summary)} is contiguous`;
  }
}

/** `buf->sgt`, `&buf->sgt`, in the function's own names. */
function operandText({ argument, path }: Operand, summary: Summary): string {
  const name = summary.params[argument] ?? `argument ${argument}`;
  return path.startsWith('&') ? `&${name}${path.slice(1)}` : `${name}${path}`;
}
