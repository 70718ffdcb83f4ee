/** From the explorer's state to what stands on the page: layouts, verdicts, steps, commands. No page in here. */

import { segmentsText } from '../../server/render/explorerLink';
import { drawSvg, type Theme } from '../../server/render/svg';
import type { RangeView } from '../../server/render/track';
import { layoutLine, listText } from '../../server/render/verdict';
import { parseNeed } from '../../server/replay/needs';
import { holds, needText, totalBytes } from '../../server/replay/predicates';
import { type RateQuestion, rateOf } from '../../server/replay/rates';
import type { Predicate, Rate } from '../../server/replay/types';
import { hex, sizeText } from '../../server/sim/layout';
import { DEVICE_FIELDS, keyOf, MACHINE_FIELDS, parseDevice, parseMachine } from '../../server/sim/options';
import { DEFAULT_DEVICE, kernelOf, PLATFORMS, type Platform, platform } from '../../server/sim/platforms';
import type { Device, Kernel, Machine, MapResult, Scatterlist } from '../../server/sim/types';
import { formatKernel, NEWEST_KERNEL, parseKernelVersion } from '../../server/types';
import type { ExplorerState } from './state';

export interface PlatformView {
  readonly id: string;
  readonly title: string;
  readonly verdict: 'holds' | 'breaks' | 'refused';
  /** `64 KiB, 16 KiB, hole of 48 KiB, 64 KiB`. */
  readonly line: string;
  readonly svg: string;
  /** What the algorithm did, in order; the rest stays hidden while stepping. */
  readonly steps: readonly string[];
  readonly allSteps: number;
  /** The kernel that is simulated, where it is not the one asked for. */
  readonly note: string;
  readonly command: string;
  readonly hardware: string;
}

export interface ExplorerView {
  readonly platforms: readonly PlatformView[];
  /** `needs one contiguous DMA range`. */
  readonly need: string;
  readonly list: string;
  /** What is wrong with the input; the platforms then show nothing. */
  readonly problem: string | undefined;
  /** Most steps of any platform. */
  readonly steps: number;
}

export function viewOf(state: ExplorerState, theme: Theme, width: number): ExplorerView {
  const list = listOf(state);
  const base = { list: listText(list), steps: 0, platforms: [] };
  const read = readOptions(state);
  if (typeof read === 'string') return { ...base, need: '', problem: read };
  const { predicate } = read;
  const platforms = state.platforms.flatMap((id) => {
    const found = platform(id);
    return found ? [platformView(state, found, list, read, theme, width)] : [];
  });
  const steps = Math.max(0, ...platforms.map((one) => one.allSteps));
  return { ...base, need: `needs ${needText(predicate)}`, problem: undefined, platforms, steps };
}

/** The entries as the simulator takes them. */
export function listOf(state: ExplorerState): Scatterlist {
  return state.entries.map(({ page, offset, length }) => ({ page: BigInt(page), offset, length }));
}

/** How often buffers of the chosen memory fail on a platform. */
export function rateFor(state: ExplorerState, id: string, draws: number): Rate | undefined {
  const read = readOptions(state);
  if (typeof read === 'string') return undefined;
  const question: RateQuestion = {
    predicate: read.predicate,
    shape: { origin: '', kind: 'pages', firstOffset: 'zero' },
    device: read.device,
    kernel: read.kernel,
    platform: id,
  };
  const { fragmentation, hugePages, bytes } = state;
  return rateOf(question, { tolerance: 0.01, draws }, { fragmentation, hugePages, bytes });
}

/** A recording of the layouts in the format that `simulate --vectors` reads, one platform's. */
export function recordingOf(state: ExplorerState, id: string): string {
  const read = readOptions(state);
  const found = platform(id);
  if (typeof read === 'string' || !found) return '';
  const list = listOf(state);
  const result = mapOn(found, list, read);
  const device = deviceOn(found, read.device);
  const environment = {
    type: 'environment',
    source: 'simulated',
    kernel: formatKernel(kernelOf(found, read.kernel)),
    backend: id,
    page_size: 4096,
    compare: 'absolute',
  };
  const operation = {
    op: 'map_sg',
    id: 0,
    name: listText(list),
    fresh: true,
    params: {
      dma_mask: hex(device.dmaMask),
      max_seg_size: device.maxSegmentSize,
      seg_boundary: hex(device.segmentBoundary),
      min_align_mask: device.minAlignMask,
      dir: 1,
    },
    entries: list.map(({ page, offset, length }) => ({ page: hex(page), offset, length })),
    error: result.ok ? 0 : result.errno,
    segments: result.ok ? result.segments.map(({ dma, length }) => ({ address: hex(dma), length })) : [],
  };
  return `${JSON.stringify(environment)}\n${JSON.stringify(operation)}\n`;
}

/** The options of the device and the machine that the page offers. */
export const OPTIONS = [...DEVICE_FIELDS, ...MACHINE_FIELDS].map(({ name, argument, doc }) => ({
  key: keyOf(name),
  name,
  argument,
  doc,
}));

interface Read {
  readonly kernel: Kernel;
  readonly predicate: Predicate;
  readonly device: Partial<Device>;
  readonly machine: Partial<Machine>;
}

