import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { answerTrace } from '../../server/lsp/traces';
import type { TraceAnswer } from '../../server/protocol';
import { begin, endSessions } from '../support/session';

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
