/** The machine-readable report; its shape is a contract with programs outside the project. */

import type { PlatformVerdict, ReplayResult } from '../replay/types';
import { hex } from '../sim/layout';
import { formatKernel, type KernelVersion } from '../types';
import type { ScanResult } from '../workspace/scan';
import { indexLines } from './lines';

export interface JsonOptions {
  readonly kernel: KernelVersion;
  /** Milliseconds in all; absent: no statistics are written. */
  readonly milliseconds?: number;
}

export function jsonReport(scan: ScanResult, options: JsonOptions): string {
  const findings = scan.files.flatMap(({ file, text, findings }) => {
    const lines = indexLines(text);
    return findings.map((finding) => {
      const start = lines.positionAt(finding.span.start);
      const end = lines.positionAt(finding.span.end);
      return {
        rule: finding.rule,
        severity: finding.severity,
        file,
        line: start.line,
        column: start.column,
        endLine: end.line,
        endColumn: end.column,
        function: finding.function,
        message: finding.message,
        related: finding.related.map((one) => ({
          file: one.file ?? file,
          ...(one.at ?? lines.positionAt(one.span.start)),
          message: one.message,
        })),
        fixes: finding.fixes.map((fix) => ({ title: fix.title, automatic: fix.automatic })),
        ...(finding.replay && { replay: replayJson(finding.replay) }),
      };
    });
  });
  const { seen, analyzed, failed, stats } = scan;
  const report = {
    version: 1,
    kernel: formatKernel(options.kernel),
    files: { seen, analyzed, failed },
    findings,
    ...(options.milliseconds !== undefined && { stats: { ...stats, ms: { total: options.milliseconds } } }),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** The replay as the contract shows it. */
export function replayJson(replay: ReplayResult): unknown {
  return { predicate: replay.question.predicate.kind, platforms: replay.platforms.map(verdictJson) };
}

/** One platform's verdict in the report. */
export function verdictJson(verdict: PlatformVerdict): object {
  const { example, estimate } = verdict;
  return {
    id: verdict.platform,
    verdict: verdict.verdict,
    ...(verdict.rate !== undefined && { rate: verdict.rate }),
    ...(estimate && { interval: [estimate.low, estimate.high], draws: estimate.draws }),
    why: verdict.why,
    ...(example && {
      example: {
        entries: example.list.map((entry) => ({
          phys: hex(entry.page + BigInt(entry.offset)),
          offset: entry.offset,
          length: entry.length,
        })),
        segments: example.result.ok
          ? example.result.segments.map((segment) => ({ address: hex(segment.dma), length: segment.length }))
          : [],
        returns: example.result.ok ? example.result.segments.length : example.result.errno,
      },
    }),
  };
}
