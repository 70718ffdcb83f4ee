/** A report as one self-contained page: no other file, no network. */

import { sizeText } from '../sim/layout';
import { traceJson } from './json';
import { PAGE_SCRIPT } from './pageScript';
import { placeOf, usedParts } from './places';
import { COLOURS, escapeXml } from './svg';
import type { DeviceReport, Elsewhere, TraceReport, TraceSample } from './types';
import { entryText, rangeText } from './words';

/** The page; `nonce` lets it run under a stricter policy than its own, such as that of a webview. */
export function tracePage(report: TraceReport, name: string, nonce?: string): string {
  const title = escapeXml(`DMA trace ${name}`);
  const allowed = nonce === undefined ? "'unsafe-inline'" : `'nonce-${escapeXml(nonce)}'`;
  const mark = nonce === undefined ? '' : ` nonce="${escapeXml(nonce)}"`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${allowed}; script-src ${allowed}; img-src data:">
<title>${title}</title>
<style${mark}>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${summary(report)}
${findings(report)}
<h2 id="over-time">Live mappings over time</h2>
${timeline(report)}
<h2 id="addresses">Device addresses over time</h2>
${addressMap(report)}
${report.devices.map(deviceSection).join('\n')}
</main>
<script type="application/json" id="data">${mapData(report)}</script>
<script${mark}>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f23; --line: #c8ccd1; --soft: #f4f6f8; --bad: #b00020;
${Object.entries(COLOURS)
  .map(([name, colour]) => `  --${name.toLowerCase()}: ${colour};`)
  .join('\n')} }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16191d; --ink: #e6e9ec; --line: #444b53; --soft: #22272d; --bad: #ff8a80;
    --to_device: #6baed6; --from_device: #ff8a80; --bidirectional: #74c476; --none: #bdbdbd; }
}
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 76rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
th { background: var(--soft); }
code { font-family: ui-monospace, monospace; font-size: .92em; }
#map { width: 100%; height: 26rem; border: 1px solid var(--line); touch-action: none; display: block; }
#map:focus-visible, button:focus-visible, select:focus-visible { outline: 3px solid var(--to_device); outline-offset: 1px; }
.chart { width: 100%; height: 9rem; display: block; }
.chart polygon { fill: var(--to_device); fill-opacity: .35; stroke: var(--to_device); }
.bad { color: var(--bad); }
.scroll { overflow-x: auto; }
#said { min-height: 1.5em; font-family: ui-monospace, monospace; }
.key { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 .9em; vertical-align: -.1em; }
`;

function summary(report: TraceReport): string {
  const seconds = (report.to - report.from).toFixed(3);
  const lost =
    report.lost === 0
      ? ''
      : `<p class="bad">${report.lost} events were lost: totals are too small, and leaks are not told.</p>`;
  const first = report.problems[0];
  const problems = first
    ? `<p class="bad">${report.problemCount} lines could not be read; the first: line ${first.line}: ${escapeXml(first.reason)}</p>`
    : '';
  return `<p>${report.events} DMA events of ${report.devices.length} devices in ${report.lines} lines, ${seconds} s.</p>${lost}${problems}`;
}

function findings(report: TraceReport): string {
  if (report.findings.length === 0) return '';
  const rows = report.findings.map(
    (one) =>
      `<tr><td class="n">${one.line}</td><td><code>${escapeXml(one.device)}</code></td><td>${escapeXml(one.message)}</td><td class="n">${one.count}</td></tr>`,
  );
  return `<h2 id="wrong">What looks wrong</h2>${table(['line', 'device', 'what', 'how often'], rows)}`;
}

function timeline(report: TraceReport): string {
  const most = Math.max(1, ...report.timeline.map((one) => one.live));
  const span = Math.max(report.to - report.from, 1e-6);
  const x = (time: number) => (((time - report.from) / span) * 1000).toFixed(1);
  const y = (live: number) => ((1 - live / most) * 100).toFixed(1);
  const points = report.timeline.map((one) => `${x(one.start)},${y(one.live)}`);
  const last = y(report.timeline.at(-1)?.live ?? 0);
  const bytes = Math.max(0, ...report.timeline.map((one) => one.liveBytes));
  const scatter = Math.max(0, ...report.timeline.map((one) => one.scatter));
  const label = `At most ${most} mappings are live at a time, ${sizeText(bytes)}; at worst ${Math.round(100 * scatter)} % of the span between the lowest and the highest live address is unused.`;
  return `<svg class="chart" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="${escapeXml(label)}"><polygon points="0,100 ${points.join(' ')} 1000,${last} 1000,100"/></svg><p>${label}</p>`;
}

function addressMap(report: TraceReport): string {
  const options = report.devices.map((one) => `<option>${escapeXml(one.device)}</option>`).join('');
  const keys = Object.keys(COLOURS).map(
    (name) => `<span class="key" style="background: var(--${name.toLowerCase()})"></span>${name}`,
  );
  const every = report.samplesEvery === 1 ? '' : ` One of ${report.samplesEvery} mappings is drawn.`;
  return `<p><label>Device <select id="device"><option value="">all</option>${options}</select></label>
