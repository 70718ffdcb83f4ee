import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CancellationTokenSource, type ProgressToken } from 'vscode-languageserver/node';
import { canonicalUri } from '../../server/lsp/convert';
import type { CheckSummary } from '../../server/protocol';
import { BAD, begin, endSessions, FIRST, GOOD, type Session } from '../support/session';

let folder: string;
const uri = (name: string) => canonicalUri(pathToFileURL(join(folder, name)).href);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dma lens check-'));
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'a.c'), BAD);
  writeFileSync(join(folder, 'sub', 'b+c.c'), FIRST);
  writeFileSync(join(folder, 'good.c'), GOOD);
  writeFileSync(join(folder, 'other.c'), 'int main(void) { return 0; }\n');
});

afterEach(() => {
  endSessions();
  rmSync(folder, { recursive: true });
});

const PULL = {
  workspace: { configuration: true, workspaceFolders: true },
  textDocument: { diagnostic: {} },
  window: { workDoneProgress: true },
};

const check = (session: Session, uris: readonly string[] | undefined, workDoneToken?: ProgressToken) =>
  session.client.sendRequest<CheckSummary>('workspace/executeCommand', {
    command: 'dmaLens.server.check',
    ...(uris && { arguments: uris }),
    ...(workDoneToken !== undefined && { workDoneToken }),
  });

describe('a check', () => {
  test('of the workspace shows what it finds in files that are not open', async () => {
    const session = await begin({ capabilities: PULL, folders: [pathToFileURL(folder).href] });
    const summary = await check(session, undefined);
    expect(summary).toMatchObject({ files: 4, analyzed: 3, findings: 2, failed: 0, cancelled: false });
    expect(await session.diagnostics((params) => params.uri === uri('a.c'))).toMatchObject([
      { code: 'unmap-with-mapped-count', data: { fixable: true } },
    ]);
    expect(await session.diagnostics((params) => params.uri === uri('sub/b+c.c'))).toMatchObject([
      { code: 'contiguity-assumed', data: { breaksOn: expect.arrayContaining(['direct']) } },
    ]);
  });

  test('reports its progress with the token of the client', async () => {
    const session = await begin({ capabilities: PULL });
    const seen: unknown[] = [];
    session.client.onNotification('$/progress', ({ token, value }: { token: unknown; value: { kind: string } }) => {
      if (token === 'mine') seen.push(value.kind);
    });
    await check(session, [pathToFileURL(folder).href], 'mine');
    await session.ask('textDocument/hover', { position: { line: 0, character: 0 } });
    expect(seen.at(0)).toBe('begin');
    expect(seen.at(-1)).toBe('end');
    expect(seen).toContain('report');
  });

  test('can be cancelled, and keeps what it has found', async () => {
    for (let index = 0; index < 60; index++) writeFileSync(join(folder, `z${index}.c`), BAD);
    const session = await begin({ capabilities: PULL });
    const source = new CancellationTokenSource();
    const asked = session.client.sendRequest<CheckSummary>(
      'workspace/executeCommand',
      { command: 'dmaLens.server.check', arguments: [pathToFileURL(folder).href] },
      source.token,
    );
    await session.diagnostics((params) => params.uri === uri('a.c'));
    source.cancel();
    const summary = await asked;
    expect(summary.cancelled).toBe(true);
    expect(summary.files).toBeLessThan(64);
    expect(summary.findings).toBeGreaterThan(0);
  });

  test('says so when there is nothing to check', async () => {
    const session = await begin({ capabilities: PULL });
    await expect(check(session, undefined)).rejects.toThrow('no folder is open; name a folder to check');
    await expect(check(session, [uri('missing')])).rejects.toThrow('no such file or folder');
    await expect(check(session, ['untitled:Untitled-1'])).rejects.toThrow();
  });
});