/** What was typed, or what is wrong with it. */
function readOptions(state: ExplorerState): Read | string {
  const need = parseNeed(state.need);
  if (!need.ok) return need.reason;
  const device = parseDevice(state.options);
  if (!device.ok) return device.reason;
  const machine = parseMachine(state.options);
  if (!machine.ok) return machine.reason;
  const kernel = parseKernelVersion(state.kernel) ?? NEWEST_KERNEL;
  return { kernel, predicate: need.value, device: device.value, machine: machine.value };
}

function deviceOn(found: Platform, device: Partial<Device>): Device {
  return { ...DEFAULT_DEVICE, ...found.device, ...device };
}

function mapOn(found: Platform, list: Scatterlist, { kernel, device, machine }: Read): MapResult {
  const space = found.backend.open({ ...found.machine, ...machine, kernel: kernelOf(found, kernel) });
  return space.mapSg(list, deviceOn(found, device), 1);
}

function platformView(
  state: ExplorerState,
  found: Platform,
  list: Scatterlist,
  read: Read,
  theme: Theme,
  width: number,
): PlatformView {
  const { id, title } = found;
  const result = mapOn(found, list, read);
  const verdict = !result.ok ? 'refused' : holds(read.predicate, list, result) ? 'holds' : 'breaks';
  const view: RangeView | undefined =
    read.predicate.kind === 'contiguous-size' ? { kind: 'told', bytes: totalBytes(list) } : undefined;
  const steps = result.ok ? explained(result) : [result.reason];
  const target = kernelOf(found, read.kernel);
  const isOther = target.major !== read.kernel.major || target.minor !== read.kernel.minor;
  return {
    id,
    title,
    verdict,
    line: layoutLine(result),
    svg: drawSvg(list, result, { theme, width, title, ...(view && { view }) }),
    steps: state.step === undefined ? steps : steps.slice(0, state.step),
    allSteps: steps.length,
    note: isOther ? `as in Linux ${formatKernel(target)}` : '',
    command: commandOf(state, id, list, formatKernel(target)),
    hardware: HARDWARE[id] ?? '',
  };
}

/** The steps, with the reason of each hole behind them. */
function explained(result: MapResult & { readonly ok: true }): readonly string[] {
  const holes = result.breaks.filter((one) => one.gap !== 0n);
  return [
    ...result.steps,
    ...holes.map((one) => {
      const what = one.gap < 0n ? 'a jump back' : `a hole of ${sizeText(one.gap)}`;
      return `${what} behind segment ${one.after}: ${one.why}`;
    }),
  ];
}

function commandOf(state: ExplorerState, id: string, list: Scatterlist, kernel: string): string {
  const options = OPTIONS.flatMap(({ key, name }) => {
    const value = state.options[key];
    if (value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name} ${quoted(String(value))}`];
  });
  return [
    'dma-lens simulate',
    `--backend ${id}`,
    `--kernel ${kernel}`,
    `--segments ${segmentsText(list)}`,
    ...options,
  ].join(' ');
}

/** Text that a shell takes as one word. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

/** How to see a platform's behaviour on a machine at hand. */
const HARDWARE: Readonly<Record<string, string>> = {
  direct: 'Boot with iommu.passthrough=1 (x86: iommu=pt), or with the IOMMU switched off in the firmware.',
  swiotlb: 'Boot with swiotlb=force; add swiotlb=65536,force for a larger pool.',
  'iommu-dma':
    'x86: boot with intel_iommu=on or amd_iommu=on, and iommu.passthrough=0 iommu.strict=1. arm64: iommu.passthrough=0.',
  'iommu-dma-4.4': 'arm64 with an SMMU and Linux 4.4 to 4.6; or qemu-system-aarch64 -M virt,iommu=smmuv3.',
  'iommu-dma-v6': 'Linux 4.2 with the patch as it was posted in October 2015, on arm64 with an SMMU.',
  'iommu-dma-untrusted':
    'A Thunderbolt or USB4 device with intel_iommu=on, or a port that firmware marks as external-facing.',
  'arm-iommu': 'A 32-bit ARM board with CONFIG_ARM_DMA_USE_IOMMU (Exynos, Tegra, OMAP).',
  'intel-legacy': 'Linux up to 5.10 with intel_iommu=on; intel_iommu=on,strict returns addresses at once.',
  'amd-legacy': 'Linux up to 5.4 with amd_iommu=on.',
  'powerpc-tce': 'qemu-system-ppc64 -M pseries, or POWER with iommu=nobypass; novmerge switches merging off.',
  gart: 'An old AMD64 machine with more than 4 GiB and iommu=force,merge.',
  's390-pci': 's390 with PCI functions and Linux up to 6.6; s390_iommu=strict returns addresses at once.',
  'sparc-iommu': 'sparc64; qemu-system-sparc64 has the sun4u IOMMU.',
  'xen-swiotlb': 'A Xen PV guest with a passed-through device; swiotlb=force in the guest.',
  'iommu-api': 'A driver with an IOMMU domain of its own, such as a GPU with paging.',
  'dma-iova': 'Linux 6.16 or later with an IOMMU; see dma_iova_try_alloc().',
  'noncontiguous-alloc': 'Linux 5.13 or later; see dma_alloc_noncontiguous().',
  sva: 'A device with PASID and page requests; see iommu_sva_bind_device().',
};

/** The platforms that can be switched on. */
export const CHOICES: readonly { readonly id: string; readonly title: string; readonly doc: string }[] = PLATFORMS.map(
  ({ id, title, doc }) => ({ id, title, doc }),
);
