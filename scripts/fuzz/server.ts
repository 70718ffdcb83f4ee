/** Messages to the language server: wrong order, unknown ids, huge ranges, versions that go back, half JSON. */

import { RULES } from '../../server/rules/index';
import { frame, talk } from './client';
import { crossJson } from './cross';
import { mutate } from './mutate';
import type { Random } from './random';
import { must, type Target } from './target';

const URI = 'file:///tree/a.c';

/** A session of random messages; at its end the server still answers. The session is left to itself: it may be busy. */
export const serverTarget: Target = {
  make(random) {
    const examples = RULES.map((rule) => rule.bad);
    const messages = Array.from({ length: 3 + random.below(12) }, (_one, id) => message(id + 10, random, examples));
    return JSON.stringify(random.once(8) ? messages : [initialize(random), ...messages]);
  },
  vary: crossJson,
  async feed(input) {
    const { send, ask } = talk();
    // A header that is no header spoils the chunk that it comes in, so each message is one.
    for (const one of JSON.parse(input)) send(typeof one === 'string' ? one : frame(one));
    const answer = await ask('textDocument/hover', at({ line: 0, character: 0 }));
    must('result' in answer || 'error' in answer, 'the server answers whatever came before');
  },
};

function initialize(random: Random): object {
  const params = random.pick<unknown>([
    { processId: null, rootUri: null, capabilities: {} },
    { processId: null, rootUri: 'file:///x', capabilities: { textDocument: { diagnostic: {} } } },
    { processId: null, rootUri: null, capabilities: {}, initializationOptions: random.pick<unknown>([null, 7, []]) },
  ]);
  return { jsonrpc: '2.0', id: 1, method: 'initialize', params };
}

/** What is no message: half JSON, headers that lie, JSON of another kind. */
const BROKEN = [
  frame('{"jsonrpc":"2.0","id":7,"meth'),
  frame('null'),
  frame('7'),
  frame('[{"jsonrpc":"2.0"}]'),
  frame('{"jsonrpc":"2.0","id":5}'),
  frame('{"jsonrpc":"2.0","id":{},"method":[]}'),
  frame('\ufffd\0'),
  'Content-Length: x\r\n\r\n',
  'X-Length: 1\r\n\r\n',
];

function message(id: number, random: Random, examples: readonly string[]): object | string {
  const text = () => mutate(random.pick(examples), random, examples).slice(0, 20_000);
  const place = () => ({ line: random.pick([0, 3, 1e9, -1, 1.5]), character: random.pick([0, 5, 2 ** 31, -7]) });
  const range = () => ({ start: place(), end: place() });
  const uri = () => random.pick([URI, 'untitled:x', 'file:///%', 'file:///b.c', '', 'http://x/y.c']);
  const notify = (method: string, params: unknown) => ({ jsonrpc: '2.0', method, params });
  const request = (method: string, params: unknown) => ({ jsonrpc: '2.0', id, method, params });
  const anything = () => random.pick<unknown>([null, 7, '', [], {}, { text: 4 }, at(place(), uri())]);
  return random.pick<() => object | string>([
    () => random.pick(BROKEN),
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
    () => notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uri(), type: random.below(5) }] }),
    () => notify('workspace/didChangeWorkspaceFolders', { event: { added: [], removed: [] } }),
    () => notify('textDocument/didSave', { textDocument: { uri: uri() } }),
    () => request('textDocument/hover', at(place(), uri())),
    () => request('textDocument/inlayHint', { textDocument: { uri: uri() }, range: range() }),
    () => request('dmaLens/layout', random.once(2) ? at(place(), uri()) : anything()),
    () => request('dmaLens/status', random.once(2) ? uri() : anything()),
    () => request('dmaLens/report', anything()),
    () => request('dmaLens/trace', random.once(2) ? { text: text(), name: '<x>' } : anything()),
    () => request('dmaLens/simulate', random.once(2) ? simulation(random) : anything()),
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

function simulation(random: Random): object {
  const number = () => random.pick(['0', '4K', '-1', '9'.repeat(30), 'x', '64K']);
  return {
    segments: Array.from({ length: random.below(4) }, number).join(','),
    platforms: random.pick<unknown>([['direct'], ['iommu-dma', 'swiotlb'], ['x'], [7], 'direct', []]),
    kernel: random.pick<unknown>([undefined, '6.12', 'x', 7]),
    need: random.pick<unknown>([undefined, 'contiguous-size', 'x', {}]),
    device: random.pick<unknown>([undefined, { maxSegSize: number() }, { boundary: 7 }, [], { x: true }]),
  };
}

function at(position: object, uri: string = URI): object {
  return { textDocument: { uri }, position };
}
