/** A guest for one boot: kernel and module, an initramfs, QEMU, and what it printed. */

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Emulation is slow on a busy machine. */
const TIMEOUT_MS = 600_000;

/** Kernels whose headers are installed and whose image is installed or unpacked below `folder`. */
export function findKernels(folder) {
  const roots = ['/', ...(existsSync(folder) ? readdirSync(folder).map((one) => join(folder, one)) : [])];
  const found = new Map();
  for (const root of roots) {
    const boot = join(root, 'boot');
    if (!existsSync(boot)) continue;
    for (const name of readdirSync(boot)) {
      const release = /^vmlinuz-(\d+\.\d+.*-amd64)$/.exec(name)?.[1];
      const headers = `/usr/src/linux-headers-${release}`;
      if (!release || !existsSync(headers) || found.has(release)) continue;
      const modules = [join(root, 'lib/modules', release), join(root, 'usr/lib/modules', release)].find(existsSync);
      found.set(release, {
        release,
        version: release.split('.').slice(0, 2).join('.'),
        image: join(boot, name),
        headers,
        modules,
      });
    }
  }
  return [...found.values()].sort((a, b) => a.release.localeCompare(b.release, 'en', { numeric: true }));
}

/** Builds the module for a kernel in a copy of its folder; returns the path of the `.ko`. */
export function buildProbe(source, kernel, folder) {
  const copy = join(folder, 'probe');
  cpSync(source, copy, { recursive: true });
  execFileSync('make', ['-s', '-C', kernel.headers, `M=${copy}`, 'modules'], { stdio: ['ignore', 'ignore', 'pipe'] });
  return join(copy, 'dma_probe.ko');
}

/** Packs files and modules (with what they depend on) into an initramfs; returns its path. */
export function packGuest(folder, kernel, files, modules) {
  const root = mkdtempSync(join(folder, 'root-'));
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'modules'));
  cpSync('/bin/busybox', join(root, 'bin/busybox'), { dereference: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content, { mode: 0o755 });
  const order = modules.length === 0 ? [] : moduleOrder(kernel, modules);
  const names = order.map((path) => path.split('/').at(-1).replace(/\.xz$/, ''));
  order.forEach((path, i) => {
    const plain = path.endsWith('.xz') ? execFileSync('xz', ['-dc', path], { maxBuffer: 2 ** 28 }) : readFileSync(path);
    writeFileSync(join(root, 'modules', names[i]), plain);
  });
  writeFileSync(join(root, 'modules.list'), names.map((one) => `${one}\n`).join(''));
  const archive = `${root}.cpio`;
  const script = 'cd "$1" && find . | cpio -o -H newc --quiet >"$2"';
  execFileSync('sh', ['-c', script, 'sh', root, archive]);
  return archive;
}

/** Paths of modules, those first that others need. */
function moduleOrder(kernel, names) {
  const paths = new Map();
  const walk = (dir) => {
    for (const one of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, one.name);
      if (one.isDirectory()) walk(path);
      const name = /^(.*)\.ko(?:\.xz)?$/.exec(one.name)?.[1];
      if (name) paths.set(name.replaceAll('-', '_'), path);
    }
  };
  walk(join(kernel.modules, 'kernel'));
  const ordered = [];
  const add = (name) => {
    const path = paths.get(name.replaceAll('-', '_'));
    if (!path && isBuiltIn(kernel, name)) return;
    if (!path) throw new Error(`${kernel.release} has no module ${name}`);
    if (ordered.includes(path)) return;
    const info = execFileSync('/sbin/modinfo', ['-F', 'depends', path], { encoding: 'utf8' });
    for (const one of info.trim().split(',')) if (one !== '') add(one);
    ordered.push(path);
  };
  for (const name of names) add(name);
  return ordered;
}

function isBuiltIn(kernel, name) {
  const list = readFileSync(join(kernel.modules, 'modules.builtin'), 'utf8').replaceAll('-', '_');
  return list.includes(`/${name}.ko`);
}

/** Boots and waits for the end; returns the lines of each section, or undefined when there was no end. */
export async function bootGuest(folder, kernel, initrd, { name, cmdline, qemu }) {
  const out = join(folder, `${name}.out`);
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-reboot', '-display', 'none', '-accel', 'tcg'],
      ...['-kernel', kernel.image, '-initrd', initrd],
      ...['-append', `console=ttyS0 panic=-1 quiet loglevel=4 no_timer_check ${cmdline}`],
      ...['-serial', `file:${join(folder, `${name}.console`)}`, '-serial', `file:${out}`],
      ...qemu,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  clearTimeout(timer);
  const sections = {};
  let current = [];
  for (const line of readFileSync(out, 'utf8').split(/\r?\n/)) {
    if (line.startsWith('@')) sections[line.slice(1)] = current = [];
    else if (line !== '') current.push(line);
  }
  return 'end' in sections ? sections : undefined;
}
