/** `dma-lens debug`: what the analysis sees of a file, for people who work on it. */

import { lowerFile } from '../../code/lower';
import { extractFacts } from '../../facts/facts';
import { indexLines } from '../../report/lines';
import type { Parser } from '../../syntax/parser';
import { createParser } from '../../syntax/parser';
import { type KernelVersion, NEWEST_KERNEL } from '../../types';
import { findFiles, readSource } from '../../workspace/files';
import { kernelVersionAt } from '../../workspace/kernelTree';
import { UsageError } from '../usage';
import { errorsText } from './errorsText';
import { factsText } from './factsText';
import { irText } from './irText';
import { summaryText } from './summaryText';

/** What can be printed. */
export const DEBUG_VIEWS = ['ir', 'facts', 'summaries', 'errors'] as const;
export type DebugView = (typeof DEBUG_VIEWS)[number];

export interface DebugOptions {
  /** Only this function. */
  readonly function?: string;
}

/** Prints one view of a file; `errors` of all files among and below `paths` that mention the DMA API. */
export async function runDebug(view: DebugView, paths: readonly string[], options: DebugOptions): Promise<void> {
  if (view === 'errors') {
    await printErrors(paths, options);
    return;
  }
  const [file = '', ...more] = paths;
  if (0 < more.length) throw new UsageError(`debug ${view} takes one file`);
  const source = readSource(file, { all: true });
  if (source.kind !== 'text')
    throw new UsageError(`cannot read ${file}: ${source.kind === 'failed' ? source.reason : 'no source file'}`);
  const text = debugText(view, source.text, await createParser(), kernelVersionAt(file) ?? NEWEST_KERNEL, options);
  if (text === '' && options.function !== undefined)
    throw new UsageError(`${file} defines no function '${options.function}'; leave --function out to see all`);
  process.stdout.write(text);
}

async function printErrors(paths: readonly string[], options: DebugOptions): Promise<void> {
  const parser = await createParser();
  const { files, failed } = findFiles(paths);
  const [missing] = failed.filter((one) => paths.includes(one.file));
  if (missing) throw new UsageError(`cannot read ${missing.file}: ${missing.reason}`);
  for (const file of files) {
    const source = readSource(file, { all: paths.includes(file) });
    if (source.kind === 'text')
      process.stdout.write(errorsText(file, source.text, lowerFile(parser, source.text), options.function));
  }
}

/** One view of a text; empty where there is nothing to show. */
export function debugText(
  view: Exclude<DebugView, 'errors'>,
  text: string,
  parser: Parser,
  kernel: KernelVersion,
  options: DebugOptions = {},
): string {
  const isWanted = (name: string) => options.function === undefined || options.function === name;
  const ir = lowerFile(parser, text);
  if (view === 'ir')
    return ir.functions
      .filter((fn) => isWanted(fn.name))
      .map(irText)
      .join('\n');
  const facts = extractFacts(ir, text, kernel);
  if (view === 'facts') {
    const lines = indexLines(text);
    const lineOf = (offset: number) => lines.positionAt(offset).line;
    return facts.functions
      .filter((fn) => isWanted(fn.flow.ir.name))
      .map((fn) => factsText(fn, lineOf))
      .join('\n');
  }
  const position = new Map(ir.functions.map((fn, index) => [fn.name, index]));
  return [...facts.summaries]
    .filter((one) => isWanted(one.name))
    .sort((a, b) => (position.get(a.name) ?? 0) - (position.get(b.name) ?? 0))
    .map(summaryText)
    .join('');
}
