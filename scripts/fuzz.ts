/**
 * `npm run fuzz`: breaks inputs and looks whether promises hold. `--seconds N` (default 60), `--seed N`, `--target NAME`
 * (repeatable); `--case FILE` repeats one that was kept. Inputs that reach code that none before them had reached are
 * varied further. Drivers of the tree that LINUX_SRC names are mutated too.
 */

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { watchCoverage } from './fuzz/coverage';
import { type Pool, pickInput, withInput } from './fuzz/pool';
import { createRandom } from './fuzz/random';
import { createTargets } from './fuzz/targets';

/** More time of the CPU on one case is a hang, in seconds: the clock on the wall also runs while others work. */
const PATIENCE = 60;
/** No work for so long, in seconds by the clock on the wall, is waiting for what never comes. */
const STILL = 600;
/** A thread works this long before a new one takes over, in seconds: what it has done so far is told. */
const SHIFT = 300;
const FOUND = 'fuzz-found';
/** Between the reason and the input in a file there. */
const SEPARATOR = '\n---\n';

interface Order {
  readonly targets: readonly string[];
  readonly seed: number;
  /** When to end, by the clock of the system. */
  readonly until: number;
  /** What was worth to be kept so far, by target. */
  readonly pool: Pool;
  /** What code has run so far: shared, so that it survives the thread. */
  readonly ever: Uint8Array;
}

type News =
  | { readonly kind: 'begin'; readonly name: string; readonly input: string }
  | { readonly kind: 'kept'; readonly target: string; readonly input: string }
  | { readonly kind: 'failed'; readonly name: string; readonly input: string; readonly reason: string }
  | { readonly kind: 'end'; readonly counts: Readonly<Record<string, number>>; readonly reached: number };

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
  const ever = new Uint8Array(new SharedArrayBuffer(statSync(__filename).size));
  const failures = await watch({ targets: names, seed: Number(values.seed), until, pool: {}, ever });
  process.exitCode = failures === 0 ? 0 : 1;
}

/** Runs the cases in a thread that can be given up when it hangs; resolves to the number of failures. */
async function watch(order: Order): Promise<number> {
  let failures = 0;
  let current = { name: '', input: '' };
  let { seed, pool } = order;
  while (Date.now() < order.until) {
    const until = Math.min(order.until, Date.now() + SHIFT * 1000);
    const worker = new Worker(__filename, { workerData: { ...order, seed, until, pool } });
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
        if (news.kind === 'begin') current = news;
        if (news.kind === 'kept') pool = withInput(pool, news.target, news.input);
        if (news.kind === 'failed') {
          failures += 1;
          keep(news.name, news.input, news.reason);
        }
        if (news.kind === 'end') {
          const counts = Object.entries(news.counts).map(([name, count]) => `${name} ${count}`);
          const spent = Math.round(cpuSeconds());
          const code = `${Math.round(news.reached / 1024)} KiB of code reached, ${Object.values(pool).flat().length} inputs kept`;
          process.stdout.write(
            `seed ${seed}: ${counts.join(', ')} cases; ${code}; ${failures} failed, CPU ${spent} s\n`,
          );
          done('');
        }
      });
      worker.on('error', (error) => done(`kills its thread: ${error.message}`));
      worker.on('exit', () => clearInterval(timer));
    });
    await worker.terminate();
    if (end !== '') {
      failures += 1;
      keep(current.name, current.input, end);
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
  writeFileSync(file, `${reason}${SEPARATOR}${input}`);
  process.stdout.write(`FAILED ${name}: ${reason.split('\n')[0]} (npm run fuzz -- --case ${file})\n`);
}

async function work({ targets: names, seed, until, pool: kept, ever }: Order): Promise<void> {
  const targets = await createTargets();
  let pool = kept;
  const coverage = watchCoverage(basename(__filename), ever);
  const counts: Record<string, number> = {};
  const tell = (news: News) => parentPort?.postMessage(news);
  for (let turn = 0; Date.now() < until; turn++) {
    const target = names[turn % names.length] ?? '';
    const caseSeed = seed + turn;
    const name = `${target}:${caseSeed}`;
    const { make, vary, feed } = targets[target] ?? {};
    if (!make || !vary || !feed) break;
    const random = createRandom(caseSeed);
    const [known, other] = [pickInput(pool, target, random), pickInput(pool, target, random)];
    const isVaried = known !== undefined && other !== undefined && random.once(2);
    const input = isVaried ? vary(known, other, random) : make(random);
    tell({ kind: 'begin', name, input });
    try {
      await feed(input, createRandom(caseSeed));
    } catch (error) {
      tell({ kind: 'failed', name, input, reason: reasonOf(error) });
    }
    counts[target] = (counts[target] ?? 0) + 1;
    if (0 < coverage.gained()) {
      pool = withInput(pool, target, input);
      tell({ kind: 'kept', target, input });
    }
  }
  tell({ kind: 'end', counts, reached: coverage.reached });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Repeats a case from the file that it was kept in. */
async function repeat(file: string): Promise<void> {
  const [, name = '', seed = ''] = /^([a-z]+)-(\d+)\.txt$/.exec(basename(file)) ?? [];
  const target = (await createTargets())[name];
  if (!target) throw new Error(`'${file}' is no file of ${FOUND}`);
  const text = readFileSync(file, 'utf8');
  const started = performance.now();
  await target.feed(text.slice(text.indexOf(SEPARATOR) + SEPARATOR.length), createRandom(Number(seed)));
  process.stdout.write(`holds, in ${Math.round(performance.now() - started)} ms\n`);
}
