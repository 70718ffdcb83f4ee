import { afterEach, describe, expect, test } from 'vitest';
import { CancellationTokenSource, type DocumentDiagnosticReport } from 'vscode-languageserver/node';
import { createEngine } from '../../server/lsp/start';
import { BAD, begin, endSessions, FIRST, GOOD, type Session, URI } from '../support/session';

afterEach(endSessions);

const PULL = {
  workspace: { configuration: true, diagnostics: { refreshSupport: true } },
  textDocument: { diagnostic: {} },
};

const pull = (session: Session, previousResultId?: string) =>
  session.ask<DocumentDiagnosticReport>('textDocument/diagnostic', { previousResultId });

describe('pulled', () => {
  test('full first, unchanged while nothing changes, full again after an edit; nothing is pushed', async () => {
    const session = await begin({ capabilities: PULL });
    await session.open(BAD);
    const first = await pull(session);
    expect(first).toMatchObject({ kind: 'full', items: [{ code: 'unmap-with-mapped-count' }] });
    expect(await pull(session, first.resultId)).toEqual({ kind: 'unchanged', resultId: first.resultId });
    await session.change(2, GOOD);
    expect(await pull(session, first.resultId)).toMatchObject({ kind: 'full', items: [] });
    expect(session.received).toEqual([]);
  });

  test('a cancelled question is answered as cancelled, before the pause is over', async () => {
    const session = await begin({ capabilities: PULL, configuration: { delay: 5000 } });
    await session.open(BAD);
    await session.change(2, GOOD);
    const source = new CancellationTokenSource();
    const asked = session.client.sendRequest('textDocument/diagnostic', { textDocument: { uri: URI } }, source.token);
    const refused = expect(asked).rejects.toMatchObject({ code: -32800 });
    await session.ask('textDocument/hover', { position: { line: 0, character: 0 } });
    source.cancel();
    await refused;
  });

  test('new settings ask the client to pull again, and count', async () => {
    let severity = 'error';
    const session = await begin({
      capabilities: PULL,
      configure: () => ({ delay: 0, severities: { 'unmap-with-mapped-count': severity } }),
    });
    const refreshed = new Promise<void>((done) => {
      session.client.onRequest('workspace/diagnostic/refresh', () => {
        done();
        return null;
      });
    });
    await session.open(BAD);
    const before = await pull(session);
    expect(before).toMatchObject({ items: [{ severity: 1 }] });
    severity = 'information';
    await session.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await refreshed;
    expect(await pull(session, before.resultId)).toMatchObject({ kind: 'full', items: [{ severity: 3 }] });
  });
});

describe('edits', () => {
  test('ten thousand rapid ones end with the last text, and are not all analysed', async () => {
    let analyses = 0;
    const engine = createEngine();
    const session = await begin({
      configuration: { delay: 20 },
      engine: {
        analyze: (...given) => {
          analyses += 1;
          return engine.analyze(...given);
        },
      },
    });
    await session.open(BAD);
    const sent: Promise<void>[] = [];
    for (let version = 2; version <= 10_000; version++) {
      const character = version % 30;
      sent.push(
        session.client.sendNotification('textDocument/didChange', {
          textDocument: { uri: URI, version },
          contentChanges: [
            {
              range: { start: { line: 3, character: 0 }, end: { line: 3, character } },
              text: ' '.repeat(character),
            },
          ],
        }),
      );
    }
    await Promise.all(sent);
    await session.change(10_001, BAD);
    expect(await session.diagnostics((params) => params.version === 10_001)).toHaveLength(1);
    expect(analyses).toBeLessThan(500);
  });

  test('versions out of order: what arrived last counts', async () => {
    const session = await begin();
    await session.open(BAD);
    await session.change(9, GOOD);
    expect(await session.diagnostics((params) => params.version === 9)).toEqual([]);
    await session.change(3, BAD);
    expect(await session.diagnostics((params) => params.version === 3)).toHaveLength(1);
    await session.change(9, FIRST);
    const again = await session.diagnostics((params) => params.version === 9 && 0 < params.diagnostics.length);
    expect(again.map((one) => one.code)).toEqual(['contiguity-assumed']);
  });

  test('ranges that lie outside the text are taken as its end', async () => {
    const session = await begin();
    await session.open(BAD);
    await session.client.sendNotification('textDocument/didChange', {
      textDocument: { uri: URI, version: 2 },
      contentChanges: [
        { range: { start: { line: 900, character: 7 }, end: { line: 901, character: 0 } }, text: '\n/* end */\n' },
      ],
    });
    expect(await session.diagnostics((params) => params.version === 2)).toHaveLength(1);
  });

  test('positions are those of the text that was analysed', async () => {
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    const engine = createEngine();
    const session = await begin({
      engine: {
        analyze: async (...given) => {
          const analysis = await engine.analyze(...given);
          await held;
          return analysis;
        },
      },
    });
    await session.open(BAD);
    const hover = session.ask('textDocument/hover', { position: { line: 2, character: 16 } });
    await session.change(2, `\n\n\n\n${BAD}`);
    release();
    expect(await hover).toMatchObject({ range: { start: { line: 2 }, end: { line: 2 } } });
  });
});

