/** The language server in a process of its own, as an editor starts it, with a way to look at what it holds. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createProtocolConnection,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';

/** What the probe tells. */
interface Held {
  /** Bytes of the heap that are in use after a full collection of garbage, and of memory outside of it. */
  readonly heapUsed: number;
  readonly external: number;
  /** Timers, pipes, watchers, threads and requests that are open, by kind. */
  readonly handles: Readonly<Record<string, number>>;
}

/** What the server holds at one moment. */
export interface Weight extends Held {
  /** Bytes that the process has in memory. */
  readonly resident: number;
  /** Open file descriptors. */
  readonly descriptors: number;
}

export interface Server {
  readonly client: ProtocolConnection;
  /** Milliseconds until the first answer. */
  readonly startMs: number;
  weigh(): Promise<Weight>;
  end(): Promise<void>;
}

const LONGEST_WAIT_MS = 60_000;

/** Starts `dist/cli.js lsp --stdio` on a workspace; its cache and the probe's answers go to `scratch`. */
export async function startServer(workspace: string, scratch: string): Promise<Server> {
  const start = performance.now();
  const file = join(scratch, 'held.json');
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--require', resolve('scripts/soak/probe.cjs'), resolve('dist/cli.js'), 'lsp', '--stdio'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, DMA_LENS_PROBE_FILE: file, XDG_CACHE_HOME: join(scratch, 'cache') },
    },
  );
  if (!child.stdout || !child.stdin) throw new Error('the server has no streams');
  const client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  for (const method of ['client/registerCapability', 'workspace/diagnostic/refresh', 'workspace/codeLens/refresh']) {
    client.onRequest(method, () => null);
  }
  // Without a delay an answer takes as long as the work.
  client.onRequest('workspace/configuration', ({ items }: { items: readonly object[] }) =>
    items.map(() => ({ delay: 0 })),
  );
  const workspaceFolders = [{ uri: `file://${workspace}`, name: 'soak' }];
  client.onRequest('workspace/workspaceFolders', () => workspaceFolders);
  client.listen();
  await client.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    workspaceFolders,
    capabilities: {
      workspace: { configuration: true, workspaceFolders: true },
      textDocument: { diagnostic: { dynamicRegistration: false } },
    },
  });
  await client.sendNotification('initialized', {});
  return {
    client,
    startMs: performance.now() - start,
    weigh: () => weigh(child, file),
    async end() {
      const ended = new Promise((done) => child.once('close', done));
      await client.sendRequest('shutdown');
      await client.sendNotification('exit');
      await ended;
      client.dispose();
    },
  };
}

async function weigh(child: ChildProcess, file: string): Promise<Weight> {
  rmSync(file, { force: true });
  const proc = `/proc/${child.pid}`;
  child.kill('SIGUSR2');
  for (let waited = 0; waited < LONGEST_WAIT_MS; waited += 50) {
    await wait(50);
    const held = readHeld(file);
    if (!held) continue;
    const resident = Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`${proc}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    return { ...held, resident, descriptors: readdirSync(`${proc}/fd`).length };
  }
  throw new Error('the server does not say what it holds');
}

/** The answer, once it is there as a whole. */
function readHeld(file: string): Held | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  return text.endsWith('}}') ? JSON.parse(text) : undefined;
}
