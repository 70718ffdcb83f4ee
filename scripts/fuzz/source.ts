/** C through parser, IR, facts, rules, replay, drawings and reports. */

import pc from 'picocolors';
import type * as Sarif from 'sarif';
import { MENTIONS_DMA } from '../../server/dmaApi';
import type { Summary } from '../../server/facts/summary';
import { analyze } from '../../server/lens';
import { hoverMarkdown } from '../../server/render/markdown';
import { drawSvg } from '../../server/render/svg';
import { applyAutomaticFixes } from '../../server/report/fixes';
import { FORMATS, type ReportContext } from '../../server/report/formats';
import { RULES } from '../../server/rules/index';
import { rewriteDialect } from '../../server/syntax/dialect';
import type { Parser } from '../../server/syntax/parser';
import { type Finding, NEWEST_KERNEL, type Span } from '../../server/types';
import { NO_STATS } from '../../server/workspace/scan';
import { mutate } from './mutate';
import { must, type Target } from './target';

const CONTEXT: ReportContext = {
  kernel: NEWEST_KERNEL,
  version: '0.0.0',
  base: 'file:///tree/',
  colors: pc.createColors(false),
  isQuiet: false,
};

/** Mutations of `drivers` and of the rules' examples. */
export function sourceTarget(parser: Parser, drivers: readonly string[]): Target {
  const examples = RULES.flatMap((rule) => [rule.bad, rule.good]);
  const seeds = [...examples, ...drivers];
  return {
    make(random) {
      const from = 0 < drivers.length && random.once(3) ? drivers : examples;
      return mutate(random.pick(from), random, seeds);
    },
    vary: (input, other, random) => mutate(input, random, [other]),
    feed(text, random) {
      checkDialect(text);
      checkParser(text, parser);
      const findings = checkAnalysis(text, parser);
      checkReports(text, findings);
      const fixed = applyAutomaticFixes(text, findings);
      if (0 < fixed.applied.length) checkAnalysis(fixed.text, parser);
      if (random.once(20)) {
        const again = checkAnalysis(text, parser);
        must(JSON.stringify(again, plain) === JSON.stringify(findings, plain), 'the same text gives the same findings');
      }
    },
  };
}

/** Said of a function that is left out for its size. */
const GIVEN_UP = /is too large to follow/;

/** Where hovers are asked for, as parts of the text. */
const PLACES = [0, 0.2, 0.4, 0.6, 0.8, 1];

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

/** Offsets and lines stay those of the user's file. */
function checkDialect(text: string): void {
  const rewritten = rewriteDialect(text);
  must(rewritten.length === text.length, 'the dialect keeps the length');
  must(rewritten.replace(/[^\n]+/g, '') === text.replace(/[^\n]+/g, ''), 'the dialect keeps the lines');
}

/** Pieces follow each other (a `#define` may lie in one), and every node lies inside of its parent. */
function checkParser(text: string, parser: Parser): void {
  const { pieces, nodes } = parser.parse(text);
  let last = 0;
  for (const piece of pieces) {
    checkSpan(piece, text, 'piece');
    if (piece.kind === 'define') continue;
    must(last <= piece.start, 'pieces of a file follow each other');
    last = piece.end;
  }
  const pending = nodes.map((node) => ({ node, start: 0, end: text.length }));
  for (let one = pending.pop(); one; one = pending.pop()) {
    const { node, start, end } = one;
    must(start <= node.start && node.start <= node.end && node.end <= end, `nodes lie in their parents: ${node.type}`);
    for (const child of node.children) pending.push({ node: child, start: node.start, end: node.end });
  }
}

