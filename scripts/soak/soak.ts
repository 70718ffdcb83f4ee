/** A long day of editing in one server, compressed: what it holds and how fast it answers, at the beginning and at the end. */

import type { DocumentDiagnosticReport, ProtocolConnection } from 'vscode-languageserver/node';
import { createRandom, type Random } from '../fuzz/random';
import type { Server, Weight } from './server';
import { createTypist } from './typing';

export interface SoakFile {
  readonly uri: string;
  readonly text: string;
}

export interface SoakOptions {
  /** Ends after so many edits, or when the time is over. */
  readonly edits: number;
  readonly seconds: number;
  readonly seed: number;
  readonly tell: (message: string) => void;
}

/** What was measured. */
export interface Soak {
  readonly edits: number;
  readonly questions: number;
  /** Files whose findings, when all edits were taken back, were not those from before. */
  readonly changed: readonly string[];
  /** After the warm-up, at each tenth, and at the end: nothing is open then. */
  readonly weights: readonly { readonly edits: number; readonly weight: Weight }[];
  /** Milliseconds from an edit to the findings, for the same file and edits at both moments. */
  readonly first: Latency;
  readonly last: Latency;
}

export interface Latency {
  readonly median: number;
  readonly p95: number;
}

/** Files that are open at the same time. */
const OPEN = 12;
/** Edits to a file while it is open. */
const VISIT = 60;
/** Edits between two questions, at most. */
const BURST = 12;
/** Of all edits: so many of them warm up. */
const WARM_UP = 0.1;
const PROBES = 150;
const WEIGHTS = 10;

/** Edits `files` in turn, a few open at a time. */
export async function soak(server: Server, files: readonly SoakFile[], options: SoakOptions): Promise<Soak> {
  const random = createRandom(options.seed);
  const until = performance.now() + options.seconds * 1000;
  const state = { edits: 0, questions: 0, changed: [] as string[] };
  const weights: { edits: number; weight: Weight }[] = [];
  const probed = middling(files);
  const part = () => Math.max(state.edits / options.edits, 1 - (until - performance.now()) / (options.seconds * 1000));
  let first: Latency | undefined;
  for (let round = 0; part() < 1; round++) {
    const start = (round * OPEN) % files.length;
    await visit(server.client, files.slice(start, start + OPEN), random, state);
    if (part() < WARM_UP) continue;
    first ??= await latency(server.client, probed);
    if (part() < WARM_UP + (weights.length * (1 - WARM_UP)) / WEIGHTS) continue;
    const weight = await server.weigh();
    weights.push({ edits: state.edits, weight });
    options.tell(`${state.edits} edits: ${weightText(weight)}`);
  }
  const last = await latency(server.client, probed);
  weights.push({ edits: state.edits, weight: await server.weigh() });
  return { ...state, weights, first: first ?? last, last };
}

/** One line for people. */
export function weightText({ heapUsed, external, resident, descriptors, handles }: Weight): string {
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const open = Object.entries(handles).map(([kind, count]) => `${kind} ${count}`);
  return `heap ${mib(heapUsed)}, outside ${mib(external)}, resident ${mib(resident)}, ${descriptors} files open, ${open.join(', ')}`;
}

/** Opens files, edits now this one and now that one, asks like an editor, restores and closes them. */
async function visit(
  client: ProtocolConnection,
  files: readonly SoakFile[],
  random: Random,
  state: { edits: number; questions: number; readonly changed: string[] },
): Promise<void> {
  const open = await Promise.all(
    files.map(async (file) => {
      await openFile(client, file);
      const typist = createTypist(file.uri, file.text, random);
      return { file, typist, before: await findingsOf(client, file.uri) };
    }),
  );
  for (let turn = 0; turn < (VISIT * open.length) / 4; turn++) {
    const { file, typist } = random.pick(open);
    for (let burst = 1 + random.below(BURST); 0 < burst; burst--) {
      await sendChange(client, file.uri, typist);
      state.edits += 1;
    }
    await findingsOf(client, file.uri);
    state.questions += 1;
    if (random.once(4)) await askAround(client, file.uri, random.below(typist.document.lineCount));
  }
  for (const { file, typist, before } of open) {
    while (!typist.isRestored()) {
      await sendChange(client, file.uri, typist);
      state.edits += 1;
    }
    if ((await findingsOf(client, file.uri)) !== before && !state.changed.includes(file.uri)) {
      state.changed.push(file.uri);
    }
    await client.sendNotification('textDocument/didClose', { textDocument: { uri: file.uri } });
  }
}

async function openFile(client: ProtocolConnection, { uri, text }: SoakFile): Promise<void> {
  await client.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'c', version: 1, text } });
}

async function sendChange(client: ProtocolConnection, uri: string, typist: ReturnType<typeof createTypist>) {
  const change = typist.next();
  const textDocument = { uri, version: typist.document.version };
  await client.sendNotification('textDocument/didChange', { textDocument, contentChanges: [change] });
}

async function findingsOf(client: ProtocolConnection, uri: string): Promise<string> {
  const report = await client.sendRequest<DocumentDiagnosticReport>('textDocument/diagnostic', {
    textDocument: { uri },
  });
  return report.kind === 'full' ? JSON.stringify(report.items) : '';
}

/** What an editor asks when the caret rests. */
async function askAround(client: ProtocolConnection, uri: string, line: number): Promise<void> {
  const textDocument = { uri };
  const range = { start: { line, character: 0 }, end: { line: line + 40, character: 0 } };
  await client.sendRequest('textDocument/hover', { textDocument, position: { line, character: 12 } });
  await client.sendRequest('textDocument/codeLens', { textDocument });
  await client.sendRequest('textDocument/inlayHint', { textDocument, range });
  await client.sendRequest('textDocument/codeAction', { textDocument, range, context: { diagnostics: [] } });
}

/** The same edits of the same file each time. */
async function latency(client: ProtocolConnection, file: SoakFile): Promise<Latency> {
  await openFile(client, file);
  const typist = createTypist(file.uri, file.text, createRandom(1));
  await findingsOf(client, file.uri);
  const times: number[] = [];
  for (let i = 0; i < PROBES; i++) {
    const start = performance.now();
    await sendChange(client, file.uri, typist);
    await findingsOf(client, file.uri);
    times.push(performance.now() - start);
  }
  await client.sendNotification('textDocument/didClose', { textDocument: { uri: file.uri } });
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? 0;
  return { median: at(0.5), p95: at(0.95) };
}

/** A file of middling size. */
function middling(files: readonly SoakFile[]): SoakFile {
  const sorted = [...files].sort((a, b) => a.text.length - b.text.length);
  const file = sorted[sorted.length >> 1];
  if (!file) throw new Error('there are no files to edit');
  return file;
}
