/** What is read besides C: options and histories of simulate, recordings, settings, project files, reports, diffs. */

import { drawSvg } from '../../server/render/svg';
import { drawText } from '../../server/render/text';
import { BaselineError, baselineText, parseBaseline } from '../../server/report/baseline';
import { MergeError, mergeReports } from '../../server/report/merge';
import { parseUnifiedDiff } from '../../server/report/unifiedDiff';
import { readSettings } from '../../server/settings';
import { parseHistory, replayHistory } from '../../server/sim/history';
import { DEVICE_FIELDS, MACHINE_FIELDS, parseDevice, parseMachine } from '../../server/sim/options';
import { DEFAULT_DEVICE, kernelOf, PLATFORMS } from '../../server/sim/platforms';
import { parseP2p, parseSegments } from '../../server/sim/simulate';
import { replayVectors, VectorError } from '../../server/sim/vectors';
import { traceJson } from '../../server/trace/json';
import { tracePage } from '../../server/trace/page';
import { TraceParser } from '../../server/trace/parse';
import { TraceSummary } from '../../server/trace/summary';
import { traceSvg } from '../../server/trace/svg';
import { traceText } from '../../server/trace/text';
import { NEWEST_KERNEL } from '../../server/types';
import { PROJECT_SCHEMA, parseProjectFile } from '../../server/workspace/projectFile';
import { crossJson, crossLines } from './cross';
import type { Random } from './random';
import { checkSvg } from './source';
import { must, type Target } from './target';

const NUMBERS = [
  '0',
  '1',
  '-1',
  '4K',
  '64K',
  '4097',
  '1M',
  '0x1000',
  '1G',
  '0xffffffff',
  '1e3',
  '9'.repeat(30),
  'x',
  '',
];

function sizes(random: Random): string {
  const size = () => random.pick(NUMBERS);
  const entry = () => `${random.once(4) ? `${size()}+` : ''}${size()}${random.once(4) ? `@${size()}` : ''}`;
  return Array.from({ length: 1 + random.below(6) }, entry).join(',');
}

/** `simulate` with options of all kinds; a list that maps is drawn. */
const simulate: Target = {
  make(random) {
    const options: Record<string, string | boolean> = {};
    for (const field of [...DEVICE_FIELDS, ...MACHINE_FIELDS]) {
      if (random.once(6)) options[keyOf(field.name)] = field.argument ? random.pick(NUMBERS) : true;
    }
    const platform = random.pick(PLATFORMS).id;
    return JSON.stringify({ platform, segments: sizes(random), p2p: random.once(5) ? '0:1:4K' : undefined, options });
  },
  vary: crossJson,
  feed(input) {
    const { platform, segments, p2p, options } = JSON.parse(input);
    const found = PLATFORMS.find((one) => one.id === platform);
    const parsed = parseSegments(segments);
    const device = parseDevice(options);
    const machine = parseMachine(options);
    if (!found || !parsed.ok || !device.ok || !machine.ok) return;
    const list = p2p === undefined ? parsed : parseP2p(parsed.value, p2p);
    if (!list.ok) return;
    const kernel = kernelOf(found, NEWEST_KERNEL);
    const space = found.backend.open({ ...found.machine, ...machine.value, kernel });
    const result = space.mapSg(list.value, { ...DEFAULT_DEVICE, ...found.device, ...device.value }, 1, 0);
    drawText(list.value, result);
    checkSvg(drawSvg(list.value, result));
    if (!result.ok) return;
    const bytes = (of: readonly { readonly length: number }[]) => of.reduce((sum, one) => sum + one.length, 0);
    // dma_alloc_noncontiguous() hands out whole pages of its own.
    const invented = platform === 'noncontiguous-alloc' ? 65_535 : 0;
    const gained = bytes(result.segments) - bytes(list.value);
    must(0 <= gained && gained <= invented, 'a mapping neither loses nor invents bytes');
  },
};

function keyOf(name: string): string {
  return name.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
}

const history: Target = {
  make(random) {
    const step = () =>
      random.pick([
        { map: sizes(random) },
        { page: random.pick(NUMBERS) },
        { unmap: random.below(6) },
        { map: '4K', direction: random.pick(['to', 'from', 'both', 'x']), cpu: random.below(3) },
        random.pick([null, 7, [], {}]),
      ]);
    const document = {
      backend: random.pick(PLATFORMS).id,
      kernel: random.pick(['6.12', '5.4', '4.4', 'x', undefined]),
      steps: Array.from({ length: random.below(8) }, step),
    };
    return damage(JSON.stringify(document), random);
  },
  vary: varyText,
  feed(input) {
    const parsed = parseHistory(json(input));
    if (!parsed.ok) {
      must(parsed.reason !== '', 'a history that is refused says why');
      return;
    }
    const { platform, device, machine, steps } = parsed.value;
    const space = platform.backend.open({ ...platform.machine, ...machine, kernel: kernelOf(platform, NEWEST_KERNEL) });
    for (const { result } of replayHistory(space, { ...DEFAULT_DEVICE, ...platform.device, ...device }, steps)) {
      if (result) drawText([], result);
    }
  },
};

