/**
 * `npm run fuzz`: breaks inputs and looks whether promises hold. `--seconds N` (default 60), `--seed N`, `--target NAME`
 * (repeatable); `--case TARGET:SEED` repeats one. Drivers of the tree that LINUX_SRC names are mutated too.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createRandom } from './fuzz/random';
import { createTargets } from './fuzz/targets';

/** More time of the CPU on one case is a hang, in seconds: the clock on the wall also runs while others work. */
const PATIENCE = 60;
/** No work for so long, in seconds by the clock on the wall, is waiting for what never comes. */
const STILL = 600;
/** A thread works this long before a new one takes over, in seconds: what it has done so far is told. */
const SHIFT = 300;
const FOUND = 'fuzz-found';

interface Order {
  readonly targets: readonly string[];
  readonly seed: number;
  /** When to end, by the clock of the system. */
  readonly until: number;
}

type News =
  | { readonly kind: 'begin'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly input: string; readonly reason: string }
  | { readonly kind: 'end'; readonly counts: Readonly<Record<string, number>> };

if (isMainThread) {
  main().catch((error: unknown) => {
    process.stderr.write(`fuzz: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 2;
  });
} else {
  void work(workerData);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      target: { type: 'string', multiple: true },
      case: { type: 'string' },
    },
  });
  const targets = await createTargets();
  if (values.case !== undefined) return repeat(values.case);
  const names = values.target ?? Object.keys(targets);
  const unknown = names.find((name) => !targets[name]);
  if (unknown !== undefined) throw new Error(`no target '${unknown}'; there are: ${Object.keys(targets).join(', ')}`);
  const until = Date.now() + Number(values.seconds) * 1000;
  const failures = await watch({ targets: names, seed: Number(values.seed), until });
  process.exitCode = failures === 0 ? 0 : 1;
}

/** Runs the cases in a thread that can be given up when it hangs; resolves to the number of failures. */
async function watch(order: Order): Promise<number> {
  let failures = 0;
  let current = '';
  let seed = order.seed;
  while (Date.now() < order.until) {
    const until = Math.min(order.until, Date.now() + SHIFT * 1000);
    const worker = new Worker(__filename, { workerData: { ...order, seed, until } });
    let begun = cpuSeconds();
    let busy = { since: Date.now(), spent: begun };
    const end = await new Promise<string>((done) => {
      const timer = setInterval(() => {
        const spent = cpuSeconds();
        if (PATIENCE < spent - begun) done('hangs');
        // A machine that does other things gives little, but not nothing.
        if (0.5 < spent - busy.spent) busy = { since: Date.now(), spent };
        if (STILL * 1000 < Date.now() - busy.since) done('waits for ever');
      }, 1000);
      worker.on('message', (news: News) => {
        begun = cpuSeconds();
        if (news.kind === 'begin') current = news.name;
        if (news.kind === 'failed') {
          failures += 1;
          keep(news.name, news.input, news.reason);
        }
        if (news.kind === 'end') {
          const counts = Object.entries(news.counts).map(([name, count]) => `${name} ${count}`);
          const spent = Math.round(cpuSeconds());
          process.stdout.write(`seed ${seed}: ${counts.join(', ')} cases; ${failures} failed, CPU ${spent} s\n`);
          done('');
        }
      });
      worker.on('error', (error) => done(`kills its thread: ${error.message}`));
      worker.on('exit', () => clearInterval(timer));
    });
    await worker.terminate();
    if (end !== '') {
      failures += 1;
      keep(current, '', end);
    }
    seed += 1_000_003;
  }
  return failures;
}

/** Of all threads of this process. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function keep(name: string, input: string, reason: string): void {
  mkdirSync(FOUND, { recursive: true });
  const file = `${FOUND}/${name.replace(':', '-')}.txt`;
  writeFileSync(file, `${reason}\n---\n${input}`);
  process.stdout.write(`FAILED ${name}: ${reason.split('\n')[0]} (kept in ${file}; npm run fuzz -- --case ${name})\n`);
}

async function work({ targets: names, seed, until }: Order): Promise<void> {
  const targets = await createTargets();
  const counts: Record<string, number> = {};
  const tell = (news: News) => parentPort?.postMessage(news);
  for (let turn = 0; Date.now() < until; turn++) {
    const name = names[turn % names.length] ?? '';
    const caseSeed = seed + turn;
    tell({ kind: 'begin', name: `${name}:${caseSeed}` });
    const target = targets[name];
    if (!target) break;
    const random = createRandom(caseSeed);
    const input = target.make(random);
    try {
      await target.feed(input, random);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ kind: 'failed', name: `${name}:${caseSeed}`, input, reason });
    }
    counts[name] = (counts[name] ?? 0) + 1;
  }
  tell({ kind: 'end', counts });
}

async function repeat(text: string): Promise<void> {
  const [name = '', seed = ''] = text.split(':');
  const target = (await createTargets())[name];
  if (!target) throw new Error(`no target '${name}'`);
  const random = createRandom(Number(seed));
  const input = target.make(random);
  const started = performance.now();
  await target.feed(input, random);
  process.stdout.write(`holds, in ${Math.round(performance.now() - started)} ms\n`);
}
