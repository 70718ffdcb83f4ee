/**
 * Latency in the language server, a process of its own: from a change to the findings, from the start to the first
 * findings, and of what is asked by hand. The pause that the server makes after typing is set to nothing, so that an
 * answer takes as long as the work. The baseline is the analysis of the whole text, in the same run.
 */

import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ProtocolConnection } from 'vscode-languageserver/node';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';
import { createRandom } from '../fuzz/random';
import { type Server, startServer } from '../soak/server';
import { createTypist, statementLine } from '../soak/typing';
import { clangdReads, withClangd } from './clangd';
import { kernelTree, mappingFiles } from './drivers';
import { compared, median, type Part, type Row } from './part';

const EDITS = 500;
/** As many are enough to see the time of a compiler that reads all again. */
const FEWER = 50;
/** Edits before those that count, until the code is warm. */
const WARM_UP = 50;
const DRIVERS = 5;
const LINES = 5000;
const STARTS = 7;
/** A driver of middling size among those that map. */
const MIDDLING = 'drivers/net/ethernet/cadence/macb_main.c';

/**
 * Typing in the functions of drivers that map, in their statements, whether they are about DMA or not: drivers of about
 * 5,000 lines, and the largest there are.
 */
export const edit: Part = async () => {
  const rows: Row[] = [];
  const root = kernelTree();
  const sized = sizedDrivers(root);
  const groups = {
    [`${LINES} lines`]: sized.slice(0, DRIVERS),
    'largest drivers': sized.slice(-DRIVERS),
  };
  const parser = await createParser();
  for (const [group, drivers] of Object.entries(groups)) {
    const all: number[] = [];
    const whole: number[] = [];
    await inScratch((scratch) =>
      withServer(scratch, async ({ client }) => {
        for (const path of drivers) {
          const text = readFileSync(path, 'utf8');
          const times = await typeIn(client, path, text, 'textDocument/diagnostic');
          const full = medianOf(5, () => void analyze(text, parser, { kernel: { major: 6, minor: 12 } }));
          all.push(...times);
          whole.push(full);
          const name = `edit ${path.split('/').at(-1)}`;
          rows.push(compared(`${name}, median`, median(times), 'ms', full));
          rows.push(compared(`${name}, 95 of 100 within`, quantile(times, 0.95), 'ms', full));
        }
      }),
    );
    const full = median(whole);
    for (const part of [0.5, 0.95, 0.99])
      rows.push(compared(`${group}, ${part * 100} of 100 within`, quantile(all, part), 'ms', full));
    if (!clangdReads(root)) continue;
    const theirs: number[] = [];
    await withClangd(root, drivers, async (client) => {
      for (const path of drivers) {
        const text = readFileSync(path, 'utf8');
        theirs.push(...(await typeIn(client, path, text, 'textDocument/documentSymbol', FEWER)));
      }
    });
    for (const part of [0.5, 0.95]) {
      const name = `${group}, ${part * 100} of 100 within, against clangd`;
      rows.push(compared(name, quantile(all, part), 'ms', quantile(theirs, part)));
    }
  }
  return rows;
};

/** From the start of the process to the findings of the first document, and what is asked in it afterwards. */
export const start: Part = async () => {
  const path = join(kernelTree(), MIDDLING);
  const uri = pathToFileURL(path).href;
  const text = readFileSync(path, 'utf8');
  const times: number[] = [];
  const hovers: number[] = [];
  const actions: number[] = [];
  await inScratch(async (scratch) => {
    for (let i = 0; i < STARTS; i++) {
      const begin = performance.now();
      await withServer(scratch, async ({ client }) => {
        await open(client, uri, text);
        await client.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
        times.push(performance.now() - begin);
        const at = text.slice(0, text.indexOf('dma_map_single(')).split('\n');
        const position = { line: at.length - 1, character: (at.at(-1)?.length ?? 0) + 1 };
        hovers.push(await timeOf(() => client.sendRequest('textDocument/hover', { textDocument: { uri }, position })));
        const range = { start: { line: 0, character: 0 }, end: { line: at.length + 1000, character: 0 } };
        const asked = { textDocument: { uri }, range, context: { diagnostics: [] } };
        actions.push(await timeOf(() => client.sendRequest('textDocument/codeAction', asked)));
      });
    }
  });
  const [first = Number.NaN, ...later] = times;
  return [
    { name: `very first start to first findings, ${MIDDLING.split('/').at(-1)}`, median: first, unit: 'ms' },
    { name: 'later starts to first findings', median: median(later), unit: 'ms' },
    { name: 'hover on a map call', median: median(hovers), unit: 'ms' },
    { name: 'code actions', median: median(actions), unit: 'ms' },
  ];
};

/** A server whose cache is in `scratch`. */
async function withServer(scratch: string, work: (server: Server) => Promise<void>): Promise<void> {
  const server = await startServer(scratch, scratch);
  await work(server).finally(() => server.end());
}

async function inScratch(work: (folder: string) => Promise<void>): Promise<void> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'dma-lens-bench-')));
  try {
    await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function open(client: ProtocolConnection, uri: string, text: string): Promise<void> {
  return client.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'c', version: 1, text },
  });
}

/**
 * Milliseconds from each change to the answer: the findings, or what else needs the text to be read. In clangd that is
 * its list of symbols, since it makes a pause before it says what is wrong, but none before it answers.
 */
async function typeIn(
  client: ProtocolConnection,
  path: string,
  text: string,
  question: string,
  edits = EDITS,
): Promise<readonly number[]> {
  const uri = pathToFileURL(path).href;
  const typist = createTypist(uri, text, createRandom(text.length), statementLine);
  await open(client, uri, text);
  await client.sendRequest(question, { textDocument: { uri } });
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + edits; i++) {
    const change = typist.next();
    const { version } = typist.document;
    const took = await timeOf(async () => {
      await client.sendNotification('textDocument/didChange', {
        textDocument: { uri, version },
        contentChanges: [change],
      });
      await client.sendRequest(question, { textDocument: { uri } });
    });
    if (WARM_UP <= i) times.push(took);
  }
  await client.sendNotification('textDocument/didClose', { textDocument: { uri } });
  return times;
}

/** The drivers that map and have 5,000 lines or more, the shortest first. */
function sizedDrivers(root: string): readonly string[] {
  const lines = new Map<string, number>();
  for (const path of mappingFiles(root, ['drivers'])) {
    if (!path.endsWith('.c') || statSync(path).size < 100_000) continue;
    const count = readFileSync(path, 'utf8').split('\n').length;
    if (LINES <= count) lines.set(path, count);
  }
  return [...lines].sort(([, one], [, other]) => one - other).map(([path]) => path);
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

function medianOf(runs: number, work: () => void): number {
  const times: number[] = [];
  for (let i = 0; i < runs + 2; i++) {
    const begin = performance.now();
    work();
    if (2 <= i) times.push(performance.now() - begin);
  }
  return median(times);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
