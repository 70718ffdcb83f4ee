/** The language server against the command line: each file is opened, edited, restored, and says the same throughout. */

import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { DocumentDiagnosticReport } from 'vscode-languageserver/node';
import { createRandom } from '../fuzz/random';
import { type Server, startServer } from '../soak/server';
import { createTypist } from '../soak/typing';
import { type Found, findingsByFile } from './checks';
import { dmaFiles } from './parsers';
import type { Part } from './part';

const SEVERITIES = ['', 'error', 'warning', 'information'];
/** Milliseconds for the look at the workspace, of a whole kernel on a busy machine. */
const LONGEST_LOOK = 30 * 60_000;

export const server: Part = async (ground) => {
  const expected = await findingsByFile(ground);
  const started = await startServer(ground.root, ground.scratch);
  const files = dmaFiles(ground);
  const differences: string[] = [];
  let findings = 0;
  try {
    await untilIndexed(started, pathToFileURL(resolve(ground.root, files[0]?.file ?? '')).href);
    for (const [i, { file, text }] of files.entries()) {
      const wanted = (expected.get(file) ?? []).map(lineOf);
      const seen = await openAndEdit(started, pathToFileURL(resolve(ground.root, file)).href, text, i);
      findings += wanted.length;
      for (const [when, found] of Object.entries(seen)) {
        if (found.join('\n') === wanted.join('\n')) continue;
        const one = found.find((line) => !wanted.includes(line));
        const other = wanted.find((line) => !found.includes(line));
        differences.push(`${file}, ${when}: ${one ?? 'nothing more'} / ${other ?? 'nothing more'}`);
      }
    }
  } finally {
    await started.end();
  }
  return { compared: `${files.length} files with DMA, ${findings} findings`, differences };
};

/** What functions in other files do is known only then. */
async function untilIndexed({ client }: Server, uri: string): Promise<void> {
  for (let waited = 0; waited < LONGEST_LOOK; waited += 500) {
    const status = await client.sendRequest<{ readonly index: string } | null>('dmaLens/status', uri);
    if (status?.index === 'ready') return;
    if (status === null) {
      const textDocument = { uri, languageId: 'c', version: 1, text: '' };
      await client.sendNotification('textDocument/didOpen', { textDocument });
    }
    await wait(500);
  }
  throw new Error('the server does not come to an end with the workspace');
}

async function openAndEdit({ client }: Server, uri: string, text: string, seed: number) {
  const typist = createTypist(uri, text, createRandom(seed));
  const change = async () => {
    const contentChanges = [typist.next()];
    const textDocument = { uri, version: typist.document.version };
    await client.sendNotification('textDocument/didChange', { textDocument, contentChanges });
  };
  const findings = async () => {
    const asked = { textDocument: { uri } };
    const answer = await client.sendRequest<DocumentDiagnosticReport>('textDocument/diagnostic', asked);
    return answer.kind === 'full' ? answer.items.map((one) => lineOf(fromServer(one))) : [];
  };
  await client.sendNotification('textDocument/didClose', { textDocument: { uri } });
  await client.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'c', version: 1, text },
  });
  const opened = await findings();
  await change();
  await findings();
  while (!typist.isRestored()) await change();
  const edited = await findings();
  await client.sendNotification('textDocument/didClose', { textDocument: { uri } });
  return { opened, edited };
}

type Diagnostic = Extract<DocumentDiagnosticReport, { kind: 'full' }>['items'][number];

function fromServer({ range, severity, code, message: text }: Diagnostic): Omit<Found, 'file'> {
  const [line, column] = [range.start.line + 1, range.start.character + 1];
  const [endLine, endColumn] = [range.end.line + 1, range.end.character + 1];
  const message = typeof text === 'string' ? text : text.value;
  return { rule: String(code), severity: SEVERITIES[severity ?? 0] ?? '', line, column, endLine, endColumn, message };
}

function lineOf({ rule, severity, line, column, endLine, endColumn, message }: Omit<Found, 'file'>): string {
  return `${line}:${column}-${endLine}:${endColumn} ${severity} ${rule}: ${message}`;
}