function checkAnalysis(text: string, parser: Parser): readonly Finding[] {
  const messages: string[] = [];
  const { findings, hoverAt, hintsIn, stats, summaries } = analyze(text, parser, {
    kernel: NEWEST_KERNEL,
    log: (message) => messages.push(message),
  });
  const failed = messages.find((message) => !GIVEN_UP.test(message));
  must(failed === undefined, `no rule fails: ${failed}`);
  checkCallers(summaries, parser);
  for (const hint of hintsIn({ start: 0, end: text.length })) checkSpan({ start: 0, end: hint.offset }, text, 'hint');
  must(stats.functionsWithErrors <= stats.functions, 'no more broken functions than functions');
  for (const finding of findings) {
    checkSpan(finding.span, text, finding.rule);
    for (const one of finding.related)
      if (one.file === undefined) checkSpan(one.span, text, `${finding.rule}, related`);
    for (const fix of finding.fixes) {
      const edits = [...fix.edits].sort((a, b) => a.span.start - b.span.start);
      edits.forEach((edit, i) => {
        checkSpan(edit.span, text, `${finding.rule}, fix`);
        must((edits[i - 1]?.span.end ?? 0) <= edit.span.start, `edits of a fix do not overlap: ${finding.rule}`);
      });
    }
  }
  const places = [...findings.slice(0, 5).map((one) => one.span.start), ...PLACES.map((part) => part * text.length)];
  for (const place of places) {
    const hover = hoverAt(Math.floor(place));
    if (!hover) continue;
    checkSpan(hover.span, text, 'hover');
    const shown = hoverMarkdown(hover, {
      images: false,
      theme: 'dark',
      rulePage: (rule) => `file:///rules/${rule}.md`,
    });
    must(!/<script|\]\(http/i.test(shown), 'a hover holds nothing that the file brought to life');
    for (const { example } of hover.pictures) checkSvg(drawSvg(example.list, example.result, { title: hover.title }));
  }
  must(MENTIONS_DMA.test(text) || findings.every((one) => one.rule === 'unused-suppression'), 'no DMA, no findings');
  return findings;
}

/** What a file says about its functions can be used in another one. */
function checkCallers(summaries: readonly Summary[], parser: Parser): void {
  const byName = new Map(summaries.map((one) => [one.name, one]));
  const calls = [...byName.keys()].map((name) => `\tif ((r = ${name}(dev, sgl, n, buf)) < 0)\n\t\treturn r;\n`);
  const text = `int f(struct device *dev, struct scatterlist *sgl, int n, void *buf)\n{\n\tint r = dma_map_sg(dev, sgl, n, 1);\n${calls.join('')}\treturn 0;\n}\n`;
  const { findings } = analyze(text, parser, { kernel: NEWEST_KERNEL, external: (name) => byName.get(name) });
  for (const { span, rule } of findings) checkSpan(span, text, `${rule} in a caller`);
}

function checkSpan({ start, end }: Span, text: string, what: string): void {
  must(0 <= start && start <= end && end <= text.length, `spans lie in the file: ${what} ${start}..${end}`);
}

/** Tags that open are closed, and nothing runs. */
export function checkSvg(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, single] of svg.matchAll(/<(\/?)([\w:]+)[^<>]*?(\/?)>/g)) {
    if (close) must(open.pop() === name, `an SVG is well formed: </${name}>`);
    else if (!single) open.push(name ?? '');
  }
  must(open.length === 0, 'an SVG is well formed');
  must(!/<script|\son\w+=/i.test(svg), 'an SVG runs nothing');
}

function checkReports(text: string, findings: readonly Finding[]): void {
  const files = findings.length === 0 ? [] : [{ file: 'a b.c', text, findings }];
  const scan = { seen: 1, analyzed: 1, failed: [], files, stats: NO_STATS };
  const lines = (report: string) => report.split('\n').length - 1;
  must(lines(FORMATS.gcc(scan, CONTEXT)) === findings.length, 'gcc: a line a finding');
  must(lines(FORMATS.github(scan, CONTEXT)) === findings.length, 'github: a line a finding');
  must(JSON.parse(FORMATS.json(scan, CONTEXT)).findings.length === findings.length, 'json: all findings');
  must(JSON.parse(FORMATS.gitlab(scan, CONTEXT)).length === findings.length, 'gitlab: all findings');
  const log: Sarif.Log = JSON.parse(FORMATS.sarif(scan, CONTEXT));
  const results = log.runs[0]?.results ?? [];
  must(results.length === findings.length, 'sarif: all findings');
  for (const result of results) {
    const region = result.locations?.[0]?.physicalLocation?.region;
    must(0 < (region?.startLine ?? 0) && 0 < (region?.startColumn ?? 0), 'sarif: lines and columns count from 1');
  }
  const prints = results.map((one) => one.partialFingerprints?.['dmaLensFinding/v1']);
  must(new Set(prints).size === results.length, 'sarif: fingerprints differ');
  FORMATS.pretty(scan, CONTEXT);
}
