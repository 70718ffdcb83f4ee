/** `dma-lens simulate`. */

import { readFileSync } from 'node:fs';
import { drawText } from '../render/text';
import { hex } from '../sim/layout';
import { DEFAULT_DEVICE, kernelOf, PLATFORMS, platform } from '../sim/platforms';
import { type DeviceText, type Parsed, parseDevice, parseGranule, parseSegments } from '../sim/simulate';
import type { Kernel, MapResult, Scatterlist } from '../sim/types';
import { replayVectors, VectorError } from '../sim/vectors';
import { formatKernel, NEWEST_KERNEL, parseKernelVersion } from '../types';
import { reasonOf } from '../workspace/files';
import { knownIds } from './ids';
import { UsageError } from './usage';

export interface SimulateOptions extends DeviceText {
  readonly backend: string;
  readonly kernel?: string;
  readonly segments?: string;
  readonly granule?: string;
  readonly format: 'text' | 'json';
  readonly vectors?: string;
}

/** Prints layouts, or the result of a recording; returns the exit status. */
export function runSimulate(options: SimulateOptions): number {
  if (options.vectors !== undefined) return runVectors(options.vectors);
  if (options.segments === undefined)
    throw new UsageError('what shall be mapped? give --segments 64K,16K,64K, or --vectors FILE');
  const list = parsedOrThrow(parseSegments(options.segments));
  const device = parsedOrThrow(parseDevice(options));
  const granule = options.granule === undefined ? undefined : parsedOrThrow(parseGranule(options.granule));
  const kernel = options.kernel === undefined ? NEWEST_KERNEL : parseKernelVersion(options.kernel);
  if (!kernel) throw new UsageError(`'${options.kernel}' is no kernel version; write it as 6.12`);
  const ids = knownIds(
    options.backend,
    PLATFORMS.map((one) => one.id),
    'backend',
  );
  const results = ids.map((id) => mapOn(id, kernel, list, device, granule));
  if (options.format === 'json') {
    process.stdout.write(`${JSON.stringify(results.map(layoutJson), undefined, 2)}\n`);
  } else {
    process.stdout.write(`${results.map((result) => drawText(list, result)).join('\n\n')}\n`);
  }
  return results.every((result) => result.ok) ? 0 : 1;
}

function mapOn(id: string, kernel: Kernel, list: Scatterlist, device: object, granule: number | undefined): MapResult {
  const found = platform(id);
  if (!found) throw new UsageError(`unknown backend '${id}'`);
  const target = kernelOf(found, kernel);
  const { since } = found.backend;
  if (since && (kernel.major - since.major || kernel.minor - since.minor) < 0) {
    throw new UsageError(
      `${id} begins with Linux ${formatKernel(since)}; it does not exist in ${formatKernel(kernel)}`,
    );
  }
  if (target !== kernel)
    process.stderr.write(`dma-lens: ${id} ends with Linux ${formatKernel(target)}: showing that\n`);
  const space = found.backend.open({ kernel: target, ...found.machine, ...(granule !== undefined && { granule }) });
  return space.mapSg(list, { ...DEFAULT_DEVICE, ...found.device, ...device }, 1);
}

function layoutJson(result: MapResult): unknown {
  if (!result.ok) return { backend: result.backend, error: result.errno, reason: result.reason };
  return {
    backend: result.backend,
    returns: result.segments.length,
    segments: result.segments.map((segment) => ({
      address: hex(segment.dma),
      length: segment.length,
      pieces: segment.pieces,
      ...(segment.bounced && { bounced: true }),
    })),
    breaks: result.breaks.map((one) => ({ after: one.after, gap: Number(one.gap), cause: one.cause, why: one.why })),
    blocks: result.blocks.map((block) => ({ start: hex(block.start), bytes: block.bytes })),
    steps: result.steps,
  };
}

function runVectors(file: string): number {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${reasonOf(error)}`);
  }
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

function parsedOrThrow<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new UsageError(parsed.reason);
}
