/** Typing: after any number of edits the server says what it says about the same text opened afresh. */

import { TextDocument } from 'vscode-languageserver-textdocument';
import { RULES } from '../../server/rules/index';
import { type Talk, talk } from './client';
import { crossJson } from './cross';
import { mutate } from './mutate';
import type { Random } from './random';
import { must, type Target } from './target';

const [EDITED, FRESH] = ['file:///tree/edited.c', 'file:///tree/fresh.c'];
/** Larger texts make fewer cases. UTF-16 units. */
const LARGEST = 12_000;
const REQUESTS = ['textDocument/diagnostic', 'textDocument/codeLens', 'textDocument/inlayHint'];

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Edits of `drivers` and of the rules' examples. */
export function editsTarget(drivers: readonly string[]): Target {
  const examples = RULES.flatMap((rule) => [rule.bad, rule.good]);
  const small = drivers.filter((text) => text.length < LARGEST);
  return {
    make(random) {
      let text = random.pick(random.once(2) && 0 < small.length ? small : examples);
      if (random.once(3)) text = mutate(text, random, examples).slice(0, LARGEST);
      const steps: { edits: Edit[]; isAsked: boolean }[] = [];
      let length = text.length;
      for (let count = 1 + random.below(12); 0 < count; count--) {
        const edits = Array.from({ length: 1 + random.below(2) }, () => {
          const edit = makeEdit(length, random, examples);
          length += edit.text.length - (edit.end - edit.start);
          return edit;
        });
        steps.push({ edits, isAsked: random.once(2) });
      }
      return JSON.stringify({ text, steps });
    },
    vary: crossJson,
    async feed(input) {
      const { text, steps }: { text: string; steps: readonly { edits: Edit[]; isAsked: boolean }[] } =
        JSON.parse(input);
      const server = talk();
      const workspace = { inlayHint: { refreshSupport: false } };
      const capabilities = { workspace, textDocument: { diagnostic: {} } };
      const settings = { delay: 0, inlayHints: true };
      const initializationOptions = { settings };
      await server.ask('initialize', { processId: null, rootUri: null, capabilities, initializationOptions });
      server.notify('initialized', {});
      open(server, EDITED, text);
      const document = TextDocument.create(EDITED, 'c', 1, text);
      for (const { edits, isAsked } of steps) {
        const contentChanges = edits.map((edit) => change(document, edit));
        server.notify('textDocument/didChange', {
          textDocument: { uri: EDITED, version: document.version },
          contentChanges,
        });
        if (isAsked) await server.ask('textDocument/diagnostic', { textDocument: { uri: EDITED } });
      }
      open(server, FRESH, document.getText());
      for (const method of REQUESTS) {
        const [edited, fresh] = [await about(EDITED, method, server), await about(FRESH, method, server)];
        must(edited === fresh, `${method} after edits: what is said about the same text opened afresh`);
      }
    },
  };
}

/** Mostly what hands do: a word, a line, a paste; sometimes most of the file. */
function makeEdit(length: number, random: Random, examples: readonly string[]): Edit {
  const start = random.below(length + 1);
  const taken = random.pick([0, 0, 0, 1, 1, 5, 40, random.once(8) ? length : 200]);
  const end = Math.min(length, start + random.below(taken + 1));
  const other = random.pick(examples);
  const from = random.below(other.length);
  const text = random.pick([
    '',
    '\n',
    ' ',
    'x',
    '}',
    '{',
    '*/',
    '/*',
    '\r\n',
    '\ud83d',
    '#if 0\n',
    '#define A {\n',
    other.slice(from, from + random.below(60)),
    other,
  ]);
  return { start, end, text };
}

/** The event for an edit, which is made on `document` too. */
function change(document: TextDocument, { start, end, text }: Edit): object {
  const range = { start: document.positionAt(start), end: document.positionAt(end) };
  TextDocument.update(document, [{ range, text }], document.version + 1);
  return { range, text };
}

function open(server: Talk, uri: string, text: string): void {
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'c', version: 1, text } });
}

/** An answer as text, without what differs between two documents. */
async function about(uri: string, method: string, server: Talk): Promise<string> {
  const range = { start: { line: 0, character: 0 }, end: { line: 1_000_000, character: 0 } };
  const { result, error } = await server.ask(method, { textDocument: { uri }, range });
  must(error === undefined, `${method} is answered`);
  return JSON.stringify(result, (key, value) => (key === 'resultId' ? '' : value)).replaceAll(uri, '');
}
