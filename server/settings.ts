/** The settings, as one table; the manifest and the README are generated from it. */

import { type KernelVersion, parseKernelVersion, SEVERITIES, type Severity } from './types';

interface Definition {
  readonly type: 'boolean' | 'string' | 'number' | 'array' | 'object';
  readonly default: unknown;
  /** Markdown. */
  readonly doc: string;
  /** `resource`: may differ per folder; `machine-overridable`: never from an untrusted workspace. */
  readonly scope: 'resource' | 'window' | 'machine-overridable';
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly patternErrorMessage?: string;
}

/** Named sets of platforms, for machines that a driver is meant for. Values are platform ids. */
export const PLATFORM_PRESETS = {
  default: { doc: 'What a driver for the target kernel can meet on common machines.', platforms: [] },
  all: { doc: 'Every platform of the target kernel.', platforms: [] },
  x86: {
    doc: 'PCs and servers with x86 processors, Xen guests among them.',
    platforms: [
      'direct',
      'swiotlb',
      'iommu-dma',
      'iommu-dma-untrusted',
      'intel-legacy',
      'amd-legacy',
      'gart',
      'xen-swiotlb',
    ],
  },
  arm: {
    doc: 'Boards with 32-bit and 64-bit ARM processors.',
    platforms: ['direct', 'swiotlb', 'iommu-dma', 'iommu-dma-4.4', 'arm-iommu'],
  },
  powerpc: { doc: 'powerpc machines.', platforms: ['direct', 'swiotlb', 'powerpc-tce'] },
  s390: { doc: 'IBM mainframes.', platforms: ['direct', 'swiotlb', 'iommu-dma', 's390-pci'] },
  sparc: { doc: 'sparc64 machines.', platforms: ['direct', 'sparc-iommu'] },
} as const satisfies Readonly<Record<string, { doc: string; platforms: readonly string[] }>>;

export type PlatformPreset = keyof typeof PLATFORM_PRESETS;

export const SETTINGS = {
  enable: {
    type: 'string',
    default: 'auto',
    enum: ['auto', 'always', 'never'],
    enumDescriptions: [
      'C files that use the DMA API or lie in a kernel tree.',
      'Every C file.',
      'No file; the server does not run.',
    ],
    scope: 'resource',
    doc: 'Which C files are analyzed.',
  },
  kernel: {
    type: 'string',
    default: '',
    pattern: '^(v?\\d{1,3}\\.\\d{1,3}([.-].*)?)?$',
    patternErrorMessage: 'A kernel version such as 6.12, or nothing.',
    scope: 'resource',
    doc: 'Target kernel such as `6.12`. Empty: that of the tree that the file lies in, else the newest known.',
  },
  platformPreset: {
    type: 'string',
    default: 'default',
    enum: Object.keys(PLATFORM_PRESETS),
    enumDescriptions: Object.values(PLATFORM_PRESETS).map((one) => one.doc),
    scope: 'resource',
    doc: 'The machines that mappings are replayed on.',
  },
  platforms: {
    type: 'array',
    default: [],
    scope: 'resource',
    doc: 'Ids of the platforms to replay on, such as `direct`. Empty: those of the preset.',
  },
  severities: {
    type: 'object',
    default: {},
    scope: 'resource',
    doc: 'Severity by rule id: `error`, `warning`, `information` or `off`.',
  },
  index: {
    type: 'boolean',
    default: true,
    scope: 'window',
    doc: 'Look at the other files of the workspace in the background, so that functions defined there are understood.',
  },
  hoverImages: {
    type: 'boolean',
    default: true,
    scope: 'window',
    doc: 'Draw layouts as pictures in hovers; otherwise as text.',
  },
  codeLens: {
    type: 'boolean',
    default: true,
    scope: 'resource',
    doc: 'Say above a finding on how many platforms the code works.',
  },
  inlayHints: {
    type: 'boolean',
    default: false,
    scope: 'resource',
    doc: 'Say behind each call that maps a list on how many platforms the mapping is one range.',
  },
  delay: {
    type: 'number',
    default: 150,
    minimum: 0,
    maximum: 5000,
    scope: 'window',
    doc: 'Milliseconds to wait after a keystroke before the file is analyzed again.',
  },
  'server.memory': {
    type: 'number',
    default: 0,
    minimum: 0,
    maximum: 65536,
    scope: 'machine-overridable',
    doc: "Megabytes that the server's heap may take. 0: what the JavaScript engine chooses. Read when the server starts.",
  },
} as const satisfies Readonly<Record<string, Definition>>;

export interface Settings {
  readonly enable: 'auto' | 'always' | 'never';
  readonly kernel: KernelVersion | undefined;
  readonly platformPreset: PlatformPreset;
  /** Ids; empty: those of the preset. */
  readonly platforms: readonly string[];
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
  readonly index: boolean;
  readonly hoverImages: boolean;
  readonly codeLens: boolean;
  readonly inlayHints: boolean;
  /** Milliseconds. */
  readonly delay: number;
}

/** Settings from whatever an editor sends; a bad value falls back to its own default. */
export function readSettings(input: unknown): Settings {
  const given: Readonly<Record<string, unknown>> = isRecord(input) ? input : {};
  const flag = (name: 'index' | 'hoverImages' | 'codeLens' | 'inlayHints') => {
    const value = given[name];
    return typeof value === 'boolean' ? value : SETTINGS[name].default;
  };
  const { enable, kernel, platformPreset, platforms, severities, delay } = given;
  const { minimum, maximum } = SETTINGS.delay;
  const hasDelay = typeof delay === 'number' && minimum <= delay && delay <= maximum;
  return {
    enable: enable === 'always' || enable === 'never' ? enable : SETTINGS.enable.default,
    kernel: typeof kernel === 'string' ? parseKernelVersion(kernel) : undefined,
    platformPreset: isPreset(platformPreset) ? platformPreset : SETTINGS.platformPreset.default,
    platforms: Array.isArray(platforms) ? platforms.filter((one) => typeof one === 'string') : [],
    severities: isRecord(severities) ? readSeverities(severities) : {},
    index: flag('index'),
    hoverImages: flag('hoverImages'),
    codeLens: flag('codeLens'),
    inlayHints: flag('inlayHints'),
    delay: hasDelay ? delay : SETTINGS.delay.default,
  };
}

function isPreset(value: unknown): value is PlatformPreset {
  return typeof value === 'string' && Object.hasOwn(PLATFORM_PRESETS, value);
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
