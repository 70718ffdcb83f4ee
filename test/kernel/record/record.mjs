#!/usr/bin/env node
/**
 * Makes fresh recordings: boots Debian's kernels under QEMU, lets the dma-probe module map lists, writes what came back
 * in the format of test/fixtures/vectors, and replays it with `dma-lens simulate --vectors`.
 *
 *   npm run record -- [--seed N] [--kernel 6.12] [--boot strict,lazy] [--out DIR] [--jobs N]
 *
 * Needs qemu-system-x86, busybox-static, cpio, make, gcc, and of each kernel its headers package and its image (installed,
 * or unpacked from the package under ~/.cache/dma-lens/kernels).
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BOOTS } from './boots.mjs';
import { bootGuest, buildProbe, findKernels, packGuest } from './guest.mjs';
import { makePlan } from './plan.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../../..');

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    kernel: { type: 'string' },
    boot: { type: 'string', default: Object.keys(BOOTS).join(',') },
    out: { type: 'string', default: join(tmpdir(), 'dma-lens-recordings') },
    kernels: { type: 'string', default: join(homedir(), '.cache/dma-lens/kernels') },
  },
});
const seed = Number(values.seed);
const kernels = findKernels(values.kernels).filter(
  (one) => !values.kernel || values.kernel.split(',').includes(one.version),
);
if (kernels.length === 0) {
  process.stderr.write(
    `no kernel with headers found; install linux-headers-* and linux-image-*, or unpack an image below ${values.kernels}\n`,
  );
  process.exit(2);
}
mkdirSync(values.out, { recursive: true });
process.stdout.write(`seed ${seed}\n`);
let isGood = true;
for (const kernel of kernels) {
  const folder = mkdtempSync(join(tmpdir(), 'dma-lens-guest-'));
  const probe = buildProbe(join(ROOT, 'contrib/dma-probe'), kernel, folder);
  for (const name of values.boot.split(',')) {
    const boot = BOOTS[name];
    if (!boot) throw new Error(`unknown boot '${name}'; known: ${Object.keys(BOOTS).join(', ')}`);
    if (boot.kernels && !boot.kernels.includes(kernel.version)) continue;
    const file = join(values.out, `linux-${kernel.version}-${name}-${seed}.jsonl`);
    const text = await record(kernel, folder, probe, name, boot);
    if (text === undefined) {
      process.stdout.write(
        `${kernel.version} ${name}: the guest did not finish, see ${join(folder, `${name}.console`)}\n`,
      );
      isGood = false;
      continue;
    }
    writeFileSync(file, text);
    const { verdict, isEqual } = replay(file);
    process.stdout.write(`${kernel.version} ${name}: ${verdict} (${file})\n`);
    isGood &&= isEqual;
  }
  if (isGood) rmSync(folder, { recursive: true });
}
process.exit(isGood ? 0 : 1);

async function record(kernel, folder, probe, name, boot) {
  const { cpus = 1, zone, memory = '3G', plan = {} } = boot;
  const files = {
    init: readFileSync(join(HERE, 'init.sh')),
    'run.sh': readFileSync(join(HERE, 'runPlan.sh')),
    plan: `${makePlan(seed, { cpus, ...(zone && { zone }), bounces: boot.backend !== 'iommu-dma' || plan.untrusted, ...plan }).join('\n')}\n`,
    'dma_probe.ko': readFileSync(probe),
  };
  const initrd = packGuest(folder, kernel, files, boot.modules ?? []);
  const sections = await bootGuest(folder, kernel, initrd, {
    cmdline: boot.cmdline,
    name,
    qemu: [...boot.machine, '-smp', String(cpus), '-m', memory, '-device', 'edu'],
  });
  if (!sections) return undefined;
  return [JSON.stringify(environment(boot, cpus, sections)), ...(sections.recording ?? []), ''].join('\n');
}

/** What the simulator must know of the machine, from what the guest printed. */
function environment(boot, cpus, sections) {
  const dmesg = sections.dmesg ?? [];
  const ranges = (pattern) =>
    dmesg.flatMap((line) => {
      const match = pattern.exec(line);
      return match ? [{ start: match[1], end: match[2] }] : [];
    });
  const [pool] = ranges(/software IO TLB: mapped \[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)\]/);
  const domain = sections.domain?.[0];
  const areas = 2 ** Math.ceil(Math.log2(cpus));
  return {
    type: 'environment',
    kernel: /^\d+\.\d+(\.\d+)?/.exec(sections.uname?.[0] ?? '')?.[0] ?? '',
    arch: 'x86_64',
    cmdline: boot.cmdline,
    cpus,
    page_size: 4096,
    backend: boot.backend,
    ...(domain &&
      domain !== 'identity' && {
        iommu: {
          granule: 4096,
          strict: domain !== 'DMA-FQ',
          forcedac: boot.cmdline.includes('forcedac=1'),
          domain,
          ...(boot.aperture && { aperture: boot.aperture }),
          reserved_regions: (sections.reserved ?? []).map((line) => {
            const [start, end, type] = line.split(/\s+/);
            return { start, end, type };
          }),
        },
      }),
    host_bridge_windows: ranges(/root bus resource \[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)/),
    ...(pool && { swiotlb: { ...pool, areas, force: /swiotlb=\S*force/.test(boot.cmdline) } }),
    ram: (sections.iomem ?? []).flatMap((line) => {
      const match = /^\s*([0-9a-f]+)-([0-9a-f]+)/.exec(line);
      return match ? [{ start: `0x${match[1]}`, end: `0x${match[2]}` }] : [];
    }),
  };
}

function replay(file) {
  try {
    const out = execFileSync('node', [join(ROOT, 'dist/cli.js'), 'simulate', '--vectors', file], { encoding: 'utf8' });
    const verdict = out.trim().split('\n').at(-1);
    return { verdict, isEqual: !verdict.startsWith('0 passed') };
  } catch (error) {
    const lines = String(error.stdout ?? error)
      .trim()
      .split('\n');
    return { verdict: [lines.at(-1), ...lines.slice(0, 5)].join('\n    '), isEqual: false };
  }
}
