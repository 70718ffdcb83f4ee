/** Histories: a small JSON document that maps, unmaps and maps again on one space. */

import { DEVICE_FIELDS, type Field, keyOf, MACHINE_FIELDS, parseDevice, parseMachine, type Typed } from './options';
import { PLATFORMS, type Platform, platform } from './platforms';
import { type Parsed, parseP2p, parseSegments } from './simulate';
import type { Device, Direction, DmaSpace, Machine, MapResult, Scatterlist } from './types';

/** One step; steps count from 1. */
export type Step =
  | {
      readonly kind: 'map' | 'page';
      readonly text: string;
      readonly list: Scatterlist;
      readonly direction: Direction;
      readonly cpu: number;
    }
  | { readonly kind: 'unmap'; readonly step: number; readonly cpu: number };

export interface History {
  readonly platform: Platform;
  /** As written; absent: the newest known. */
  readonly kernel: string | undefined;
  readonly machine: Partial<Machine>;
  readonly device: Partial<Device>;
  readonly steps: readonly Step[];
}

/** What came of a step; an unmapping has no result. */
export interface Replayed {
  readonly number: number;
  readonly step: Step;
  readonly result: MapResult | undefined;
}

const DIRECTIONS: Readonly<Record<string, Direction>> = { both: 0, to: 1, from: 2 };

/** Checks a document; a reason names the step that is wrong. */
export function parseHistory(json: unknown): Parsed<History> {
  const document = recordOf(json);
  if (!document) return bad('a history is an object with "backend" and "steps"');
  const odd = unknownKey(document, ['backend', 'kernel', 'machine', 'device', 'steps']);
  if (odd !== undefined) return bad(odd);
  const { backend, kernel, steps } = document;
  const found = typeof backend === 'string' ? platform(backend) : undefined;
  if (!found) return bad(`"backend" is one of ${PLATFORMS.map((one) => one.id).join(', ')}`);
  if (kernel !== undefined && typeof kernel !== 'string') return bad('"kernel" is a text such as "6.12"');
  const machine = parsePart('machine', document['machine'], MACHINE_FIELDS, parseMachine);
  if (!machine.ok) return machine;
  const device = parsePart('device', document['device'], DEVICE_FIELDS, parseDevice);
  if (!device.ok) return device;
  if (!Array.isArray(steps) || steps.length === 0) return bad('"steps" is a list with at least one step');
  const parsed: Step[] = [];
  for (let i = 0; i < steps.length; i++) {
    const step = parseStep(steps[i], parsed, machine.value.cpus ?? 1);
    if (!step.ok) return bad(`step ${i + 1}: ${step.reason}`);
    parsed.push(step.value);
  }
  return good({ platform: found, kernel, machine: machine.value, device: device.value, steps: parsed });
}

/** Runs the steps in order. Unmapping what could not be mapped does nothing. */
export function replayHistory(space: DmaSpace, device: Device, steps: readonly Step[]): readonly Replayed[] {
  const results: (MapResult | undefined)[] = [];
  for (const step of steps) {
    if (step.kind === 'unmap') {
      const mapping = results[step.step - 1];
      if (mapping?.ok) space.unmap(mapping, step.cpu);
      results.push(undefined);
      continue;
    }
    const { list, direction, cpu } = step;
    const [entry] = list;
    const isPage = step.kind === 'page' && entry !== undefined;
    results.push(isPage ? space.mapPage(entry, device, direction, cpu) : space.mapSg(list, device, direction, cpu));
  }
  return steps.map((step, i) => ({ number: i + 1, step, result: results[i] }));
}

function parsePart<Draft, Whole>(
  name: string,
  json: unknown,
  fields: readonly Field<Draft>[],
  parse: (typed: Typed) => Parsed<Whole>,
): Parsed<Whole> {
  const typed = json === undefined ? {} : recordOf(json);
  if (!typed) return bad(`"${name}" is an object`);
  const odd = unknownKey(
    typed,
    fields.map((one) => keyOf(one.name)),
  );
  const parsed = odd === undefined ? parse(typed) : bad(odd);
  return parsed.ok ? parsed : bad(`"${name}": ${parsed.reason}`);
}

function parseStep(json: unknown, before: readonly Step[], cpus: number): Parsed<Step> {
  const step = recordOf(json);
  const kinds = step ? ['map', 'page', 'unmap'].filter((one) => one in step) : [];
  if (!step || kinds.length !== 1) return bad('exactly one of "map", "page" and "unmap"');
  const { cpu = 0 } = step;
  if (typeof cpu !== 'number' || !Number.isInteger(cpu) || cpu < 0 || cpus <= cpu) {
    return bad(`"cpu" is a number below ${cpus}, the "cpus" of the machine`);
  }
  if ('unmap' in step) {
    const odd = unknownKey(step, ['unmap', 'cpu']);
    return odd === undefined ? parseUnmap(step['unmap'], before, cpu) : bad(odd);
  }
  const kind = 'map' in step ? 'map' : 'page';
  const odd = unknownKey(step, [kind, 'direction', 'cpu', 'p2p']);
  if (odd !== undefined) return bad(odd);
  const text = step[kind];
  if (typeof text !== 'string') return bad(`"${kind}" is a text such as "64K,16K"`);
  const { direction = 'to', p2p } = step;
  const number = typeof direction === 'string' ? DIRECTIONS[direction] : undefined;
  if (number === undefined) return bad('"direction" is "to", "from" or "both"');
  const plain = parseSegments(text);
  if (!plain.ok) return plain;
  if (kind === 'page' && plain.value.length !== 1) return bad('"page" has one entry');
  if (p2p !== undefined && typeof p2p !== 'string') return bad('"p2p" is a text such as "1:bus:0x1000"');
  const list = p2p === undefined ? plain : parseP2p(plain.value, p2p);
  return list.ok ? good({ kind, text, list: list.value, direction: number, cpu }) : list;
}

function parseUnmap(which: unknown, before: readonly Step[], cpu: number): Parsed<Step> {
  if (typeof which !== 'number' || !Number.isInteger(which) || which < 1) {
    return bad('"unmap" is the number of an earlier step; the first one is 1');
  }
  const target = before[which - 1];
  if (!target) return bad(`step ${which} does not come before it`);
  if (target.kind === 'unmap') return bad(`step ${which} maps nothing`);
  const twice = before.findIndex((one) => one.kind === 'unmap' && one.step === which);
  if (twice !== -1) return bad(`step ${twice + 1} unmapped step ${which} already`);
  return good({ kind: 'unmap', step: which, cpu });
}

function unknownKey(object: Typed, known: readonly string[]): string | undefined {
  const odd = Object.keys(object).find((key) => !known.includes(key));
  return odd === undefined ? undefined : `unknown "${odd}"; known: ${known.join(', ')}`;
}

function recordOf(json: unknown): Typed | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Typed) : undefined;
}

function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

function bad(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