/** Lines of recordings, bent. */
function recordings(lines: readonly string[]): Target {
  return {
    make: (random) => Array.from({ length: 3 }, () => damage(random.pick(lines), random)).join('\n'),
    vary: varyText,
    feed: (input) => tolerate(() => replayVectors(input.split('\n')), VectorError),
  };
}

const settings: Target = {
  make: (random) =>
    damage(
      JSON.stringify({
        enable: random.pick([true, 'yes', null]),
        kernel: random.pick(['6.12', 6.12, '', {}]),
        platforms: random.pick([['direct'], 'direct', [1, null], {}]),
        severities: random.pick([{ 'mapping-leak': 'off' }, { x: 1 }, [], 'off']),
        delay: random.pick([0, -1, 1e9, '5', null]),
      }),
      random,
    ),
  vary: varyText,
  feed: (input) => void readSettings(json(input)),
};

const project: Target = {
  make(random) {
    const names = Object.keys(PROJECT_SCHEMA.properties);
    const value = () =>
      random.pick<unknown>(['6.12', 'x', ['direct'], [1], {}, { 'mapping-leak': 'off' }, { y: 'off' }, null, 1]);
    const entries = Array.from({ length: random.below(5) }, () => [random.pick([...names, 'x']), value()] as const);
    return damage(JSON.stringify(Object.fromEntries(entries), undefined, random.below(3)), random);
  },
  vary: varyText,
  feed(input) {
    const parsed = parseProjectFile(input);
    if (parsed.ok) return;
    must(0 < parsed.line && parsed.line <= input.split('\n').length, 'a mistake has a line of the file');
    must(0 < parsed.column && parsed.message !== '', 'a mistake has a column and a message');
  },
};

const BASELINE = baselineText([{ rule: 'mapping-leak', file: 'a/b.c', function: 'f', text: 'x = y;' }]);
const REPORT = '{"version":1,"kernel":"6.12","files":{"seen":1,"analyzed":1,"failed":[]},"findings":[{"file":"a.c"}]}';

const reports: Target = {
  make: (random) => damage(random.pick([BASELINE, REPORT]), random),
  vary: varyText,
  feed(input) {
    tolerate(() => {
      const baseline = parseBaseline(input);
      must(parseBaseline(baselineText(baseline)).length === baseline.length, 'a baseline that is written can be read');
    }, BaselineError);
    tolerate(() => JSON.parse(mergeReports([{ name: 'x', text: input }]).text), MergeError);
  },
};

const DIFF =
  'diff --git a/a.c "b/\\303\\274.c"\nrename from a.c\nrename to b.c\n--- a/a.c\n+++ b/b.c\n@@ -1,3 +1,4 @@ f\n a\n-b\n+c\n+d\n e\n@@@ -1 -1 +1,2 @@@\n++x\n\\ No newline at end of file\n';

const diffs: Target = {
  make: (random) => damage(damage(DIFF.repeat(1 + random.below(3)), random), random),
  vary: varyText,
  feed(input) {
    for (const { names, lines } of parseUnifiedDiff(input)) {
      must(0 < names.length, 'a file of a diff has a name');
      for (const line of lines) must(Number.isSafeInteger(line) && 0 <= line, 'a line of a diff is a number');
    }
  },
};

/** Lines of traces, bent. */
function traces(lines: readonly string[]): Target {
  return {
    make(random) {
      const from = random.below(lines.length);
      return damage(lines.slice(from, from + 1 + random.below(40)).join('\n'), random);
    },
    vary: varyText,
    feed(input) {
      const summary = new TraceSummary();
      const parser = new TraceParser((item) => summary.add(item));
      for (const line of input.split('\n')) parser.push(line);
      parser.end();
      const report = summary.report(parser.lines);
      JSON.parse(traceJson(report));
      traceText(report);
      checkSvg(traceSvg(report));
      must(!tracePage(report, '</script><script>').includes('</script><script>'), 'a page runs nothing of its input');
    },
  };
}

/** All of them, by name. */
export function inputTargets(recorded: readonly string[], traced: readonly string[]): Readonly<Record<string, Target>> {
  return {
    simulate,
    trace: traces(traced),
    history,
    recordings: recordings(recorded),
    settings,
    project,
    reports,
    diffs,
  };
}

/** Cuts, doubles and swaps characters; often leaves the text as it is. */
function damage(text: string, random: Random): string {
  let damaged = text;
  while (!random.once(3)) {
    const at = random.below(damaged.length + 1);
    const piece = random.pick([
      '',
      '"',
      '{',
      ']',
      ',',
      '\0',
      '\n',
      '\r',
      '-',
      '9',
      'null',
      '\\',
      '\ud83d',
      ' ',
      '@',
      '+',
    ]);
    damaged = damaged.slice(0, at) + piece + damaged.slice(at + random.below(3));
  }
  return damaged;
}

/** What is JSON in both stays JSON half of the time; else lines are mixed, and some of it is damaged. */
function varyText(input: string, other: string, random: Random): string {
  const isJson = json(input) !== undefined && json(other) !== undefined;
  if (isJson && random.once(2)) return crossJson(input, other, random);
  return damage(crossLines(input, other, random), random);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Runs it; only errors of the kind that callers expect may come out. */
function tolerate(run: () => unknown, expected: new (message: string) => Error): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof expected)) throw error;
    must(error.message !== '', 'an error says what is wrong');
  }
}
