/** What pipes and signals can do to the server's process. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  createProtocolConnection,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type { CheckSummary } from '../../server/protocol';
import { folderWith } from '../support/folders';
import { WRONG_COUNT } from '../support/scan';

vi.setConfig({ testTimeout: 180_000 });

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly client: ProtocolConnection;
  readonly findings: Map<string, number>;
  /** How the process ended, and what it wrote to standard error. */
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null; readonly err: string }>;
}

/** The server in a process of its own, with a cache in `home`, up to the answer to `initialize`. */
async function start(home: string): Promise<Running> {
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'lsp', '--stdio'], {
    env: { ...process.env, XDG_CACHE_HOME: join(home, 'cache') },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  let err = '';
  child.stderr.on('data', (part) => (err += part));
  const ended = new Promise<Awaited<Running['ended']>>((done) =>
    child.once('close', (status, signal) => done({ status, signal, err })),
  );
  const client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  client.onClose(() => {});
  client.onError(() => {});
  const findings = new Map<string, number>();
  client.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }: PublishDiagnosticsParams) => {
    findings.set(uri, diagnostics.length);
  });
  client.onRequest('window/workDoneProgress/create', () => null);
  client.listen();
  await client.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
  return { child, client, findings, ended };
}

const FILES = 200;

/** A folder with many findings, one a file. */
function tree(): string {
  const folder = folderWith();
  mkdirSync(join(folder, 'tree'));
  for (let i = 0; i < FILES; i++) {
    writeFileSync(join(folder, `tree/f${i}.c`), `/* ${i} */\n${WRONG_COUNT}/* ${'-'.repeat(30_000)} */\n`);
  }
  return folder;
}

function check({ client }: Running, folder: string): Promise<CheckSummary> {
  const uri = pathToFileURL(join(folder, 'tree')).href;
  return client.sendRequest('workspace/executeCommand', { command: 'dmaLens.server.check', arguments: [uri] });
}

test('killed in the middle of a check, started again: all findings are there', async () => {
  const folder = tree();
  const first = await start(folder);
  const broken = check(first, folder).catch(() => undefined);
  await expect.poll(() => first.findings.size, { timeout: 60_000, interval: 5 }).toBeGreaterThan(3);
  first.child.kill('SIGKILL');
  expect((await first.ended).signal).toBe('SIGKILL');
  first.client.dispose();
  await broken;
  const second = await start(folder);
  expect(await check(second, folder)).toMatchObject({ files: FILES, findings: FILES, failed: 0 });
});

test('two servers check the same folder with one cache', async () => {
  const folder = tree();
  const both = [await start(folder), await start(folder)];
  for (const summary of await Promise.all(both.map((one) => check(one, folder)))) {
    expect(summary).toMatchObject({ files: FILES, findings: FILES, failed: 0 });
  }
});

test('standard input that ends ends the server, in the middle of a check too', async () => {
  const folder = tree();
  const idle = await start(folder);
  idle.child.stdin.end();
  expect(await idle.ended).toEqual({ status: 1, signal: null, err: '' });
  const busy = await start(folder);
  check(busy, folder).catch(() => {});
  await expect.poll(() => busy.findings.size, { timeout: 60_000, interval: 5 }).toBeGreaterThan(3);
  busy.child.stdin.end();
  expect(await busy.ended).toEqual({ status: 1, signal: null, err: '' });
});

test('a client that reads no more, and is gone, leaves no server behind', async () => {
  const folder = tree();
  const server = await start(folder);
  check(server, folder).catch(() => {});
  await expect.poll(() => server.findings.size, { timeout: 60_000, interval: 5 }).toBeGreaterThan(3);
  server.child.stdout.destroy();
  server.child.stdin.destroy();
  const { status, err } = await server.ended;
  expect(status).not.toBe(0);
  expect(err).not.toContain('at ');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it', async (signal) => {
  const server = await start(folderWith());
  server.child.kill(signal);
  expect(await server.ended).toEqual({ status: null, signal, err: '' });
});

test('shutdown and exit end it with 0', async () => {
  const server = await start(folderWith());
  await server.client.sendRequest('shutdown');
  await server.client.sendNotification('exit');
  expect(await server.ended).toEqual({ status: 0, signal: null, err: '' });
});

test('a header without a length: the next message is read', async () => {
  const server = await start(folderWith());
  server.child.stdin.write('X-Length: 1\r\n\r\n');
  await new Promise((done) => setTimeout(done, 200));
  expect(await server.client.sendRequest('dmaLens/report')).toMatchObject({ openDocuments: 0 });
});