describe('dma-lens.json', () => {
  const kernelOf = async (session: Session, name: string) => {
    await session.open(FIRST, uri(name));
    const status = await session.client.sendRequest<{ kernel: string }>('dmaLens/status', uri(name));
    return status.kernel;
  };

  test('speaks for the files below it; what it ignores is not looked at', async () => {
    writeFileSync(
      join(folder, 'sub/dma-lens.json'),
      JSON.stringify({ kernel: '4.4', severities: {}, ignore: ['old'] }),
    );
    mkdirSync(join(folder, 'sub/old'));
    writeFileSync(join(folder, 'sub/old/z.c'), BAD);
    const session = await begin({ capabilities: PULL });
    expect(await check(session, [pathToFileURL(folder).href])).toMatchObject({ files: 4, findings: 2 });
    expect(await session.diagnostics((params) => params.uri === uri('sub/b+c.c'))).toMatchObject([
      { data: { breaksOn: expect.arrayContaining(['iommu-dma-4.4']) } },
    ]);
    expect(await kernelOf(session, 'sub/b+c.c')).toBe('4.4');
    writeFileSync(join(folder, 'sub/dma-lens.json'), JSON.stringify({ kernel: '5.10' }));
    await session.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uri('sub/dma-lens.json'), type: 2 }],
    });
    expect(await kernelOf(session, 'sub/b+c.c')).toBe('5.10');
  });

  test('with a mistake is named once, and left out', async () => {
    writeFileSync(join(folder, 'sub/dma-lens.json'), '{ "kernel": 5 }');
    const session = await begin({ capabilities: PULL, configuration: { kernel: '6.1' } });
    expect(await kernelOf(session, 'sub/b+c.c')).toBe('6.1');
    const complaints = () => session.messages.filter((one) => one.includes('dma-lens.json:1:'));
    await expect.poll(complaints).toHaveLength(1);
    expect(complaints()[0]).toMatch(/^DMA Lens leaves this file out: /);
  });
});

describe('what a check has found', () => {
  test('follows the files on disk', async () => {
    const session = await begin({ capabilities: PULL });
    await check(session, [pathToFileURL(folder).href]);
    writeFileSync(join(folder, 'a.c'), GOOD);
    await session.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uri('a.c'), type: 2 }],
    });
    await session.diagnostics((params) => params.uri === uri('a.c') && params.diagnostics.length === 0);
    rmSync(join(folder, 'sub', 'b+c.c'));
    await session.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uri('sub/b+c.c'), type: 3 }],
    });
    await session.diagnostics((params) => params.uri === uri('sub/b+c.c') && params.diagnostics.length === 0);
  });

  test('steps back while the file is open in a client that pulls, and returns when it is closed', async () => {
    const session = await begin({ capabilities: PULL });
    await check(session, [pathToFileURL(folder).href]);
    await session.open(BAD, uri('a.c'));
    await session.diagnostics((params) => params.uri === uri('a.c') && params.diagnostics.length === 0);
    await session.close(uri('a.c'));
    const shown = () =>
      session.received.filter((params) => params.uri === uri('a.c')).map((one) => one.diagnostics.length);
    await expect.poll(shown).toEqual([1, 0, 1]);
  });

  test('stays, and follows the file, where the client shows one list per file', async () => {
    const session = await begin({ capabilities: PULL, initializationOptions: { mergesDiagnostics: true } });
    await check(session, [pathToFileURL(folder).href]);
    await session.open(BAD, uri('a.c'));
    await session.ask('textDocument/hover', { position: { line: 0, character: 0 } });
    writeFileSync(join(folder, 'a.c'), GOOD);
    await session.change(2, GOOD, uri('a.c'));
    await session.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uri('a.c'), type: 2 }],
    });
    const shown = () =>
      session.received.filter((params) => params.uri === uri('a.c')).map((one) => one.diagnostics.length);
    await expect.poll(shown).toEqual([1, 0]);
  });

  test('is forgotten on command', async () => {
    const session = await begin({ capabilities: PULL });
    await check(session, [pathToFileURL(folder).href]);
    await session.client.sendRequest('workspace/executeCommand', { command: 'dmaLens.server.clear' });
    await session.diagnostics((params) => params.uri === uri('a.c') && params.diagnostics.length === 0);
  });

  test('heeds new settings', async () => {
    let severity = 'error';
    const session = await begin({
      capabilities: PULL,
      configure: () => ({ severities: { 'unmap-with-mapped-count': severity } }),
    });
    await check(session, [pathToFileURL(folder).href]);
    severity = 'off';
    await session.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await session.diagnostics((params) => params.uri === uri('a.c') && params.diagnostics.length === 0);
  });
});

test.each([
  ['file:///a/b c.c', 'file:///a/b%20c.c'],
  ['file:///C:/x/(y)+z.c', 'file:///c%3A/x/%28y%29%2Bz.c'],
  ['file:///c%3A/100%/x.c', 'file:///c%3A/100%25/x.c'],
  ['untitled:Untitled-1', 'untitled:Untitled-1'],
])('%s is %s', (given, canonical) => {
  expect(canonicalUri(given)).toBe(canonical);
  expect(canonicalUri(canonical)).toBe(canonical);
});
