/** A report as a picture: live mappings over time, and where they lie in the device's address space. */

import { sizeText } from '../sim/layout';
import { placeOf, usedParts } from './places';
import type { TraceReport } from './types';

const WIDTH = 960;
const LEFT = 110;
const CHART = 140;
const MAP = 360;
const TOP = CHART + 72;
const HEIGHT = TOP + MAP + 50;

/** Fill of each direction. */
export const COLOURS: Readonly<Record<string, string>> = {
  TO_DEVICE: '#1f77b4',
  FROM_DEVICE: '#d62728',
  BIDIRECTIONAL: '#2ca02c',
  NONE: '#7f7f7f',
};

/** One standalone SVG document. */
export function traceSvg(report: TraceReport): string {
  const span = Math.max(report.to - report.from, 1e-6);
  const x = (time: number) => LEFT + ((time - report.from) / span) * (WIDTH - LEFT - 20);
  const title = `DMA mappings of ${report.devices.map((one) => one.device).join(', ')}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="14">live mappings over ${span.toFixed(3)} s</text>`,
    ...chart(report, x),
    `<text x="${LEFT}" y="${CHART + 60}" font-size="14">device addresses, unused parts left out</text>`,
    ...addressMap(report, x),
    ...legend(),
    '</svg>',
    '',
  ].join('\n');
}

function chart(report: TraceReport, x: (time: number) => number): readonly string[] {
  const most = Math.max(1, ...report.timeline.map((one) => one.live));
  const y = (live: number) => 30 + (1 - live / most) * (CHART - 10);
  const points: string[] = [`${round(x(report.from))},${y(0)}`];
  for (const slice of report.timeline) points.push(`${round(x(slice.start))},${round(y(slice.live))}`);
  const last = report.timeline.at(-1)?.live ?? 0;
  points.push(`${round(x(report.to))},${round(y(last))}`, `${round(x(report.to))},${y(0)}`);
  return [
    `<polygon points="${points.join(' ')}" fill="#9ecae1" stroke="#3182bd"/>`,
    `<text x="${LEFT - 8}" y="${round(y(most)) + 4}" text-anchor="end">${most}</text>`,
    `<text x="${LEFT - 8}" y="${y(0) + 4}" text-anchor="end">0</text>`,
  ];
}

function addressMap(report: TraceReport, x: (time: number) => number): readonly string[] {
  const parts = usedParts(report.samples);
  const y = (share: number) => TOP + share * MAP;
  const out: string[] = [];
  for (const part of parts) {
    out.push(
      `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${round(y(part.bottom))}" y2="${round(y(part.bottom))}" stroke="#cccccc"/>`,
    );
    if (MAP * (part.bottom - part.top) < 10) continue;
    out.push(
      `<text x="${LEFT - 8}" y="${round(y(part.bottom) - 2)}" text-anchor="end" font-size="9">0x${part.start.toString(16)}</text>`,
    );
  }
  for (const sample of report.samples) {
    const from = x(sample.start);
    const width = Math.max(0.6, x(sample.end ?? report.to) - from);
    for (const range of sample.ranges) {
      const place = placeOf(parts, range);
      if (!place) continue;
      const height = Math.max(0.8, y(place[1]) - y(place[0]));
      const label = `0x${range.dma.toString(16)}, ${sizeText(range.length)}, ${sample.device} ${sample.direction}, line ${sample.line}`;
      out.push(
        `<rect x="${round(from)}" y="${round(y(place[1]) - height)}" width="${round(width)}" height="${round(height)}" fill="${COLOURS[sample.direction] ?? '#7f7f7f'}" fill-opacity="0.7"><title>${escapeXml(label)}</title></rect>`,
      );
    }
  }
  return out;
}

function legend(): readonly string[] {
  return Object.entries(COLOURS).flatMap(([name, colour], i) => [
    `<rect x="${LEFT + i * 150}" y="${HEIGHT - 24}" width="12" height="12" fill="${colour}"/>`,
    `<text x="${LEFT + 18 + i * 150}" y="${HEIGHT - 14}">${name}</text>`,
  ]);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Text for XML and HTML. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
