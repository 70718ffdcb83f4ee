import { afterEach, describe, expect, test } from 'vitest';
import type { CodeAction, Hover } from 'vscode-languageserver/node';
import { LAYOUT_REQUEST, type LayoutAnswer, SIMULATE_REQUEST, type SimulateAnswer } from '../../server/protocol';
import { BAD, begin, endSessions, FIRST, URI } from '../support/session';

afterEach(endSessions);

describe('a session', () => {
  test('open, edit, close: diagnostics appear and vanish', async () => {
    const session = await begin({ initializationOptions: { rulePages: 'file:///ext/docs/rules/' } });
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
    const withImages = await begin({ initializationOptions: { images: true, theme: 'light' } });
    await withImages.open(FIRST);
    const picture = await withImages.client.sendRequest<Hover>('textDocument/hover', at);
    expect(picture.contents).toMatchObject({ kind: 'markdown' });
    const value = markdownOf(picture);
    expect(value).toContain('](data:image/svg+xml;base64,');
    expect(value.length).toBeLessThan(20_000);
    const svg = Buffer.from(/base64,([^|)]+)/.exec(value)?.[1] ?? '', 'base64').toString();
    expect(svg).toMatch(/^<svg .*<\/svg>$/s);
    expect(svg).toContain('<title>');

    const plain = await begin();
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
      ["Allow 'unmap-with-mapped-count' here, with a reason", 'quickfix', undefined],
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
    expect(lens?.command.title).toBe('DMA: contiguous on 1 of 5 platforms — show');
  });
});

describe('inlay hints', () => {
  const ask = {
    textDocument: { uri: URI },
    range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } },
  };

  test('are shown only where they are asked for', async () => {
    const session = await begin();
    await session.open(FIRST);
    expect(await session.client.sendRequest('textDocument/inlayHint', ask)).toEqual([]);
  });

  test('say on how many platforms a mapping is one range', async () => {
    const session = await begin({ configuration: { delay: 0, inlayHints: true } });
    await session.open(FIRST);
    const hints = await session.client.sendRequest<object[]>('textDocument/inlayHint', ask);
    expect(hints).toEqual([
      {
        position: { line: 2, character: 55 },
        label: 'one range on 1 of 5',
        tooltip: 'One range with iommu-dma',
        paddingLeft: true,
      },
    ]);
    const before = { ...ask, range: { ...ask.range, end: { line: 1, character: 0 } } };
    expect(await session.client.sendRequest('textDocument/inlayHint', before)).toEqual([]);
  });
});

describe('the layout explorer', () => {
  test('is told what to open with', async () => {
    const session = await begin();
    await session.open(FIRST);
    const at = { textDocument: { uri: URI }, position: { line: 4, character: 20 } };
    const answer = await session.client.sendRequest<LayoutAnswer>(LAYOUT_REQUEST, at);
    expect(answer.title).toBe('start()');
    expect(answer.explorer).toMatchObject({ platforms: expect.arrayContaining(['direct']), need: 'contiguous-size' });
    expect(answer.platforms.find((one) => one.id === 'direct')?.verdict).toBe('breaks');
    const onItsLine = { ...at, position: { line: 4, character: 0 } };
    expect(await session.client.sendRequest(LAYOUT_REQUEST, onItsLine)).toEqual(answer);
    const elsewhere = { ...at, position: { line: 0, character: 0 } };
    expect(await session.client.sendRequest(LAYOUT_REQUEST, elsewhere)).toBeNull();
    for (const odd of [{}, { textDocument: 4, position: [] }, { textDocument: { uri: URI } }]) {
      expect(await session.client.sendRequest(LAYOUT_REQUEST, odd)).toBeNull();
    }
  });

  test('has lists mapped', async () => {
    const session = await begin();
    const ask = (params: object) => session.client.sendRequest<SimulateAnswer>(SIMULATE_REQUEST, params);
    const asked = { segments: '64K,16K,64K', platforms: ['iommu-dma-4.4'], kernel: '4.4', device: { dmaMask: '32' } };
    expect(await ask(asked)).toMatchObject({
      layouts: [{ returns: 3, segments: [{ address: '0xfffc0000' }, { length: 16384 }, { length: 65536 }] }],
    });
    expect(await ask({ ...asked, segments: '64Q' })).toEqual({ error: expect.stringContaining("'64Q' is no size") });
    expect(await ask({ ...asked, platforms: ['none'] })).toEqual({ error: "there is no platform 'none'" });
    expect(await ask({ ...asked, kernel: 'new' })).toEqual({ error: expect.stringContaining("'new'") });
    expect(await ask({ ...asked, device: { maxSegSize: '0' } })).toEqual({
      error: expect.stringContaining('max-seg-size'),
    });
    expect(await ask({ platforms: [] })).toEqual({ error: expect.stringContaining('"segments"') });
    expect(await ask({ segments: '4K' })).toEqual({ error: expect.stringContaining('"platforms"') });
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

  test('absurd settings fall back one by one', async () => {
    const session = await begin({
      configuration: {
        delay: -4,
        kernel: 7,
        platforms: 'x',
        severities: { 'unmap-with-mapped-count': 'information', a: 1 },
        unknown: {},
      },
    });
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
