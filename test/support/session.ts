/** A language client without an editor: a real connection to the server, in this process. */

import { PassThrough } from 'node:stream';
import {
  type ClientCapabilities,
  createConnection,
  createProtocolConnection,
  type Diagnostic,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server';
import type { Engine } from '../../server/lsp/session';
import { createEngine } from '../../server/lsp/start';

export const URI = 'file:///tree/driver.c';

/** A driver with one finding that has an automatic fix. */
export const BAD = `void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
	int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

	if (mapped)
		dma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);
}
`;
export const GOOD = BAD.replace('sgl, mapped', 'sgl, nents');

/** A driver whose finding is replayed on the platforms. */
export const FIRST = `int start(struct accel *accel, struct sg_table *sgt)
{
	if (dma_map_sgtable(accel->dev, sgt, DMA_TO_DEVICE, 0))
		return -EIO;
	accel->addr = sg_dma_address(sgt->sgl);
	return 0;
}
`;

export interface Session {
  readonly client: ProtocolConnection;
  readonly received: readonly PublishDiagnosticsParams[];
  /** What was logged or shown to the user. */
  readonly messages: readonly string[];
  /** What goes to the server, byte for byte. */
  readonly wire: PassThrough;
  /** The next diagnostics that satisfy the test. */
  diagnostics(test: (params: PublishDiagnosticsParams) => boolean): Promise<readonly Diagnostic[]>;
  open(text: string, uri?: string, languageId?: string): Promise<void>;
  change(version: number, text: string, uri?: string): Promise<void>;
  close(uri?: string): Promise<void>;
  /** Ask for everything about the open document. */
  ask<T>(method: string, params: object): Promise<T>;
}

export interface SessionOptions {
  readonly initializationOptions?: object;
  /** The section `dmaLens`, for all resources or by resource. */
  readonly configuration?: unknown;
  readonly configure?: (uri: string | undefined) => unknown;
  readonly capabilities?: ClientCapabilities;
  readonly folders?: readonly string[];
  readonly engine?: Partial<Engine>;
}

const sessions: Session[] = [];

/** Ends all sessions; call it after each test. */
export function endSessions(): void {
  for (const session of sessions.splice(0)) session.client.dispose();
}

export async function begin(options: SessionOptions = {}): Promise<Session> {
  const [up, down] = [new PassThrough(), new PassThrough()];
  const engine = { ...createEngine(), ...options.engine };
  startServer(createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)), engine);
  const client = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const received: PublishDiagnosticsParams[] = [];
  const messages: string[] = [];
  const waiting: {
    test: (params: PublishDiagnosticsParams) => boolean;
    done: (params: PublishDiagnosticsParams) => void;
  }[] = [];
  client.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    received.push(params);
    for (const one of waiting.splice(0)) {
      if (one.test(params)) one.done(params);
      else waiting.push(one);
    }
  });
  const note = ({ message }: { message: string }) => {
    messages.push(message);
  };
  client.onNotification('window/logMessage', note);
  client.onNotification('window/showMessage', note);
  const settings = options.configure ?? (() => options.configuration ?? { delay: 0 });
  client.onRequest('workspace/configuration', ({ items }: { items: { scopeUri?: string }[] }) =>
    items.map((item) => settings(item.scopeUri)),
  );
  for (const method of [
    'client/registerCapability',
    'workspace/diagnostic/refresh',
    'window/workDoneProgress/create',
  ]) {
    client.onRequest(method, () => null);
  }
  const workspaceFolders = options.folders?.map((uri) => ({ uri, name: uri })) ?? null;
  client.onRequest('workspace/workspaceFolders', () => workspaceFolders);
  client.listen();
  await client.sendRequest('initialize', {
    processId: null,
    rootUri: null,
    workspaceFolders,
    capabilities: options.capabilities ?? { workspace: { configuration: true, workspaceFolders: true } },
    initializationOptions: options.initializationOptions ?? {},
  });
  await client.sendNotification('initialized', {});
  const session: Session = {
    client,
    received,
    messages,
    wire: up,
    async diagnostics(wanted) {
      const known = received.find(wanted);
      const params =
        known ?? (await new Promise<PublishDiagnosticsParams>((done) => waiting.push({ test: wanted, done })));
      return params.diagnostics;
    },
    open: (text, uri = URI, languageId = 'c') =>
      client.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } }),
    change: (version, text, uri = URI) =>
      client.sendNotification('textDocument/didChange', {
        textDocument: { uri, version },
        contentChanges: [{ text }],
      }),
    close: (uri = URI) => client.sendNotification('textDocument/didClose', { textDocument: { uri } }),
    ask: (method, params) => client.sendRequest(method, { textDocument: { uri: URI }, ...params }),
  };
  sessions.push(session);
  return session;
}
