#!/usr/bin/env node
/**
 * Records traces of real drivers doing I/O under QEMU (virtio-blk, nvme, e1000e, usb-storage), with the script that
 * `dma-lens record-script` prints, and shows what `dma-lens trace` makes of them.
 *
 *   node test/kernel/record/recordTrace.mjs [--kernel 6.12] [--boot strict,direct,swiotlb-force] [--out DIR]
 *
 * Needs what record.mjs needs, and a kernel of 6.12 or later.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BOOTS } from './boots.mjs';
import { bootGuest, findKernels, packGuest } from './guest.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const CLI = resolve(HERE, '../../../dist/cli.js');
const MODULES = ['virtio_pci', 'virtio_blk', 'nvme', 'e1000e', 'xhci_pci', 'usb_storage', 'sd_mod'];

const { values } = parseArgs({
  options: {
    kernel: { type: 'string', default: '6.12' },
    boot: { type: 'string', default: 'strict,direct,swiotlb-force' },
    out: { type: 'string', default: join(tmpdir(), 'dma-lens-recordings') },
    kernels: { type: 'string', default: join(homedir(), '.cache/dma-lens/kernels') },
    seconds: { type: 'string', default: '20' },
    stacks: { type: 'boolean', default: false },
  },
});
const kernel = findKernels(values.kernels).find((one) => one.version === values.kernel);
if (!kernel) {
  process.stderr.write(`no kernel ${values.kernel} with headers found\n`);
  process.exit(2);
}
mkdirSync(values.out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'dma-lens-guest-'));
const script = ['record-script', '--seconds', values.seconds, '--size', '16', ...(values.stacks ? ['--stacks'] : [])];
const recorder = execFileSync('node', [CLI, ...script]);
let isGood = true;
for (const name of values.boot.split(',')) {
  const boot = BOOTS[name];
  if (!boot) throw new Error(`unknown boot '${name}'; known: ${Object.keys(BOOTS).join(', ')}`);
  const files = {
    init: readFileSync(join(HERE, 'init.sh')),
    'run.sh': readFileSync(join(HERE, 'runTrace.sh')),
    'record-dma.sh': recorder,
  };
  const disks = ['virtio', 'nvme', 'usb'].map((one) => {
    const path = join(folder, `${one}.img`);
    writeFileSync(path, '');
    truncateSync(path, 2 ** 24);
    return ['-drive', `file=${path},if=none,id=${one},format=raw`];
  });
  const initrd = packGuest(folder, kernel, files, MODULES);
  const sections = await bootGuest(folder, kernel, initrd, {
    name,
    cmdline: boot.cmdline,
    qemu: [
      ...[...boot.machine, '-smp', '2', '-m', '3G', ...disks.flat()],
      ...['-device', 'virtio-blk-pci,drive=virtio,iommu_platform=on,disable-legacy=on'],
      ...['-device', 'nvme,drive=nvme,serial=dma-lens'],
      ...['-device', 'qemu-xhci', '-device', 'usb-storage,drive=usb'],
      ...['-netdev', 'user,id=net', '-device', 'e1000e,netdev=net'],
    ],
  });
  if (!sections?.trace) {
    process.stdout.write(`${name}: no trace, see ${join(folder, `${name}.console`)}\n`);
    isGood = false;
    continue;
  }
  const file = join(values.out, `trace-${kernel.version}-${name}.txt`);
  writeFileSync(file, `${sections.trace.join('\n')}\n`);
  process.stdout.write(`${name}: ${sections.trace.length} lines in ${file}; ${(sections.drivers ?? []).join(', ')}\n`);
  if (sections.leftovers?.length) process.stdout.write(`left behind: ${sections.leftovers.join(' ')}\n`);
  process.stdout.write(execFileSync('node', [CLI, 'trace', file], { encoding: 'utf8' }));
}
if (isGood) rmSync(folder, { recursive: true });
process.exit(isGood ? 0 : 1);
