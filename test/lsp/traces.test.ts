import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { answerTrace } from '../../server/lsp/traces';
import type { TraceAnswer } from '../../server/protocol';
import { begin, endSessions, FIRST, GOOD, URI } from '../support/session';

afterEach(endSessions);

test('a trace becomes a page whose script a webview lets run', async () => {
  const session = await begin();
  const text = readFileSync('test/fixtures/trace-6.12.txt', 'utf8');
  const params = { text, name: 'a<b>.txt', nonce: 'n0nce' };
  const answer = await session.client.sendRequest<TraceAnswer>('dmaLens/trace', params);
  const html = 'html' in answer ? answer.html : '';
  expect(html).toContain('nonce="n0nce"');
  expect(html).toContain('a&lt;b&gt;.txt');
  expect(html).not.toContain("'unsafe-inline'");
});

test.each([
  [undefined, '"text" and "name" are texts'],
  [{ text: 'x', name: 4 }, '"text" and "name" are texts'],
  [{ text: 'a\u0000b', name: 'x.dat' }, 'binary'],
  [{ text: 'hello\n', name: 'x.txt' }, 'no DMA event in'],
])('%j has no page: %s', (params, reason) => {
  expect(answerTrace(params)).toEqual({ error: expect.stringContaining(reason) });
});

/** Two lists of `start()` and one of `stop()` on a device, with the calls that led to them. */
const STACKS = [
  ['start', '0xfffc0000,0xfffa0000', '0x1000,0x1000'],
  ['start', '0xfff80000', '0x2000'],
  ['stop', '0xfff60000', '0x1000'],
]
  .flatMap(([name, addresses = '', sizes = ''], i) => {
    const head = `  task-1 [000] ..... ${i + 1}.000000:`;
    const count = addresses.split(',').length;
    const segments = `ents=${count}/${count} dma_addrs={${addresses}} sizes={${sizes}} phys_addrs={${addresses}}`;
    return [
      `${head} dma_map_sg: accel.0 dir=TO_DEVICE nents=${count}/${count} ${segments} attrs=`,
      `${head} <stack trace>`,
      ...['dma_map_sg_attrs', 'dma_map_sgtable', name, 'ioctl'].map((frame) => ` => ${frame}`),
    ];
  })
  .join('\n');

async function openTrace(session: Awaited<ReturnType<typeof begin>>, text: string): Promise<void> {
  expect(await session.client.sendRequest('dmaLens/trace', { text, name: 'x.txt' })).toHaveProperty('html');
}

interface Lens {
  readonly range: { readonly start: { readonly line: number } };
  readonly command: { readonly title: string };
}

test('a finding that a trace confirms says so, and the call that maps has its counts above it', async () => {
  const session = await begin();
  await session.open(FIRST);
  const [before] = await session.diagnostics((params) => params.uri === URI);
  expect(before?.message).not.toContain('seen');
  await openTrace(session, STACKS);
  const isSeen = ({ diagnostics }: { readonly diagnostics: readonly { readonly message: unknown }[] }) =>
    diagnostics.some((one) => String(one.message).endsWith('; seen once non-contiguous on accel.0'));
  await session.diagnostics(isSeen);
  const lenses = await session.ask<readonly Lens[]>('textDocument/codeLens', {});
  expect(lenses.map((one) => [one.range.start.line, one.command.title])).toContainEqual([
    2,
    'DMA trace: mapped 2 times, 1 of them non-contiguous, on accel.0',
  ]);
});

test('code without a mistake has its counts, and no more', async () => {
  const session = await begin();
  await session.open(GOOD);
  await openTrace(session, STACKS);
  expect(await session.diagnostics((params) => params.uri === URI)).toEqual([]);
  const lenses = await session.ask<readonly Lens[]>('textDocument/codeLens', {});
  expect(lenses.map((one) => one.command.title)).toEqual(['DMA trace: mapped once on accel.0']);
});

test('a trace of other functions, or without stacks, says nothing', async () => {
  const session = await begin();
  await session.open(FIRST);
  const before = await session.ask<readonly Lens[]>('textDocument/codeLens', {});
  for (const text of [STACKS.replaceAll('start', 'other'), readFileSync('test/fixtures/trace-6.12.txt', 'utf8')]) {
    await openTrace(session, text);
    expect(await session.ask('textDocument/codeLens', {})).toEqual(before);
  }
  for (const { diagnostics } of session.received) {
    for (const one of diagnostics) expect(one.message).not.toContain('seen');
  }
});
