/** Messages to the language server: wrong order, unknown ids, huge ranges, versions that go back, half JSON. */

import { PassThrough } from 'node:stream';
import { createConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server';
import { createEngine } from '../../server/lsp/start';
import { RULES } from '../../server/rules/index';
import { mutate } from './mutate';
import type { Random } from './random';
import { must, type Target } from './target';

const URI = 'file:///tree/a.c';

const engine = createEngine();

/** A session of random messages; at its end the server still answers. The session is left to itself: it may be busy. */
export const serverTarget: Target = {
  make(random) {
    const examples = RULES.map((rule) => rule.bad);
    const messages = Array.from({ length: 3 + random.below(12) }, (_one, id) => message(id + 10, random, examples));
    return JSON.stringify(random.once(8) ? messages : [initialize(random), ...messages]);
  },
  async feed(input) {
    const [up, down] = [new PassThrough(), new PassThrough()];
    const connection = createConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
    startServer(connection, engine);
    const answers = readAnswers(down);
    for (const one of JSON.parse(input)) up.write(frame(one));
    const last = { jsonrpc: '2.0', id: 'last', method: 'textDocument/hover', params: at({ line: 0, character: 0 }) };
    up.write(frame(last));
    const answer = await answers.of('last');
    must('result' in answer || 'error' in answer, 'the server answers whatever came before');
  },
};

function frame(message: unknown): string {
  const body = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

type Answer = Readonly<Record<string, unknown>>;

/** Collects what the server says; settles requests of the server itself. */
function readAnswers(down: PassThrough) {
  const waiting = new Map<unknown, (answer: Answer) => void>();
  let buffered = Buffer.alloc(0);
  down.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      const end = buffered.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(buffered.toString('latin1', 0, Math.max(end, 0)))?.[1]);
      if (end === -1 || buffered.length < end + 4 + length) return;
      const answer: Answer = JSON.parse(buffered.toString('utf8', end + 4, end + 4 + length));
      buffered = buffered.subarray(end + 4 + length);
      waiting.get(answer['id'])?.(answer);
    }
  });
  return { of: (id: unknown) => new Promise<Answer>((done) => waiting.set(id, done)) };
}

function initialize(random: Random): object {
  const params = random.pick<unknown>([
    { processId: null, rootUri: null, capabilities: {} },
    { processId: null, rootUri: 'file:///x', capabilities: { textDocument: { diagnostic: {} } } },
    { processId: null, rootUri: null, capabilities: {}, initializationOptions: random.pick<unknown>([null, 7, []]) },
  ]);
  return { jsonrpc: '2.0', id: 1, method: 'initialize', params };
}

function message(id: number, random: Random, examples: readonly string[]): object {
  const text = () => mutate(random.pick(examples), random, examples).slice(0, 20_000);
  const place = () => ({ line: random.pick([0, 3, 1e9, -1, 1.5]), character: random.pick([0, 5, 2 ** 31, -7]) });
  const range = () => ({ start: place(), end: place() });
  const uri = () => random.pick([URI, 'untitled:x', 'file:///%', 'file:///b.c', '', 'http://x/y.c']);
  const notify = (method: string, params: unknown) => ({ jsonrpc: '2.0', method, params });
  const request = (method: string, params: unknown) => ({ jsonrpc: '2.0', id, method, params });
  return random.pick<() => object>([
    () => notify('initialized', {}),
    () =>
      notify('textDocument/didOpen', {
        textDocument: { uri: uri(), languageId: random.pick(['c', 'cpp', '']), version: random.below(5), text: text() },
      }),
    () =>
      notify('textDocument/didChange', {
        textDocument: { uri: uri(), version: random.below(9) - 3 },
        contentChanges: random.pick<unknown[]>([[{ text: text() }], [{ range: range(), text: text() }], []]),
      }),
    () => notify('textDocument/didClose', { textDocument: { uri: uri() } }),
    () => notify('workspace/didChangeConfiguration', { settings: { dmaLens: random.pick<unknown>([null, {}, 7]) } }),
    () => notify('dmaLens/themeChanged', random.pick<unknown>(['dark', 7, null])),
    () => notify('nonsense', {}),
    () => notify('$/cancelRequest', { id: random.below(20) }),
    () => request('textDocument/hover', at(place(), uri())),
    () => request('textDocument/codeLens', { textDocument: { uri: uri() } }),
    () => request('textDocument/diagnostic', { textDocument: { uri: uri() } }),
    () =>
      request('textDocument/codeAction', {
        textDocument: { uri: uri() },
        range: range(),
        context: { diagnostics: [], only: random.pick<unknown>([undefined, ['quickfix'], ['source.fixAll'], ['x']]) },
      }),
    () => request('workspace/executeCommand', { command: random.pick(['x', 'dmaLens.x', '']), arguments: [{}] }),
    () => request('nonsense', null),
  ])();
}

function at(position: object, uri: string = URI): object {
  return { textDocument: { uri }, position };
}
