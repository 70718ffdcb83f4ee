/** A client that says to the language server whatever bytes it likes. */

import { PassThrough } from 'node:stream';
import { createConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server';
import { createEngine } from '../../server/lsp/start';

const engine = createEngine();

/** An answer of the server: `result` or `error`. */
export type Answer = Readonly<Record<string, unknown>>;

export interface Talk {
  /** Says some bytes. */
  send(text: string): void;
  notify(method: string, params: unknown): void;
  /** Asks, and waits for the answer. */
  ask(method: string, params: unknown): Promise<Answer>;
}

/** Begins a session with a new server in this thread. It is left to itself: it may be busy at the end. */
export function talk(): Talk {
  const [up, down] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)), engine);
  const answers = readAnswers(down);
  let asked = 0;
  const send = (text: string) => void up.write(text);
  return {
    send,
    notify: (method, params) => send(frame({ jsonrpc: '2.0', method, params })),
    ask(method, params) {
      const id = `asked ${asked++}`;
      const answer = answers.of(id);
      send(frame({ jsonrpc: '2.0', id, method, params }));
      return answer;
    },
  };
}

/** A message with its header; a text is sent as it is. */
export function frame(message: unknown): string {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Collects what the server says. */
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