<button data-key="+">Zoom in</button> <button data-key="-">Zoom out</button> <button data-key="Home">All</button>
<button data-key="p">Previous mapping</button> <button data-key="n">Next mapping</button>${keys.join('')}</p>
<canvas id="map" tabindex="0" role="application" aria-label="Map of device addresses over time. Arrow keys move, plus and minus zoom, n and p step through the mappings, Home shows all." aria-describedby="said"></canvas>
<p id="said" role="status" aria-live="polite"></p>
<p>Time runs to the right, addresses upwards, unused parts left out.${every} With the map in focus: arrows move, + and - zoom, n and p step through the mappings, Home shows all.</p>
${mappingsTable(report)}`;
}

function mappingsTable({ samples }: TraceReport): string {
  const rows = samples
    .slice(0, 100)
    .map(
      (one) =>
        `<tr><td class="n">${one.line}</td><td>${escapeXml(one.device)}</td><td>${one.direction}</td><td class="n">${one.start.toFixed(6)}</td><td class="n">${one.end === undefined ? '' : one.end.toFixed(6)}</td><td><code>${one.ranges.slice(0, 8).map(rangeText).join(' ')}</code></td></tr>`,
    );
  return `<details><summary>The first mappings as a table</summary>${table(['line', 'device', 'direction', 'from', 'to', 'segments'], rows)}</details>`;
}

function deviceSection(device: DeviceReport): string {
  const rows = device.directions.map(
    (one) =>
      `<tr><td>${one.direction}</td>${[one.lists, one.pages, one.liveMax, one.live, sizeText(one.bytes), one.entries, one.segments, one.merged, one.contiguous, one.lists - one.contiguous, sizeText(one.largestSegment), one.addressBits, one.failures, one.syncs].map((value) => `<td class="n">${value}</td>`).join('')}</tr>`,
  );
  const heads = [
    'direction',
    'lists',
    'single',
    'live at most',
    'live at the end',
    'bytes',
    'entries',
    'segments',
    'merged',
    'contiguous',
    'not contiguous',
    'largest segment',
    'address bits',
    'failures',
    'syncs',
  ];
  const gaps = device.directions.flatMap((one) =>
    one.gaps.map((gap) => `${gap.bytes} bytes (${gap.count} times, ${one.direction})`),
  );
  const { alternatives, text } = device.recognition;
  const also = alternatives.length === 0 ? '' : ` The same would come of ${alternatives.map(escapeXml).join(', ')}.`;
  const sites = device.sites
    .slice(0, 20)
    .map(
      (one) =>
        `<tr><td><code>${escapeXml(one.frames.join(' < '))}</code></td><td class="n">${one.maps}</td><td class="n">${one.nonContiguous}</td></tr>`,
    );
  return `<section aria-label="${escapeXml(device.device)}">
<h2>${escapeXml(device.device)}</h2>
<p>${escapeXml(text)}.${also}</p>
${table(heads, rows)}
${gaps.length === 0 ? '' : `<p>Between segments: ${escapeXml(gaps.join(', '))}</p>`}
${sites.length === 0 ? '' : table(['mapped by', 'times', 'not contiguous'], sites)}
${device.elsewhere.length === 0 ? '' : `<h3>The same lists elsewhere</h3>${table(['platform', 'contiguous', 'one segment', 'refused', 'what breaks', 'such as'], device.elsewhere.map(elsewhereRow))}`}
</section>`;
}

function elsewhereRow(one: Elsewhere): string {
  const share = (count: number) => `<td class="n">${count} of ${one.lists}</td>`;
  const example = one.example
    ? `<code>${escapeXml(one.example.list.slice(0, 4).map(entryText).join(','))} &rarr; ${escapeXml(one.example.ranges.slice(0, 4).map(rangeText).join(' '))}</code>`
    : '';
  const verdict = one.breaks.length === 0 ? 'nothing' : escapeXml(one.breaks.join('; '));
  return `<tr><td><code>${escapeXml(one.platform)}</code><br>${escapeXml(one.title)}</td>${share(one.contiguous)}${share(one.single)}${share(one.refused)}<td${one.breaks.length === 0 ? '' : ' class="bad"'}>${verdict}</td><td>${example}</td></tr>`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
  return `<div class="scroll"><table><thead><tr>${heads.map((one) => `<th scope="col">${one}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** What the script draws: places as shares of the height. */
function mapData(report: TraceReport): string {
  const parts = usedParts(report.samples);
  const data = {
    from: report.from,
    to: report.to,
    parts: parts.map(({ start, end, top, bottom }) => ({ start, end, top, bottom })),
    samples: report.samples.map((one) => ({
      ...{ device: one.device, direction: one.direction, start: one.start, end: one.end ?? null },
      places: one.ranges.map((range) => placeOf(parts, range)).filter((place) => place !== undefined),
      text: sampleText(one),
    })),
  };
  return traceJson(data);
}

function sampleText({ device, direction, line, start, end, ranges }: TraceSample): string {
  const until = end === undefined ? 'still mapped at the end' : `for ${((end - start) * 1000).toFixed(3)} ms`;
  const more = 6 < ranges.length ? ` and ${ranges.length - 6} more` : '';
  return `line ${line}: ${device} ${direction}, ${until}: ${ranges.slice(0, 6).map(rangeText).join(' ')}${more}`;
}
