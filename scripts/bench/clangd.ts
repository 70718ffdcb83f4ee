/**
 * The same edits in clangd, which reads a driver as the compiler does. Without it, or in a tree that was not prepared
 * (`make defconfig modules_prepare`), there is nothing to measure against.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProtocolConnection,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';

/** What Kbuild hands the compiler for x86, as far as it changes what is read. */
const INCLUDES = ['arch/x86/include', 'arch/x86/include/generated', 'include', 'arch/x86/include/uapi'].concat(
  'arch/x86/include/generated/uapi',
  'include/uapi',
  'include/generated/uapi',
);
const FIRST = ['compiler-version.h', 'kconfig.h', 'compiler_types.h'];
const FLAGS = ['-nostdinc', '-D__KERNEL__', '-std=gnu11', '-m64', '-fshort-wchar', '-funsigned-char', '-mno-sse'];

/** True where clangd can read the drivers of the tree as the compiler would. */
export function clangdReads(root: string): boolean {
  return spawnSync('clangd', ['--version']).status === 0 && existsSync(join(root, 'include/generated/autoconf.h'));
}

/** Lets `work` talk to a clangd that knows how `files` are compiled. */
export async function withClangd(
  root: string,
  files: readonly string[],
  work: (client: ProtocolConnection) => Promise<void>,
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'dma-lens-clangd-'));
  const commands = files.map((file) => ({ directory: root, file, arguments: command(file) }));
  writeFileSync(join(scratch, 'compile_commands.json'), JSON.stringify(commands));
  const args = [`--compile-commands-dir=${scratch}`, '--background-index=false', '--clang-tidy=false', '--log=error'];
  const child = spawn('clangd', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  try {
    client.listen();
    await client.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
    await client.sendNotification('initialized', {});
    await work(client);
    await client.sendRequest('shutdown');
    await client.sendNotification('exit');
  } finally {
    client.dispose();
    child.kill();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function command(file: string): readonly string[] {
  const first = FIRST.flatMap((name) => ['-include', `include/linux/${name}`]);
  return ['clang', ...FLAGS, ...INCLUDES.map((folder) => `-I${folder}`), ...first, '-DKBUILD_MODNAME="driver"', file];
}
