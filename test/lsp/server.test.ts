import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type CodeAction,
  createConnection,
  createProtocolConnection,
  type Diagnostic,
  type Hover,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server';
import { createEngine } from '../../server/lsp/start';

const URI = 'file:///tree/driver.c';
const BAD = `void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
	int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

	if (mapped)
		dma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);
}
`;
const FIRST = `int start(struct accel *accel, struct sg_table *sgt)
{
	if (dma_map_sgtable(accel->dev, sgt, DMA_TO_DEVICE, 0))
		return -EIO;
	accel->addr = sg_dma_address(sgt->sgl);
	return 0;
}
`;

interface Session {
  readonly client: ProtocolConnection;
  /** The next diagnostics that satisfy the test. */
  diagnostics(test: (params: PublishDiagnosticsParams) => boolean): Promise<readonly Diagnostic[]>;
  open(text: string): Promise<void>;
  change(version: number, text: string): Promise<void>;
}

const sessions: Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.client.dispose();
});

async function begin(initializationOptions: object = {}, configuration: unknown = { delay: 0 }): Promise<Session> {
  const [up, down] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)), createEngine());
  const client = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const received: PublishDiagnosticsParams[] = [];
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
  client.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) => items.map(() => configuration));
  client.onRequest('client/registerCapability', () => null);
  client.listen();
  await client.sendRequest('initialize', {
    processId: null,
    rootUri: null,
    capabilities: { workspace: { configuration: true } },
    initializationOptions,
  });
  await client.sendNotification('initialized', {});
  const session: Session = {
    client,
    async diagnostics(wanted) {
      const known = received.find(wanted);
      const params =
        known ?? (await new Promise<PublishDiagnosticsParams>((done) => waiting.push({ test: wanted, done })));
      return params.diagnostics;
    },
    open: (text) =>
      client.sendNotification('textDocument/didOpen', {
        textDocument: { uri: URI, languageId: 'c', version: 1, text },
      }),
    change: (version, text) =>
      client.sendNotification('textDocument/didChange', {
        textDocument: { uri: URI, version },
        contentChanges: [{ text }],
      }),
  };
  sessions.push(session);
  return session;
}

describe('a session', () => {
  test('open, edit, close: diagnostics appear and vanish', async () => {
    const session = await begin({ rulePages: 'file:///ext/docs/rules/' });
    await session.open(BAD);
    const [found] = await session.diagnostics((params) => params.version === 1 && 0 < params.diagnostics.length);
    expect(found).toMatchObject({
      severity: 1,
      source: 'dma-lens',
      code: 'unmap-with-mapped-count',
      codeDescription: { href: 'file:///ext/docs/rules/unmap-with-mapped-count.md' },
      range: { start: { line: 5, character: 25 }, end: { line: 5, character: 31 } },
      relatedInformation: [{ location: { uri: URI, range: { start: { line: 2 } } } }],
      data: { rule: 'unmap-with-mapped-count' },
    });
    await session.change(2, BAD.replace('sgl, mapped', 'sgl, nents'));
    expect(await session.diagnostics((params) => params.version === 2)).toEqual([]);
    await session.client.sendNotification('textDocument/didClose', { textDocument: { uri: URI } });
    expect(await session.diagnostics((params) => params.version === undefined)).toEqual([]);
  });

  test('a hover draws: a picture where images are shown, text elsewhere', async () => {
    const at = { textDocument: { uri: URI }, position: { line: 4, character: 20 } };
    const withImages = await begin({ images: true, theme: 'light' });
    await withImages.open(FIRST);
    const picture = await withImages.client.sendRequest<Hover>('textDocument/hover', at);
    expect(picture.contents).toMatchObject({ kind: 'markdown' });
    const value = markdownOf(picture);
    expect(value).toContain('](data:image/svg+xml;base64,');
    expect(value.length).toBeLessThan(20_000);
    const svg = Buffer.from(/base64,([^|)]+)/.exec(value)?.[1] ?? '', 'base64').toString();
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
    expect(svg).toContain('<title>');

    const plain = await begin({});
    await plain.open(FIRST);
    const text = markdownOf(await plain.client.sendRequest<Hover>('textDocument/hover', at));
    expect(text).toContain('```dma-layout');
    expect(text).not.toContain('data:');
    expect(text).toContain('| No IOMMU, or IOMMU in passthrough | **breaks** |');
  });

  test('a quick fix is offered, preferred, and right', async () => {
    const session = await begin();
    await session.open(BAD);
    const range = { start: { line: 5, character: 26 }, end: { line: 5, character: 26 } };
    const actions = await session.client.sendRequest<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: URI },
      range,
      context: { diagnostics: [] },
    });
    expect(actions.map((one) => [one.title, one.kind, one.isPreferred])).toEqual([
      ["Use 'nents'", 'quickfix', true],
      ["Allow 'unmap-with-mapped-count' here", 'quickfix', undefined],
      ['Apply all automatic DMA fixes', 'source.fixAll.dmaLens', undefined],
    ]);
    expect(actions[0]?.edit?.changes?.[URI]).toEqual([
      { range: { start: { line: 5, character: 25 }, end: { line: 5, character: 31 } }, newText: 'nents' },
    ]);
    expect(actions[1]?.edit?.changes?.[URI]?.[0]?.newText).toBe(
      '\t\t/* dma-lens: allow(unmap-with-mapped-count) reason */\n',
    );
  });

  test('a code lens counts platforms', async () => {
    const session = await begin();
    await session.open(FIRST);
    const [lens] = await session.client.sendRequest<{ command: { title: string } }[]>('textDocument/codeLens', {
      textDocument: { uri: URI },
    });
    expect(lens?.command.title).toMatch(/^DMA: one range on 1 of 5 platforms$/);
  });
});

describe('bad input', () => {
  test.each([
    ['empty', ''],
    ['binary', '\u0000\u0001\u0002dma_map_sg(\u0000'],
    ['half a function', BAD.slice(0, 140)],
    ['an open comment', `/* ${BAD}`],
    ['nothing but braces', '{'.repeat(5000)],
  ])('%s text is survived', async (_name, text) => {
    const session = await begin();
    await session.open(text);
    await session.diagnostics((params) => params.version === 1);
    await session.change(2, BAD);
    expect(await session.diagnostics((params) => params.version === 2)).toHaveLength(1);
  });

  test('a thousand rapid edits end with the last text', async () => {
    const session = await begin({}, { delay: 1 });
    await session.open(BAD);
    for (let version = 2; version <= 1000; version++)
      await session.change(version, BAD.slice(0, (version * 7) % BAD.length));
    await session.change(1001, BAD);
    expect(await session.diagnostics((params) => params.version === 1001)).toHaveLength(1);
  });

  test('absurd settings fall back one by one', async () => {
    const session = await begin(
      {},
      {
        delay: -4,
        kernel: 7,
        platforms: 'x',
        severities: { 'unmap-with-mapped-count': 'information', a: 1 },
        unknown: {},
      },
    );
    await session.open(BAD);
    const [found] = await session.diagnostics(
      (params) => params.version === 1 && 0 < params.diagnostics.length && params.diagnostics[0]?.severity === 3,
    );
    expect(found?.severity).toBe(3);
  });

  test('questions about a document that is not open', async () => {
    const session = await begin();
    const at = { textDocument: { uri: 'file:///nowhere.c' }, position: { line: 9, character: 9 } };
    expect(await session.client.sendRequest('textDocument/hover', at)).toBeNull();
  });
});

function markdownOf(hover: Hover): string {
  return typeof hover.contents === 'object' && 'value' in hover.contents ? hover.contents.value : '';
}
