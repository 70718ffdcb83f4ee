/** The report for people at a terminal: the code, what is wrong with it, and the layout that breaks it. */

import type { Colors } from 'picocolors/types';
import { drawText } from '../render/text';
import { rangeView, rateSentence, smallest } from '../render/verdict';
import type { ReplayResult } from '../replay/types';
import { platform } from '../sim/platforms';
import type { Finding, Severity } from '../types';
import type { ScanResult } from '../workspace/scan';
import { indexLines, type LineIndex } from './lines';
import { visible } from './visible';

export interface PrettyOptions {
  readonly colors: Colors;
  /** Leave out totals. */
  readonly isQuiet: boolean;
}

export function prettyReport(scan: ScanResult, { colors, isQuiet }: PrettyOptions): string {
  const out: string[] = [];
  for (const { file, text, findings } of scan.files) {
    const lines = indexLines(text);
    for (const finding of findings) out.push(...describe(file, finding, lines, colors), '');
  }
  if (!isQuiet) out.push(totals(scan, colors));
  return out.map((line) => `${line}\n`).join('');
}

function describe(path: string, finding: Finding, lines: LineIndex, colors: Colors): readonly string[] {
  const file = visible(path);
  const start = lines.positionAt(finding.span.start);
  const end = lines.positionAt(finding.span.end);
  const paint = painter(finding.severity, colors);
  const source = lines.lineText(start.line);
  const last = end.line === start.line ? end.column - 1 : source.length;
  const margin = String(start.line);
  const blank = ' '.repeat(margin.length);
  const before = source.slice(0, start.column - 1).replace(/[^\t]/g, ' ');
  const out = [
    `${colors.bold(`${file}:${start.line}:${start.column}`)} ${paint(finding.severity)} ${colors.dim(`[${finding.rule}]`)} ${visible(finding.function)}()`,
    `  ${visible(finding.message)}`,
    `  ${colors.dim(`${margin} |`)} ${visible(source)}`,
    `  ${colors.dim(`${blank} |`)} ${before}${paint('^'.repeat(Math.max(1, last - start.column + 1)))}`,
  ];
  for (const related of finding.related) {
    const at = related.at ?? lines.positionAt(related.span.start);
    out.push(
      `  ${colors.dim(`${visible(related.file ?? file)}:${at.line}:${at.column}: ${visible(related.message)}`)}`,
    );
  }
  for (const fix of finding.fixes) out.push(`  ${colors.green('fix:')} ${visible(fix.title)}`);
  if (finding.replay) out.push(...describeReplay(finding.replay, colors));
  return out;
}

function describeReplay(replay: ReplayResult, colors: Colors): readonly string[] {
  const out = [''];
  for (const verdict of replay.platforms) {
    const word =
      verdict.verdict === 'breaks'
        ? colors.red('breaks')
        : verdict.verdict === 'holds'
          ? colors.green('holds ')
          : verdict.verdict;
    const rate = rateSentence(verdict);
    const fails = rate === undefined ? '' : `  ${rate}`;
    out.push(`    ${word}  ${(platform(verdict.platform)?.title ?? verdict.platform).padEnd(52)}${fails}`);
  }
  const shown = smallest(replay.platforms.filter((one) => one.verdict === 'breaks'));
  if (shown?.example) {
    const { list, result } = shown.example;
    const view = rangeView(replay.question, list);
    out.push('', `  ${colors.bold(platform(shown.platform)?.title ?? shown.platform)}: ${shown.why}`);
    out.push(
      ...drawText(list, result, view && { view })
        .split('\n')
        .map((line) => `    ${line}`),
    );
  }
  return out;
}

function painter(severity: Severity, colors: Colors): (text: string) => string {
  return severity === 'error' ? colors.red : severity === 'warning' ? colors.yellow : colors.cyan;
}

/** How many findings in how many files. */
export function totals(scan: ScanResult, colors: Colors): string {
  const count = scan.files.reduce((sum, one) => sum + one.findings.length, 0);
  const files = `${scan.analyzed} of ${scan.seen} files use the DMA API`;
  return count === 0
    ? `${colors.green('no findings')} (${files})`
    : `${count} finding${count === 1 ? '' : 's'} (${files})`;
}
