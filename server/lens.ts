/** The façade: text in, plain data out. Synchronous and pure: same text, same answer. */

import { createDrafts } from './code/draft';
import type { FileIr } from './code/ir';
import { lowerFile } from './code/lower';
import { relevantPieces } from './code/relevant';
import { MENTIONS_DMA } from './dmaApi';
import { externalNames } from './facts/callGraph';
import { extractFacts, type FileFacts, type FunctionFacts } from './facts/facts';
import { createMemory, FORGETFUL, type Memory } from './facts/memory';
import type { Summary, SummaryLookup } from './facts/summary';
import { type Hint, type HoverInfo, hintsIn, hoverAt, type MapCall, mapCallsOf } from './hovers';
import { type Places, placesOf, SAME_PLACES } from './places';
import { verdictSentence } from './render/verdict';
import { replay } from './replay/replay';
import type { ReplayQuestion, ReplayResult } from './replay/types';
import { RULES, type Rule } from './rules/index';
import { defaultPlatforms } from './sim/platforms';
import { applySuppressions } from './suppressions';
import { arrangedText } from './syntax/arrangement';
import type { Parser } from './syntax/parser';
import type { Finding, KernelVersion, Problem, Severity, SourceText, Span } from './types';

export type { HoverInfo, Picture } from './hovers';

export interface AnalyzeOptions {
  readonly kernel: KernelVersion;
  /** Platform ids to replay on; absent: the default set for the kernel. */
  readonly platforms?: readonly string[];
  /** Rule ids to run; absent: all. */
  readonly rules?: readonly string[];
  /** Overrides per rule id; `off` silences it. */
  readonly severities?: Readonly<Record<string, Severity | 'off'>>;
  /** What functions defined in other files do. */
  readonly external?: SummaryLookup;
  /** Analyses functions that cannot matter as well, for statistics over all of them. */
  readonly everything?: boolean;
  /** Told about rules that throw; the others go on. */
  readonly log?: (message: string) => void;
}

export interface Analysis {
  readonly findings: readonly Finding[];
  /** What a hover shows at an offset; worked out when asked. */
  readonly hoverAt: (offset: number) => HoverInfo | undefined;
  /** What is said behind the calls of a part of the text; worked out when asked. */
  readonly hintsIn: (span: Span) => readonly Hint[];
  /** The calls that map; worked out when asked. */
  readonly mapCalls: () => readonly MapCall[];
  readonly stats: AnalysisStats;
  /** What the functions of the file mean to their callers. */
  readonly summaries: readonly Summary[];
  /** Functions that it calls and does not define. */
  readonly externals: readonly string[];
}

export interface AnalysisStats {
  /** All functions of the file, and those that were analysed and hold a parse error. */
  readonly functions: number;
  readonly functionsWithErrors: number;
  /** Functions that mention the DMA API. */
  readonly dmaFunctions: number;
  readonly dmaFunctionsWithErrors: number;
}

/** Analyses one file. Never throws for what the text holds. */
export function analyze(text: string, parser: Parser, options: AnalyzeOptions): Analysis {
  const ir = lowerFile(parser, text, options.everything ? undefined : relevantPieces);
  return conclude({ ir, source: text, text, places: SAME_PLACES, memory: FORGETFUL }, options);
}

/**
 * Analyses the texts of a document that is being edited, one after the other: each answer is that of `analyze()`, and
 * costs what has changed since the last one.
 */
export function openDocument(parser: Parser): (text: string, options: AnalyzeOptions) => Analysis {
  const draft = createDrafts(parser);
  const memory = createMemory();
  return (text, options) => {
    const { ir, arrangement } = draft(text);
    return conclude({ ir, source: arrangedText(arrangement), text, places: placesOf(arrangement), memory }, options);
  };
}

interface Material {
  readonly ir: FileIr;
  /** The text by the offsets of `ir`. */
  readonly source: SourceText;
  readonly text: string;
  /** From the offsets of `ir` to those of the text. */
  readonly places: Places;
  readonly memory: Memory;
}

function conclude({ ir, source, text, places, memory }: Material, options: AnalyzeOptions): Analysis {
  const facts = extractFacts(ir, source, options.kernel, options.external, memory);
  for (const { flow } of facts.functions) {
    if (flow.isGivenUp) options.log?.(`${flow.ir.name}() is too large to follow: nothing is said about it`);
  }
  const platforms = options.platforms ?? defaultPlatforms(options.kernel);
  const ask = (question: ReplayQuestion) => replay(question, options.kernel, platforms);
  const findings: Finding[] = [];
  for (const rule of RULES) {
    if (options.rules && !options.rules.includes(rule.id)) continue;
    if (options.severities?.[rule.id] === 'off') continue;
    for (const fn of facts.functions) findings.push(...runRule(rule, fn, facts, options, ask));
  }
  findings.sort((a, b) => a.span.start - b.span.start || a.rule.localeCompare(b.rule));
  const told = findings.map((finding) => places.ofFinding(finding));
  const kept = applySuppressions(text, told, ir.defined, !options.rules);
  const about = { facts, findings: kept, places, ask };
  return {
    findings: kept,
    hoverAt: (offset) => hoverAt(about, offset),
    hintsIn: (span) => hintsIn(about, span),
    mapCalls: () => mapCallsOf(about),
    stats: statsOf(ir, source),
    summaries: facts.summaries.map((summary) => ({ ...summary, at: places.ofSpan(summary.at) })),
    externals: externalNames(
      ir.functions,
      ir.defined.map((one) => one.name),
    ),
  };
}

function statsOf(ir: FileIr, source: SourceText): AnalysisStats {
  const dma = ir.functions.filter(({ span }) => MENTIONS_DMA.test(source.slice(span.start, span.end)));
  return {
    functions: ir.defined.length,
    functionsWithErrors: ir.errors.length,
    dmaFunctions: dma.length,
    dmaFunctionsWithErrors: ir.errors.filter(({ start, end }) => MENTIONS_DMA.test(source.slice(start, end))).length,
  };
}

function runRule(
  rule: Rule,
  fn: FunctionFacts,
  facts: FileFacts,
  options: AnalyzeOptions,
  ask: (question: ReplayQuestion) => ReplayResult,
): readonly Finding[] {
  try {
    return [...rule.check(fn, facts)].map((problem) => toFinding(rule, problem, fn, options, ask));
  } catch (error) {
    options.log?.(`rule ${rule.id} failed in ${fn.flow.ir.name}(): ${error instanceof Error ? error.message : error}`);
    return [];
  }
}

function toFinding(
  rule: Rule,
  problem: Problem,
  fn: FunctionFacts,
  options: AnalyzeOptions,
  ask: (question: ReplayQuestion) => ReplayResult,
): Finding {
  const override = options.severities?.[rule.id];
  const answer = problem.question && ask(problem.question);
  return {
    rule: rule.id,
    severity: override && override !== 'off' ? override : (problem.severity ?? rule.severity),
    span: problem.span,
    message: answer ? `${problem.message}; ${verdictSentence(answer, options.kernel)}` : problem.message,
    function: fn.flow.ir.name,
    related: problem.related ?? [],
    fixes: problem.fixes ?? [],
    ...(answer && { replay: answer }),
  };
}
