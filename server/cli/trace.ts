/** `dma-lens trace`: reads a recorded trace as a stream. */

import { createReadStream, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { traceJson } from '../trace/json';
import { tracePage } from '../trace/page';
import { TraceParser } from '../trace/parse';
import { TraceSummary } from '../trace/summary';
import { traceSvg } from '../trace/svg';
import { traceText } from '../trace/text';
import type { TraceReport } from '../trace/types';
import { reasonOf } from '../workspace/files';
import { UsageError } from './usage';

export interface TraceOptions {
  readonly format: 'pretty' | 'json' | 'html' | 'svg';
  readonly output?: string;
}

/** Lines beyond this are no ftrace text. */
const LONGEST_LINE = 2 ** 20;

/** Prints the report of a trace, or writes it to a file; resolves to the exit status. */
export async function runTrace(file: string, options: TraceOptions): Promise<number> {
  const report = await readTrace(file === '-' ? process.stdin : createReadStream(file), file);
  const text = textOf(report, file === '-' ? 'from standard input' : basename(file), options.format);
  if (options.output === undefined) {
    process.stdout.write(text);
  } else {
    try {
      writeFileSync(options.output, text);
    } catch (error) {
      throw new UsageError(`${options.output}: ${reasonOf(error)}`);
    }
  }
  if (report.problemCount !== 0 && options.format !== 'pretty') {
    const first = report.problems[0];
    process.stderr.write(
      `dma-lens: ${file}: ${report.problemCount} lines could not be read; line ${first?.line}: ${first?.reason}\n`,
    );
  }
  return 0;
}

function textOf(report: TraceReport, name: string, format: TraceOptions['format']): string {
  if (format === 'json') return `${traceJson(report, 2)}\n`;
  if (format === 'html') return tracePage(report, name);
  return format === 'svg' ? traceSvg(report) : `${traceText(report)}\n`;
}

/** Reads a stream to its end. Throws UsageError for what is no trace. */
async function readTrace(stream: NodeJS.ReadableStream, file: string): Promise<TraceReport> {
  const summary = new TraceSummary();
  const parser = new TraceParser((item) => summary.add(item));
  let rest = '';
  let isFirst = true;
  stream.setEncoding('utf8');
  try {
    for await (const chunk of stream) {
      const text = String(chunk);
      if (isFirst) refuseForeign(text, file);
      isFirst = false;
      let from = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        parser.push(rest + text.slice(from, end));
        rest = '';
        from = end + 1;
      }
      rest += text.slice(from);
      if (LONGEST_LINE < rest.length) {
        throw new UsageError(
          `${file}: line ${parser.lines + 1} has more than ${LONGEST_LINE} characters: this is no ftrace text`,
        );
      }
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file}: ${reasonOf(error)}`);
  }
  if (rest !== '') parser.push(rest);
  parser.end();
  const report = summary.report(parser.lines);
  if (report.events === 0) throw new UsageError(`${file}: ${noEvents(report)}`);
  return report;
}

function refuseForeign(text: string, file: string): void {
  if (text.startsWith('\u0017\bD') || text.startsWith('\u0017\b\u0044tracing')) {
    throw new UsageError(
      `${file}: this is trace-cmd's binary file; run 'trace-cmd report ${file} > trace.txt' and give that`,
    );
  }
  if (text.startsWith('\u001f')) {
    throw new UsageError(`${file}: this is compressed; run 'zcat ${file} | dma-lens trace -'`);
  }
  if (text.includes('\u0000')) throw new UsageError(`${file}: this is a binary file, not ftrace text`);
}

function noEvents(report: TraceReport): string {
  const first = report.problems[0];
  if (first) return `no DMA event can be read; line ${first.line}: ${first.reason}`;
  return `no dma:* event in ${report.lines} lines; it must be ftrace text of Linux 6.12 or later with these events on ('dma-lens record-script' prints how)`;
}
