/** Finds the kernel tree that a file lies in. */

import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { KernelVersion } from '../types';

/** The version of the kernel tree that `path` lies in, from its top Makefile; undefined outside a tree. */
export function kernelVersionAt(path: string): KernelVersion | undefined {
  let folder = resolve(path);
  for (;;) {
    const version = versionOf(join(folder, 'Makefile'));
    if (version) return version;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

function versionOf(makefile: string): KernelVersion | undefined {
  try {
    const file = openSync(makefile, 'r');
    try {
      const start = Buffer.alloc(1024);
      const text = start.toString('latin1', 0, readSync(file, start, 0, start.length, 0));
      const major = /^VERSION\s*=\s*(\d+)\s*$/m.exec(text)?.[1];
      const minor = /^PATCHLEVEL\s*=\s*(\d+)\s*$/m.exec(text)?.[1];
      return major && minor ? { major: Number(major), minor: Number(minor) } : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
