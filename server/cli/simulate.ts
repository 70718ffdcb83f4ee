/** `dma-lens simulate`. */

import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { type Drawing, drawSheet, type Theme } from '../render/svg';
import { drawText } from '../render/text';
import { layoutJson } from '../report/layoutJson';
import { type History, parseHistory, type Replayed, replayHistory, type Step } from '../sim/history';
import { DEVICE_FIELDS, MACHINE_FIELDS, parseDevice, parseMachine, type Typed } from '../sim/options';
import { DEFAULT_DEVICE, kernelOf, PLATFORMS, type Platform, platform } from '../sim/platforms';
import { callResults, returnsText } from '../sim/returns';
import { type Parsed, parseP2p, parseSegments } from '../sim/simulate';
import type { Direction, DmaSpace, Kernel, Machine, MapResult, Scatterlist } from '../sim/types';
import { replayVectors, VectorError } from '../sim/vectors';
import { formatKernel, NEWEST_KERNEL, parseKernelVersion } from '../types';
import { reasonOf } from '../workspace/files';
import { knownIds } from './ids';
import { runSearch, searchOptions } from './search';
import { UsageError } from './usage';

export interface SimulateOptions extends Typed {
  readonly backend?: string;
  readonly search?: string;
  readonly shape?: string;
  readonly rates?: boolean;
  readonly kernel?: string;
  readonly segments?: string;
  readonly p2p?: string;
  readonly direction: string;
  readonly cpu: string;
  readonly format: 'text' | 'json' | 'svg';
  readonly theme: Theme;
  readonly vectors?: string;
  readonly history?: string;
}

const DIRECTIONS: Readonly<Record<string, Direction>> = { both: 0, to: 1, from: 2 };

const DEFAULT_BACKEND = 'iommu-dma';

/** The options for everything that a backend can be told. */
export function simulateOptions(): readonly Option[] {
  const fields = [...DEVICE_FIELDS, ...MACHINE_FIELDS];
  return [
    ...fields.map(({ name, argument, doc }) => new Option(argument ? `--${name} ${argument}` : `--${name}`, doc)),
    new Option('--p2p <list>', 'peer-to-peer entries: index:bus:offset, index:host-bridge or index:unsupported'),
    ...searchOptions(),
    new Option('--direction <direction>', 'to or from the device').choices(Object.keys(DIRECTIONS)).default('to'),
    new Option('--cpu <number>', 'the CPU that maps').default('0'),
    new Option('--format <format>', 'how to show it').choices(['text', 'json', 'svg']).default('text'),
    new Option('--theme <theme>', 'colours of the SVG').choices(['light', 'dark', 'high-contrast']).default('light'),
    new Option('--history <file>', 'replay maps and unmaps (JSON)'),
    new Option('--vectors <file>', 'replay a recording of a real kernel (JSON Lines)'),
  ];
}

/** Prints layouts, or the result of a recording; returns the exit status. */
export function runSimulate(options: SimulateOptions): number {
  if (options.vectors !== undefined) return runVectors(options.vectors);
  if (options.history !== undefined) return runHistory(options.history, options);
  if (options.search !== undefined)
    return runSearch({ ...options, search: options.search }, kernelOrThrow(options.kernel));
  if (options.segments === undefined)
    throw new UsageError(
      'what shall be mapped? give --segments 64K,16K,64K, --search contiguous-size, --history FILE or --vectors FILE',
    );
  const segments = parsedOrThrow(parseSegments(options.segments));
  const list = options.p2p === undefined ? segments : parsedOrThrow(parseP2p(segments, options.p2p));
  const device = parsedOrThrow(parseDevice(options));
  const machine = parsedOrThrow(parseMachine(options));
  const kernel = kernelOrThrow(options.kernel);
  const cpu = cpuOrThrow(options.cpu, machine.cpus ?? 1);
  const ids = knownIds(
    options.backend ?? DEFAULT_BACKEND,
    PLATFORMS.map((one) => one.id),
    'backend',
  );
  const results = ids.map((id) => {
    const found = platformOrThrow(id);
    const space = openSpace(found, kernel, machine);
    const all = { ...DEFAULT_DEVICE, ...found.device, ...device };
    return space.mapSg(list, all, DIRECTIONS[options.direction] ?? 1, cpu);
  });
  const drawings = results.map((result): Drawing => ({ title: result.backend, list, result }));
  if (options.format === 'json') {
    printJson(results.map((result) => ({ ...layoutJson(result), calls: callResults(result, kernel) })));
  } else if (options.format === 'svg') process.stdout.write(`${drawSheet(drawings, 2, options.theme)}\n`);
  else process.stdout.write(`${results.map((result) => textOf(list, result, kernel)).join('\n\n')}\n`);
  return results.every((result) => result.ok) ? 0 : 1;
}

