/** A report as text for a terminal. */

import { sizeText } from '../sim/layout';
import type { DeviceReport, DirectionReport, Elsewhere, TraceReport } from './types';
import { entryText, rangeText } from './words';

/** Everything about a trace, device by device. */
export function traceText(report: TraceReport): string {
  const seconds = (report.to - report.from).toFixed(3);
  const head = [
    `${report.events} DMA events of ${report.devices.length} devices in ${report.lines} lines, ${seconds} s`,
  ];
  if (0 < report.lost) head.push(`${report.lost} events were lost: totals are too small, and leaks are not told`);
  if (0 < report.problemCount) {
    head.push(
      `${report.problemCount} lines could not be read; the first: line ${report.problems[0]?.line}: ${report.problems[0]?.reason}`,
    );
  }
  const live = Math.max(0, ...report.timeline.map((one) => one.live));
  const scatter = Math.max(0, ...report.timeline.map((one) => one.scatter));
  head.push(
    `at most ${live} mappings live at a time; at worst ${Math.round(100 * scatter)} % of the span of their addresses unused`,
  );
  const findings = report.findings.map(
    (one) => `  line ${one.line}: ${one.device}: ${one.message}${one.count === 1 ? '' : ` (${one.count} of the kind)`}`,
  );
  const parts = [head.join('\n'), ...report.devices.map(deviceText)];
  if (0 < findings.length) parts.push(['What looks wrong', ...findings].join('\n'));
  return parts.join('\n\n');
}

function deviceText(device: DeviceReport): string {
  const lines = [device.device, `  ${device.recognition.text}`];
  if (0 < device.recognition.alternatives.length) {
    lines.push(`  the same would come of ${device.recognition.alternatives.join(', ')}`);
  }
  for (const direction of device.directions) lines.push(...directionText(direction));
  const { count, live, bytes } = device.allocations;
  if (0 < count) lines.push(`  coherent allocations: ${count}, ${live} live at the end, ${sizeText(bytes)} in all`);
  for (const site of device.sites.slice(0, 5)) {
    lines.push(`  mapped by ${site.frames.join(' < ')}: ${site.maps} times, ${site.nonContiguous} not contiguous`);
  }
  if (0 < device.elsewhere.length) lines.push('  the same lists elsewhere:', ...table(device.elsewhere));
  return lines.join('\n');
}

function directionText(one: DirectionReport): readonly string[] {
  const lines = [
    `  ${one.direction}: ${one.lists} lists, ${one.pages} single mappings, ${sizeText(one.bytes)}; at most ${one.liveMax} live, ${one.live} at the end`,
  ];
  if (0 < one.lists) {
    lines.push(
      `    ${one.entries - one.pages} entries became ${one.segments - one.pages} segments; ${one.merged} lists were merged, ${one.contiguous} contiguous, ${one.lists - one.contiguous} not`,
    );
  }
  lines.push(`    largest segment ${sizeText(one.largestSegment)}, addresses of ${one.addressBits} bits`);
  if (0 < one.gaps.length) {
    const gaps = one.gaps.map(({ bytes, count }) => `${gapText(BigInt(bytes))} (${count} times)`);
    lines.push(`    between segments: ${gaps.join(', ')}`);
  }
  if (0 < one.failures) lines.push(`    ${one.failures} mappings failed`);
  if (0 < one.syncs) lines.push(`    ${one.syncs} syncs`);
  return lines;
}

function gapText(bytes: bigint): string {
  return bytes < 0n ? `${sizeText(-bytes)} back` : `${sizeText(bytes)} hole`;
}

function table(rows: readonly Elsewhere[]): readonly string[] {
  const width = Math.max(...rows.map((one) => one.platform.length));
  return rows.flatMap((one) => {
    const share = `${one.contiguous} of ${one.lists} contiguous, ${one.single} one segment`;
    const verdict = one.breaks.length === 0 ? 'holds' : `breaks: ${one.breaks.join('; ')}`;
    const lines = [`    ${one.platform.padEnd(width)}  ${share}; ${verdict}`];
    if (one.example) {
      lines.push(
        `    ${' '.repeat(width)}  such as ${one.example.list.slice(0, 6).map(entryText).join(',')} -> ${one.example.ranges.slice(0, 6).map(rangeText).join(' ')}`,
      );
    }
    return lines;
  });
}
