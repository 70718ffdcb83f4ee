/** `npm run bench`: measures, part by part. `--part NAME` (repeatable) selects, `--json` writes for programs. */

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { coccinelle } from './bench/coccinelle';
import { cppcheck } from './bench/cppcheck';
import { edit, start } from './bench/edit';
import { index } from './bench/index';
import type { Part, Row } from './bench/part';
import { replaying } from './bench/replay';
import { growth, scan } from './bench/scan';
import { simulator } from './bench/simulator';
import { trace } from './bench/trace';

/** A part is a file in scripts/bench/ and a line here. */
const PARTS: Readonly<Record<string, Part>> = {
  simulator,
  replay: replaying,
  trace,
  index,
  scan,
  growth,
  coccinelle,
  cppcheck,
  edit,
  start,
};

const { values } = parseArgs({
  options: { part: { type: 'string', multiple: true }, json: { type: 'boolean', default: false } },
});

measure(values.part ?? Object.keys(PARTS), values.json).catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});

async function measure(names: readonly string[], asJson: boolean): Promise<void> {
  const unknown = names.find((name) => !PARTS[name]);
  if (unknown !== undefined) throw new Error(`no part '${unknown}'; there are: ${Object.keys(PARTS).join(', ')}`);
  const measured: { part: string; rows: readonly Row[] }[] = [];
  for (const name of names) {
    const rows = (await PARTS[name]?.()) ?? [];
    measured.push({ part: name, rows });
    if (!asJson) process.stdout.write(`${name}\n${rows.map(rowText).join('')}`);
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  if (asJson) process.stdout.write(`${JSON.stringify({ version: 1, machine, parts: measured }, undefined, 2)}\n`);
}

function rowText({ name, median, unit, baseline, ratio }: Row): string {
  const figure = `${figureText(median)} ${unit}`.padStart(22);
  const against = baseline === undefined ? '' : `  ${figureText(ratio ?? Number.NaN)} of ${figureText(baseline)}`;
  return `  ${name.padEnd(52)}${figure}${against}\n`;
}

function figureText(value: number): string {
  return value < 1000 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString('en');
}