/** The drawing; of a failure also what the driver gets to see. */
function textOf(list: Scatterlist, result: MapResult, kernel: Kernel): string {
  const text = drawText(list, result);
  return result.ok ? text : `${text}\n${returnsText(callResults(result, kernel))}`;
}

function runHistory(file: string, options: SimulateOptions): number {
  const parsed = parseHistory(readJson(file));
  if (!parsed.ok) throw new UsageError(`${file}: ${parsed.reason}`);
  const history: History = parsed.value;
  const space = openSpace(history.platform, kernelOrThrow(history.kernel), history.machine);
  const device = { ...DEFAULT_DEVICE, ...history.platform.device, ...history.device };
  const replayed = replayHistory(space, device, history.steps);
  if (options.format === 'json') {
    printJson(
      replayed.map(({ number, step, result }) => ({ ...stepJson(number, step), ...(result && layoutJson(result)) })),
    );
  } else if (options.format === 'svg') {
    process.stdout.write(`${drawSheet(replayed.map(drawingOf), 1, options.theme)}\n`);
  } else {
    process.stdout.write(`${replayed.map(replayedText).join('\n\n')}\n`);
  }
  return replayed.every(({ result }) => result?.ok !== false) ? 0 : 1;
}

function replayedText(replayed: Replayed): string {
  const { title, list, result } = drawingOf(replayed);
  return result ? `${title}\n${drawText(list, result)}` : title;
}

function drawingOf({ number, step, result }: Replayed): Drawing {
  const list = step.kind === 'unmap' ? [] : step.list;
  const what = step.kind === 'unmap' ? `unmap what step ${step.step} mapped` : `${step.kind} ${step.text}`;
  return { title: `step ${number}: ${what}`, list, result };
}

function stepJson(step: number, { kind, ...rest }: Step): object {
  return { step, [kind]: 'text' in rest ? rest.text : rest.step };
}

function openSpace(found: Platform, kernel: Kernel, machine: Partial<Machine>): DmaSpace {
  const { id, backend } = found;
  const target = kernelOf(found, kernel);
  const { since } = backend;
  if (since && (kernel.major - since.major || kernel.minor - since.minor) < 0) {
    throw new UsageError(
      `${id} begins with Linux ${formatKernel(since)}; it does not exist in ${formatKernel(kernel)}`,
    );
  }
  if (target !== kernel)
    process.stderr.write(`dma-lens: ${id} ends with Linux ${formatKernel(target)}: showing that\n`);
  return backend.open({ ...found.machine, ...machine, kernel: target });
}

function platformOrThrow(id: string): Platform {
  const found = platform(id);
  if (!found) throw new UsageError(`unknown backend '${id}'`);
  return found;
}

function kernelOrThrow(text: string | undefined): Kernel {
  const kernel = text === undefined ? NEWEST_KERNEL : parseKernelVersion(text);
  if (!kernel) throw new UsageError(`'${text}' is no kernel version; write it as 6.12`);
  return kernel;
}

function cpuOrThrow(text: string, cpus: number): number {
  const cpu = /^\d+$/.test(text) ? Number(text) : cpus;
  if (cpu < cpus) return cpu;
  throw new UsageError(`cpu: '${text}' is no number below ${cpus}; give --cpus to have more`);
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

function runVectors(file: string): number {
  const text = readText(file);
  try {
    const { passed, failed } = replayVectors(text.split('\n'));
    for (const one of failed) process.stdout.write(`line ${one.line}: ${one.name}: ${one.explanation}\n`);
    process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
    return failed.length === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof VectorError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

function readJson(file: string): unknown {
  const text = readText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: ${reasonOf(error)}`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${reasonOf(error)}`);
  }
}

function parsedOrThrow<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new UsageError(parsed.reason);
}
