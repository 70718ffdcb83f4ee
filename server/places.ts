/** From the offsets that an analysis was made with to those of the user's text, and back. */

import { type Arrangement, toArranged, toText } from './syntax/arrangement';
import type { Finding, Fix, Span } from './types';

export interface Places {
  readonly ofSpan: (span: Span) => Span;
  readonly ofFinding: (finding: Finding) => Finding;
  /** The offset that the analysis has for one of the text. */
  readonly inside: (offset: number) => number;
}

/** Those of a text that was analysed as it is. */
export const SAME_PLACES: Places = {
  ofSpan: (span) => span,
  ofFinding: (finding) => finding,
  inside: (offset) => offset,
};

/** Those of a text that was arranged first. */
export function placesOf(arrangement: Arrangement): Places {
  const ofSpan = ({ start, end }: Span) => ({ start: toText(arrangement, start), end: toText(arrangement, end) });
  const ofFix = (fix: Fix): Fix => ({
    ...fix,
    edits: fix.edits.map(({ span, newText }) => ({ span: ofSpan(span), newText })),
  });
  return {
    ofSpan,
    ofFinding: (finding) => ({
      ...finding,
      span: ofSpan(finding.span),
      related: finding.related.map((one) => (one.file === undefined ? { ...one, span: ofSpan(one.span) } : one)),
      fixes: finding.fixes.map(ofFix),
    }),
    inside: (offset) => toArranged(arrangement, offset),
  };
}