describe('the wire', () => {
  test('half a message, then the rest; a message that is no JSON', async () => {
    const session = await begin();
    await session.open(BAD);
    const send = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const change = send(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'textDocument/didChange',
        params: { textDocument: { uri: URI, version: 2 }, contentChanges: [{ text: GOOD }] },
      }),
    );
    await session.diagnostics((params) => params.version === 1);
    session.wire.write(change.slice(0, 70));
    session.wire.write(change.slice(70));
    expect(await session.diagnostics((params) => params.version === 2)).toEqual([]);
    session.wire.write(send('{"jsonrpc":"2.0","method":"textDocument/didChange","par'));
    await session.change(3, BAD);
    expect(await session.diagnostics((params) => params.version === 3)).toHaveLength(1);
  });

  test.each([
    ['textDocument/hover', { textDocument: { uri: 7 }, position: 'here' }],
    ['textDocument/codeAction', { textDocument: { uri: URI } }],
    ['textDocument/diagnostic', {}],
    ['workspace/executeCommand', { command: 'rm' }],
    ['dmaLens/status', { uri: 5 }],
    ['dmaLens/nothing', null],
  ])('%s with nonsense is answered, and the server lives on', async (method, params) => {
    const session = await begin();
    await session.open(BAD);
    await session.client.sendRequest(method, params).catch(() => {});
    await session.change(2, GOOD);
    expect(await session.diagnostics((given) => given.version === 2)).toEqual([]);
  });
});

describe('settings', () => {
  test('two folders, each with its own', async () => {
    const session = await begin({
      folders: ['file:///old', 'file:///new'],
      configure: (uri) => ({
        delay: 0,
        kernel: uri?.startsWith('file:///old/') ? '4.4' : '6.12',
        severities: uri?.startsWith('file:///old/') ? { 'contiguity-assumed': 'warning' } : {},
      }),
    });
    await session.open(FIRST, 'file:///old/a.c');
    await session.open(FIRST, 'file:///new/a.c');
    const [old] = await session.diagnostics((params) => params.uri === 'file:///old/a.c');
    const [recent] = await session.diagnostics((params) => params.uri === 'file:///new/a.c');
    expect([old?.severity, recent?.severity]).toEqual([2, 1]);
    expect(old?.data).toMatchObject({ breaksOn: expect.arrayContaining(['iommu-dma-4.4']) });
    expect(recent?.data).toMatchObject({ breaksOn: expect.not.arrayContaining(['iommu-dma-4.4']) });
  });

  test('never: no diagnostics, no hover, no lens, no action', async () => {
    const session = await begin({ configuration: { enable: 'never', delay: 0 } });
    await session.open(FIRST);
    expect(await session.diagnostics((params) => params.version === 1)).toEqual([]);
    const position = { line: 4, character: 20 };
    expect(await session.ask('textDocument/hover', { position })).toBeNull();
    expect(await session.ask('textDocument/codeLens', {})).toEqual([]);
    const range = { start: position, end: position };
    expect(await session.ask('textDocument/codeAction', { range, context: { diagnostics: [] } })).toEqual([]);
  });

  test('a client that cannot be asked sends them', async () => {
    const session = await begin({
      capabilities: {},
      initializationOptions: { settings: { severities: { 'unmap-with-mapped-count': 'off' } } },
    });
    await session.open(BAD);
    expect(await session.diagnostics((params) => params.version === 1)).toEqual([]);
    const settings = { dmaLens: { severities: {}, delay: 0 } };
    await session.client.sendNotification('workspace/didChangeConfiguration', { settings });
    expect(await session.diagnostics((params) => 0 < params.diagnostics.length)).toHaveLength(1);
  });

  test('a preset replays on its platforms', async () => {
    const session = await begin({ configuration: { platformPreset: 'powerpc', delay: 0 } });
    await session.open(FIRST);
    const status = await session.client.sendRequest('dmaLens/status', URI);
    expect(status).toMatchObject({ kernelFrom: 'newest', findings: 1, enabled: true });
    expect(status).toHaveProperty(
      'platforms',
      ['direct', 'swiotlb', 'powerpc-tce'].map((id) => expect.objectContaining({ id })),
    );
  });

  test('the report has figures, and neither text nor names', async () => {
    const session = await begin();
    await session.open(BAD);
    await session.diagnostics((params) => params.version === 1);
    const report = await session.client.sendRequest('dmaLens/report');
    expect(report).toMatchObject({ openDocuments: 1, analyses: [{ lines: 8, findings: 1 }] });
    const text = JSON.stringify(report);
    for (const secret of ['driver.c', 'tree', 'stop', 'nents']) expect(text).not.toContain(secret);
  });
});
