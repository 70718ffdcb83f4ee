/** The requests of the layout explorer: what to open it with, and what a list becomes. Input is what a client sends. */

import type { HoverInfo } from '../lens';
import type { LayoutAnswer, LayoutParams, SimulateAnswer } from '../protocol';
import { explorerRequest } from '../render/explorerLink';
import { layoutJson } from '../report/layoutJson';
import { parseDevice, parseMachine, type Typed } from '../sim/options';
import { DEFAULT_DEVICE, kernelOf, platform } from '../sim/platforms';
import { parseSegments } from '../sim/simulate';
import { NEWEST_KERNEL, parseKernelVersion } from '../types';

export function readLayoutParams(params: unknown): LayoutParams | undefined {
  const { textDocument, position } = recordOf(params);
  const { uri } = recordOf(textDocument);
  const { line, character } = recordOf(position);
  if (typeof uri !== 'string' || typeof line !== 'number' || typeof character !== 'number') return undefined;
  return { textDocument: { uri }, position: { line, character } };
}

/** The first picture of a hover, to be opened in the explorer. */
export function layoutAnswer(hover: HoverInfo | undefined): LayoutAnswer | null {
  const [picture] = hover?.pictures ?? [];
  if (!hover?.replay || !picture) return null;
  return {
    title: hover.title,
    explorer: explorerRequest(hover.replay, hover.kernel, picture.platform, picture.example.list),
    platforms: hover.replay.platforms.map(({ platform: id, verdict, rate, why }) => ({
      id,
      verdict,
      why,
      ...(rate !== undefined && { rate }),
    })),
  };
}

/** Layouts on each platform, or what is wrong with the question. */
export function simulateAnswer(params: unknown): SimulateAnswer {
  const asked = recordOf(params);
  const { segments, platforms, kernel } = asked;
  if (typeof segments !== 'string') return { error: '"segments" is a text such as "64K,16K,64K"' };
  if (!Array.isArray(platforms)) return { error: '"platforms" is a list of platform ids' };
  const list = parseSegments(segments);
  if (!list.ok) return { error: list.reason };
  const target = typeof kernel === 'string' ? parseKernelVersion(kernel) : NEWEST_KERNEL;
  if (!target) return { error: `'${kernel}' is no kernel version; write it as 6.12` };
  const options = recordOf(asked['device']);
  const device = parseDevice(options);
  if (!device.ok) return { error: device.reason };
  const machine = parseMachine(options);
  if (!machine.ok) return { error: machine.reason };
  const layouts: object[] = [];
  for (const id of platforms) {
    const found = typeof id === 'string' ? platform(id) : undefined;
    if (!found) return { error: `there is no platform '${id}'` };
    const space = found.backend.open({ ...found.machine, ...machine.value, kernel: kernelOf(found, target) });
    layouts.push(layoutJson(space.mapSg(list.value, { ...DEFAULT_DEVICE, ...found.device, ...device.value }, 1)));
  }
  return { layouts };
}

function recordOf(value: unknown): Typed {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Typed) : {};
}
