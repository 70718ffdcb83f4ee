/** The page of a recorded trace, for clients that show one. */

import { TRACE_REQUEST, type TraceAnswer } from '../protocol';
import { evidenceOf } from '../trace/evidence';
import { tracePage } from '../trace/page';
import { TraceParser } from '../trace/parse';
import { TraceSummary } from '../trace/summary';
import type { TraceReport } from '../trace/types';
import type { Session } from './session';

/** Longer traces are for the command line, which reads them as a stream. UTF-16 units. */
const MAX_LENGTH = 48 * 1024 * 1024;

/** Serves the page; findings and lenses heed the trace from then on, and `refresh` lets the client ask for them again. */
export function serveTraces(session: Session, refresh: () => void): void {
  session.connection.onRequest<TraceAnswer, void>(TRACE_REQUEST, (params: unknown) =>
    answerTrace(params, (report) => {
      session.evidence = evidenceOf(report);
      session.invalidate();
      refresh();
    }),
  );
}

/** The page, or why there is none. Input is what a client sends. `opened` is told what there is to show. */
export function answerTrace(params: unknown, opened: (report: TraceReport) => void = () => {}): TraceAnswer {
  const { text, name, nonce } = typeof params === 'object' && params !== null ? (params as Partial<Given>) : {};
  if (typeof text !== 'string' || typeof name !== 'string') return { error: '"text" and "name" are texts' };
  if (MAX_LENGTH < text.length) return { error: `too long to show; run: dma-lens trace --format html ${name}` };
  if (text.includes('\u0000')) return { error: "binary; convert it with 'trace-cmd report' and open the text" };
  const summary = new TraceSummary();
  const parser = new TraceParser((item) => summary.add(item));
  for (const line of text.split('\n')) parser.push(line);
  parser.end();
  const report = summary.report(parser.lines);
  if (report.events === 0) {
    const [first] = report.problems;
    const detail = first ? `; line ${first.line}: ${first.reason}` : '';
    return { error: `no DMA event in ${report.lines} lines${detail}. 'dma-lens record-script' prints how to record` };
  }
  opened(report);
  return { html: tracePage(report, name, typeof nonce === 'string' ? nonce : undefined) };
}

interface Given {
  readonly text: unknown;
  readonly name: unknown;
  readonly nonce: unknown;
}
