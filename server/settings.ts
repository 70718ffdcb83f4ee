/** The settings, as one table; the manifest and the README are generated from it. */

import { type KernelVersion, parseKernelVersion, SEVERITIES, type Severity } from './types';

interface Definition {
  readonly type: 'boolean' | 'string' | 'number' | 'array' | 'object';
  readonly default: unknown;
  readonly doc: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export const SETTINGS = {
  enable: { type: 'boolean', default: true, doc: 'Analyze C files.' },
  kernel: {
    type: 'string',
    default: '',
    doc: 'Target kernel such as `6.12`. Empty: that of the tree that the file lies in, else the newest known.',
  },
  platforms: {
    type: 'array',
    default: [],
    doc: 'Ids of the platforms to replay on, such as `direct`. Empty: the default set for the kernel.',
  },
  severities: {
    type: 'object',
    default: {},
    doc: 'Severity by rule id: `error`, `warning`, `information` or `off`.',
  },
  hoverImages: { type: 'boolean', default: true, doc: 'Draw layouts as pictures in hovers; otherwise as text.' },
  delay: {
    type: 'number',
    default: 150,
    minimum: 0,
    maximum: 5000,
    doc: 'Milliseconds to wait after a keystroke before the file is analyzed again.',
  },
} as const satisfies Readonly<Record<string, Definition>>;

export interface Settings {
  readonly enable: boolean;
  readonly kernel: KernelVersion | undefined;
  readonly platforms: readonly string[];
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
  readonly hoverImages: boolean;
  /** Milliseconds. */
  readonly delay: number;
}

/** Settings from whatever an editor sends; a bad value falls back to its own default. */
export function readSettings(input: unknown): Settings {
  const given: Readonly<Record<string, unknown>> = isRecord(input) ? input : {};
  const flag = (name: 'enable' | 'hoverImages') => {
    const value = given[name];
    return typeof value === 'boolean' ? value : SETTINGS[name].default;
  };
  const { kernel, platforms, severities, delay } = given;
  const { minimum, maximum } = SETTINGS.delay;
  const hasDelay = typeof delay === 'number' && minimum <= delay && delay <= maximum;
  return {
    enable: flag('enable'),
    kernel: typeof kernel === 'string' ? parseKernelVersion(kernel) : undefined,
    platforms: Array.isArray(platforms) ? platforms.filter((one) => typeof one === 'string') : [],
    severities: isRecord(severities) ? readSeverities(severities) : {},
    hoverImages: flag('hoverImages'),
    delay: hasDelay ? delay : SETTINGS.delay.default,
  };
}

function readSeverities(given: Readonly<Record<string, unknown>>): Settings['severities'] {
  const read: Record<string, Severity | 'off'> = {};
  for (const [rule, value] of Object.entries(given)) {
    const severity = value === 'off' ? value : SEVERITIES.find((one) => one === value);
    if (severity) read[rule] = severity;
  }
  return read;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
