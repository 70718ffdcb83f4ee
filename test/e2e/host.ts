import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as vscode from 'vscode';

type Api = typeof vscode;

export interface Host {
  readonly url: string;
  readonly workspace: string;
  readonly pid: number;
  /** Runs a self-contained function inside the extension host; arguments and result travel as JSON. */
  run<A extends unknown[], T>(code: (api: Api, ...args: A) => T, ...args: A): Promise<Awaited<T>>;
  stop(): void;
}

export interface Options {
  readonly vscode: string; // First line printed by install-code-server.sh.
  readonly node: string; // Second line.
  readonly extensions: readonly string[]; // .vsix files, the bridge among them.
  readonly workspace: string; // Copied, so that tests may edit it.
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly prepare?: (workspace: string) => void; // Changes the copy before the editor starts.
}

const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.reduceMotion': 'on',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.editor.enablePreview': false,
  'workbench.quickOpen.closeOnFocusLost': false, // Otherwise a view that takes the focus late closes the palette.
  'editor.accessibilitySupport': 'off',
  'editor.cursorBlinking': 'solid',
  'editor.hover.delay': 100,
  'editor.minimap.enabled': false,
  'files.hotExit': 'off',
  'files.autoSave': 'off', // In a browser the editor would save by itself.
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
};

export async function startHost(options: Options): Promise<Host> {
  const root = mkdtempSync(join(tmpdir(), 'e2e-'));
  const data = join(root, 'data');
  const workspace = join(root, 'workspace');
  const socket = join(root, 'bridge.sock');
  cpSync(options.workspace, workspace, { recursive: true });
  options.prepare?.(workspace);
  mkdirSync(join(data, 'data/User'), { recursive: true });
  writeFileSync(join(data, 'data/User/settings.json'), JSON.stringify({ ...QUIET_SETTINGS, ...options.settings }));

  const main = [
    join(options.vscode, 'out/server-main.js'),
    '--server-data-dir',
    data,
    '--accept-server-license-terms',
    '--telemetry-level',
    'off',
  ];
  execFileSync(options.node, [...main, ...options.extensions.flatMap((vsix) => ['--install-extension', vsix])], {
    stdio: 'pipe',
  });

  const port = await freePort();
  const log = openSync(join(root, 'server.log'), 'w');
  const server = spawn(
    options.node,
    [...main, '--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
    {
      detached: true, // Its own process group: killing only the server leaves extension hosts behind.
      stdio: ['ignore', log, log],
      env: { ...process.env, E2E_BRIDGE: socket },
    },
  );
  const origin = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(`${origin}/version`).then(
        (answer) => answer.ok,
        () => false,
      ),
    'the editor to listen',
  );

  return {
    url: `${origin}/?folder=${workspace}`,
    workspace,
    pid: server.pid ?? 0,
    async run(code, ...args) {
      await until(() => existsSync(socket), 'the bridge (is the page open?)');
      const call = request({ socketPath: socket, method: 'POST' });
      call.end(JSON.stringify({ code: String(code), args }));
      const [answer] = await once(call, 'response');
      const { result, error } = JSON.parse(await text(answer));
      if (error !== undefined) throw new Error(error);
      return result;
    },
    stop() {
      if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 300_000; Date.now() < end; await sleep(50)) {
    if (await done()) return;
  }
  throw new Error(`gave up waiting for ${what}`);
}
